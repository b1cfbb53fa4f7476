"""What every rail is to us: something that takes instructions by key, and can be asked what became of them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hardship.core.canonical import canonical
from hardship.core.errors import Refused

NAME_DIFFERS = "name_differs"
"""The problem of a payment that was refused because the payee's bank has another name for the account."""


@dataclass(frozen=True)
class Instruction:
    """One payment to make. `key` names it to the rail for good: the same key again is the same payment.

    `reference` is what the recipient's bank statement says, `payer` the fund's public name alone, for rails that have
    a place for each. `payee` names the person to the rail, in every try by the same word, which says nothing.
    `name_accepted`: the bank said that the account is in another name, and two people approved it again all the same.
    The payee's details are shown by no `repr`.
    """

    key: str
    reference: str
    amount_minor: int
    currency: str
    name: str = field(repr=False)
    sort_code: str = field(repr=False)
    account_number: str = field(repr=False)
    payer: str = ""
    payee: str = ""
    name_accepted: bool = False

    def payload(self) -> bytes:
        """The instruction as bytes: equal instructions are equal to the byte."""
        return canonical(
            {
                "account_number": self.account_number,
                "amount_minor": self.amount_minor,
                "currency": self.currency,
                "key": self.key,
                "name": self.name,
                "name_accepted": self.name_accepted,
                "payee": self.payee,
                "payer": self.payer,
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
    CANCELLED = "cancelled"  # it took it, and stopped it before the debit
    RETURNED = "returned"  # the money went out and came back
    NO_ANSWER = "no_answer"  # it may or may not have taken it
    NOT_KNOWN = "not_known"  # asked, it knows no such key, and the same payload may be sent again under it
    BUSY = (
        "busy"  # it did not take it this time, for a reason that is not the payment's: ask again after `wait`
    )


@dataclass(frozen=True)
class Answer:
    """What a rail says about one key.

    `problem` is its code for what went wrong, `on` the day of the movement, `posted_on` that of the debit where the money
    came back on another day. `wait` is how long a busy rail wants to be
    left alone. `name_check` is what the payee's bank said of the name: a code of Confirmation of Payee (`MTCH`, `MBAM`,
    `ANNM`, …), never the name.
    """

    key: str
    status: Status
    problem: str = ""
    provider_ref: str | None = None
    on: dt.date | None = None
    posted_on: dt.date | None = None
    wait: dt.timedelta | None = None
    name_check: str = ""


class Rail(Protocol):
    """A way in which money leaves. Called outside of every transaction; may be asked anything any number of times.

    Inherit from it: what a rail says nothing about is as here.
    """

    portion: int = 200
    """How many instructions it is handed at once; each portion is committed before it is sent."""

    looks: int = 500
    """How many keys it is asked about at once."""

    def send(self, instructions: Sequence[Instruction]) -> list[Answer]:
        """Hand instructions over; one answer each, in any order. What is not answered is not known."""
        ...

    def look_up(self, keys: Sequence[str]) -> list[Answer]:
        """What became of the keys; one answer each, in any order."""
        ...

    def stop(self, keys: Sequence[str]) -> list[Answer]:
        """Ask that payments be stopped before the debit; raises `Refused` where a rail cannot. The answers say what
        became of them, which may be that it was too late."""
        raise Refused("this rail cannot stop a payment", where="rail", fix="Ask the bank.")

    def fetch(self, ref: str) -> Answer | None:
        """How the payment stands that the rail calls `ref`; None for one that is none of ours, or where events name no
        payments."""
        return None
