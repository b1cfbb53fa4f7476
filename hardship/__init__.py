"""Administration of a hardship fund, from the request for help to the statement."""
