"""The ways money leaves, behind one small interface."""
