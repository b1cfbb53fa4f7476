"""The event log, its hash chain, checkpoints and proofs."""
