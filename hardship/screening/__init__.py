"""Signals that a person should look: duplicates, never a verdict."""
