"""Copies of an instance to keep elsewhere, and their way back. The keyring is never in one."""
