"""Awards: amount, pots and the spending check."""
