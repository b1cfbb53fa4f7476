"""The worker: runs what is due."""
