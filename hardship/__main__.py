"""`python -m hardship` is the `hardship` command."""

from hardship.cli import main

main()
