"""Documents that applicants show: drawn anew, kept sealed, seen by a person, destroyed."""
