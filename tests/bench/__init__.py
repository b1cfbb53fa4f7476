"""The figures of `make bench`: every speed is a ratio against a plain baseline that runs beside it, in turns."""
