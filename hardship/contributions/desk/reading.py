"""What commands read from standard input: names, which arguments would show to other users of the machine."""

import sys

from hardship.core.errors import BadInput


def line_of_stdin(where: str) -> str:
    """The first line of standard input; raises `BadInput` when it is empty or no text."""
    try:
        text = sys.stdin.buffer.readline(10_000).decode().strip()
    except UnicodeDecodeError:
        raise BadInput("standard input is not UTF-8", where=where, fix="Type it anew.") from None
    if not text:
        raise BadInput("standard input is empty", where=where, fix="Give the name there.")
    return text
