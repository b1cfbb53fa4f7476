"""The UK Sanctions List: imported, never shipped; payees' names are compared with it here and nowhere else."""
