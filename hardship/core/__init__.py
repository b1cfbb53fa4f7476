"""What every room stands on: money, time, the database, secrets, references, states, errors. Knows no room."""
