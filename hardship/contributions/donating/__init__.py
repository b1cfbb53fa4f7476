"""Giving by card: the donor's way to the card page and back, and what becomes of it."""
