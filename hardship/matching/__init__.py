"""Match agreements, allocation and explanation."""
