"""The policy's rules, applied to facts, with a reason for each."""
