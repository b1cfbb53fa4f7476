"""Donor statements: figures frozen, signed, provable."""
