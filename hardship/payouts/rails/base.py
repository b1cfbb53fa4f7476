"""What every rail is to us: something that takes instructions by key, and can be asked what became of them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hardship.core.canonical import canonical


@dataclass(frozen=True)
class Instruction:
    """One payment to make. `key` names it to the rail for good: the same key again is the same payment.

    `reference` is what the recipient's bank statement says. The payee's details are shown by no `repr`.
    """

    key: str
    reference: str
    amount_minor: int
    currency: str
    name: str = field(repr=False)
    sort_code: str = field(repr=False)
    account_number: str = field(repr=False)

    def payload(self) -> bytes:
        """The instruction as bytes: equal instructions are equal to the byte."""
        return canonical(
            {
                "account_number": self.account_number,
                "amount_minor": self.amount_minor,
                "currency": self.currency,
                "key": self.key,
                "name": self.name,
                "reference": self.reference,
                "sort_code": self.sort_code,
            }
        )


class Status(StrEnum):
    """What a rail says about one key."""

    ACCEPTED = "accepted"  # it took the payment and is working on it
    POSTED = "posted"  # the money was debited
    REFUSED = "refused"  # it definitely did not take it
    FAILED = "failed"  # it took it, and failed before the debit
    RETURNED = "returned"  # the money went out and came back
    NO_ANSWER = "no_answer"  # it may or may not have taken it
    NOT_KNOWN = "not_known"  # asked, it knows no such key: the same payload may be sent again under it


@dataclass(frozen=True)
class Answer:
    """What a rail says about one key. `problem` is its code for what went wrong, `on` the day of the movement."""

    key: str
    status: Status
    problem: str = ""
    provider_ref: str | None = None
    on: dt.date | None = None


class Rail(Protocol):
    """A way in which money leaves. Called outside of every transaction; may be asked anything any number of times."""

    def send(self, instructions: Sequence[Instruction]) -> list[Answer]:
        """Hand instructions over; one answer each, in any order. What is not answered is not known."""
        ...

    def look_up(self, keys: Sequence[str]) -> list[Answer]:
        """What became of the keys; one answer each, in any order."""
        ...
