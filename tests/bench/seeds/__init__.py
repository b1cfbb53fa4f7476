"""Large instances, made once and kept; see `tests.bench.places`."""
