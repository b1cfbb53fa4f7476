"""What the official schema lets through and a bank does not: sort codes, sums, two decimals, each reference once.

Run over every payment before it is taken, and over every file when it has been written, on the file's own text.
"""

import re
from collections.abc import Sequence

from hardship.core.errors import Broken
from hardship.payouts.rails.base import Instruction
from hardship.payouts.references import STATEMENT_LENGTH

MAX_MINOR = 100_000_000
"""A Faster Payment carries at most £1,000,000."""

_SORT_CODE = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[0-9]{8}")
_REFERENCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]*[A-Za-z0-9])?")
_AMOUNTS = re.compile(rb"<InstdAmt Ccy=\"GBP\">([^<]*)</InstdAmt>")
_AMOUNT = re.compile(rb"([1-9][0-9]*|0)\.([0-9]{2})")
_END_TO_END = re.compile(rb"<EndToEndId>([^<]*)</EndToEndId>")


def problem_of(one: Instruction) -> str:
    """The code for what keeps a payment out of a file; "" when nothing does."""
    if one.currency != "GBP":
        return "not_sterling"
    if not _SORT_CODE.fullmatch(one.sort_code):
        return "bad_sort_code"
    if not _ACCOUNT.fullmatch(one.account_number):
        return "bad_account_number"
    if not 0 < one.amount_minor <= MAX_MINOR:
        return "bad_amount"
    if len(one.reference) > STATEMENT_LENGTH or not _REFERENCE.fullmatch(one.reference):
        return "bad_reference"
    return ""


def check_together(codes: Sequence[str]) -> None:
    """Raise `Broken` unless every payment of a file has a code of its own."""
    if len(set(codes)) != len(codes):
        raise Broken("two payments of a file have one code", fix="Nothing was written. See: hardship doctor")


def check_written(data: bytes, *, count: int, total_minor: int) -> None:
    """Raise `Broken` unless a pain.001 file holds `count` payments, each with two decimals and a code of its own, that
    add up to `total_minor` and to the sums it states."""
    found = [_AMOUNT.fullmatch(amount) for amount in _AMOUNTS.findall(data)]
    minor = [int(one[1]) * 100 + int(one[2]) for one in found if one is not None]
    codes = _END_TO_END.findall(data)
    stated = b"<CtrlSum>%d.%02d</CtrlSum>" % divmod(total_minor, 100)
    holds = (
        len(minor) == len(found) == count == len(set(codes)) == len(codes),
        sum(minor) == total_minor,
        data.count(stated) == 2 and data.count(b"<NbOfTxs>%d</NbOfTxs>" % count) == 2,
    )
    if not all(holds):
        raise Broken(
            "a file does not hold what it should", fix="Nothing was written. Please report it."
        )  # a fault of ours, found before it costs anything
