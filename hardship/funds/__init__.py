"""Funds, rounds and published policies."""
