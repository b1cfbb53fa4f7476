"""What is held, where, why and how long: declared beside the code that holds it, and the one source of docs/privacy.md.

A room says so of each sealed column, and of each other one that tells of a person, in its module `privacy`:

    HELD = (*held_in("vote", Key.APPLICANT, Basis.CONSENT, "until …", note="why somebody voted so"),)

A test fails for a column that declares nothing. Columns under the applicant's key are emptied when a person is erased.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hardship.rooms import modules


class Key(StrEnum):
    """What a column is sealed with."""

    APPLICANT = "the applicant's own key"
    OWN = "a key of its own"
    DONOR = "the donor's own key"
    STAFF = "the staff member's own key"
    HOUSE = "the organisation's key"
    KEYRING = "the keyring"
    BROWSER = "the random id in the browser's cookie"
    TOKEN = "not sealed: a blind token, or a keyed or salted hash"  # noqa: S105 — no password
    PLAIN = "not sealed"


class Basis(StrEnum):
    """On what ground it is held (UK GDPR). To be confirmed by an adviser before a launch."""

    CONSENT = "explicit consent, Art 6(1)(a), 9(2)(a)"
    FRAUD = "preventing fraud, Art 6(1)(f), 9(2)(g) with DPA 2018 Sch 1 para 10"
    LAW = "accounting and charity law, Art 6(1)(c)"
    CONTRACT = "the agreement with them, Art 6(1)(b)"
    INTEREST = "legitimate interest, Art 6(1)(f)"
    RIGHTS = "answering a right of theirs, Art 6(1)(c)"


@dataclass(frozen=True)
class Held:
    """One column: what it is for, on what basis, under which key, and until when."""

    table: str
    column: str
    purpose: str
    key: Key
    basis: Basis
    until: str


def held_in(table: str, key: Key, basis: Basis, until: str, /, **columns: str) -> tuple[Held, ...]:
    """The columns of one table that share key, basis and period; each keyword is a column and says what it is for."""
    return tuple(Held(table, column, purpose, key, basis, until) for column, purpose in columns.items())


def register() -> Iterator[Held]:
    """Everything that the rooms declare, in the order of the rooms."""
    for module in modules("privacy"):
        yield from module.HELD
