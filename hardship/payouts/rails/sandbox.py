"""The stand-in bank, so that a fund can be rehearsed: it keeps a book of its own and moves no money.

What it does with a payment depends on the last two digits of the payee's account number (`RULES`), so that a rehearsal
meets every outcome on purpose. It knows each payment by its key, and refuses another payment under a key it knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from hardship.core.actor import SYSTEM
from hardship.core.clock import day_of
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.payouts.models import SandboxPayment
from hardship.payouts.rails.base import Answer, Instruction, Rail, Status

_BOOK: Any = SandboxPayment.__table__  # type: ignore[attr-defined]
_AT_ONCE = 500


class Fate(StrEnum):
    """What the stand-in bank will do with a payment."""

    PAYS = "pays"
    REFUSES = "refuses"
    STAYS_SILENT = "silent"
    FAILS = "fails"
    RETURNS = "returns"


class Standing(StrEnum):
    """Where a payment stands in the stand-in bank's book."""

    UNHEARD = "unheard"  # taken, but nobody was told
    ACCEPTED = "accepted"
    POSTED = "posted"
    REFUSED = "refused"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True)
class Rule:
    """What account numbers that end in `ending` meet, in words for the page that states the rules."""

    ending: str
    fate: Fate
    text: str


RULES = (
    Rule("91", Fate.REFUSES, "Refused at once: the payment fails, and nothing has moved."),
    Rule(
        "92",
        Fate.STAYS_SILENT,
        "No answer: the payment is unknown until it is looked up, was taken, and is then paid.",
    ),
    Rule("93", Fate.FAILS, "Taken, then failed before the debit, at the next look."),
    Rule(
        "94", Fate.RETURNS, "Paid at the next look, and sent back by the recipient's bank at the one after."
    ),
)
OTHERWISE = Rule("", Fate.PAYS, "Taken, and paid at the next look.")

_NEXT = {
    (Fate.STAYS_SILENT, Standing.UNHEARD): Standing.ACCEPTED,
    (Fate.STAYS_SILENT, Standing.ACCEPTED): Standing.POSTED,
    (Fate.PAYS, Standing.ACCEPTED): Standing.POSTED,
    (Fate.FAILS, Standing.ACCEPTED): Standing.FAILED,
    (Fate.RETURNS, Standing.ACCEPTED): Standing.POSTED,
    (Fate.RETURNS, Standing.POSTED): Standing.RETURNED,
}
_SAYS = {
    Standing.UNHEARD: Status.NO_ANSWER,
    Standing.ACCEPTED: Status.ACCEPTED,
    Standing.POSTED: Status.POSTED,
    Standing.REFUSED: Status.REFUSED,
    Standing.FAILED: Status.FAILED,
    Standing.RETURNED: Status.RETURNED,
}
_PROBLEMS = {
    Standing.REFUSED: "account_not_found",
    Standing.FAILED: "account_closed",
    Standing.RETURNED: "returned_by_bank",
}
_BEGINS = {Fate.REFUSES: Standing.REFUSED, Fate.STAYS_SILENT: Standing.UNHEARD}


def fate_of(account_number: str) -> Fate:
    """What the stand-in bank does with a payment to this account."""
    return next((rule.fate for rule in RULES if account_number.endswith(rule.ending)), OTHERWISE.fate)


class Sandbox(Rail):
    """The stand-in bank as a rail. Raises `Refused` in production: it would call people paid who are not."""

    def __init__(self, runtime: Runtime) -> None:
        if runtime.settings.production:
            raise Refused(
                "the sandbox moves no money and does not run in production",
                where="rail",
                fix="Choose another rail.",
            )
        self._runtime = runtime

    def send(self, instructions: Sequence[Instruction]) -> list[Answer]:
        """Enter instructions in the book; an instruction that is there already is answered as it stands."""
        return self._runtime.transact(SYSTEM, _take, instructions)

    def look_up(self, keys: Sequence[str]) -> list[Answer]:
        """What became of the keys. At each look a payment goes one step further on its way."""
        return self._runtime.transact(SYSTEM, _look, keys)


def _take(tx: Transaction, instructions: Sequence[Instruction]) -> list[Answer]:
    known = _rows(tx, [one.key for one in instructions])
    new = [_entry(tx, one) for one in instructions if one.key not in known]
    if new:
        insert = sqlite.insert if tx.runtime.database.dialect == "sqlite" else postgresql.insert
        tx.session.connection().execute(insert(_BOOK).on_conflict_do_nothing(), new)
    book = _rows(tx, [one.key for one in instructions])
    return [_answer_to(tx, one, book[one.key]) for one in instructions]


def _entry(tx: Transaction, one: Instruction) -> dict[str, Any]:
    fate = fate_of(one.account_number)
    return {
        "key": one.key,
        "reference": one.reference,
        "payload_digest": _digest(tx, one),
        "amount_minor": one.amount_minor,
        "fate": fate.value,
        "status": _BEGINS.get(fate, Standing.ACCEPTED).value,
        "accepted_at": tx.at,
    }


def _digest(tx: Transaction, one: Instruction) -> str:
    return tx.vault.mac(b"sandbox|" + one.payload())


def _answer_to(tx: Transaction, one: Instruction, row: Any) -> Answer:
    if row.payload_digest != _digest(tx, one):
        return Answer(one.key, Status.NO_ANSWER, "key_of_another_payment")
    return _answer(tx, row.key, Standing(row.status))


def _answer(tx: Transaction, key: str, standing: Standing) -> Answer:
    ref = None if standing in {Standing.UNHEARD, Standing.REFUSED} else f"sandbox:{key}"
    return Answer(key, _SAYS[standing], _PROBLEMS.get(standing, ""), ref, day_of(tx.at))


def _look(tx: Transaction, keys: Sequence[str]) -> list[Answer]:
    moved: dict[Standing, list[str]] = {}
    answers: list[Answer] = []
    book = _rows(tx, keys, locked=True)
    for key in keys:
        row = book.get(key)
        if row is None:
            answers.append(Answer(key, Status.NOT_KNOWN))
            continue
        now = Standing(row.status)
        then = _NEXT.get((Fate(row.fate), now), now)
        if then is not now:
            moved.setdefault(then, []).append(key)
        answers.append(_answer(tx, key, then))
    for standing, which in moved.items():
        for part in _parts(which):
            tx.session.connection().execute(
                update(_BOOK).where(_BOOK.c.key.in_(part)).values(status=standing.value)
            )
    return answers


def _rows(tx: Transaction, keys: Sequence[str], *, locked: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in _parts(sorted(keys)):
        statement = select(_BOOK).where(_BOOK.c.key.in_(part)).order_by(_BOOK.c.key)
        rows = tx.session.connection().execute(statement.with_for_update() if locked else statement)
        found |= {row.key: row for row in rows}
    return found


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
