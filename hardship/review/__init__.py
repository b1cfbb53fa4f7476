"""The panel: queue, conflicts of interest, votes, decisions."""
