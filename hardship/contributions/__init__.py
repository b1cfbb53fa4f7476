"""Donors, gifts and refunds."""
