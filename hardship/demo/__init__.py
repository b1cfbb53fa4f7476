"""The fund of spring 2020, replayed through the real services."""
