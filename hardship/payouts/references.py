"""What names a payment on a bank statement, and how it is found there again. Values in, values out."""

from collections.abc import Iterator

from hardship.core.refs import REF_LENGTH, tidy

CODE_LENGTH = 10
STATEMENT_LENGTH = 18  # of the reference of a Faster Payment


def bank_text(public_name: str, code: str) -> str:
    """What the recipient's statement says: the fund's public name, cut so that the code stays whole, then the code."""
    name = " ".join("".join(c if c.isascii() and c.isalnum() else " " for c in public_name).split())
    return bank_text_within(name, code, STATEMENT_LENGTH)


def shortened(reference: str, length: int) -> str:
    """A reference cut to `length`, at least that of a code: its name gives way, the code stays whole."""
    name, _, code = reference.rpartition(" ")
    return bank_text_within(name, code, length)


def bank_text_within(name: str, code: str, length: int) -> str:
    """A name and a code in `length` characters; without room for any of the name, the code alone."""
    return f"{name[: max(0, length - len(code) - 1)].rstrip()} {code}".lstrip()


def file_refs_in(text: str) -> list[str]:
    """Every run that could be the name of a file of payments (`7K3M-9Q2X-001`), the last first."""
    return [f"{run[:4]}-{run[4:8]}-{run[8:]}" for run in _runs(text, REF_LENGTH + 3) if run[8:].isdigit()]


def codes_in(text: str) -> list[str]:
    """Every run of ten characters that could be a payment's code, the last first: banks put theirs in front."""
    return list(_runs(text, CODE_LENGTH))


def batch_refs_in(text: str) -> list[str]:
    """Every run that could be a batch's reference (`7K3M-9Q2X`), the last first."""
    return [f"{run[:4]}-{run[4:]}" for run in _runs(text, REF_LENGTH)]


def _runs(text: str, length: int) -> Iterator[str]:
    squeezed = tidy(text)
    for start in range(len(squeezed) - length, -1, -1):
        yield squeezed[start : start + length]
