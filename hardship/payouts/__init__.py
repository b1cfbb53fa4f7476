"""Payments, batches, rails and reconciliation."""
