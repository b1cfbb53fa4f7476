"""fund.toml, read: a fund, its rounds with their policies, and its match agreements, as values.

Everything is checked here that needs no database; each error names the field and, where it can be found, the line.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hardship.core.errors import BadInput
from hardship.funds.bankfiles import BankFiles, read_bank_files
from hardship.funds.fields import Table, above_zero, line_of, matched, window
from hardship.funds.grants import Grant, read_grant
from hardship.funds.matches import MatchDocument, read_matches
from hardship.funds.models import BankDetails, FundRole, SpendOrder
from hardship.funds.safeguards import Safeguards, read_safeguards
from hardship.ledger.models import FundClass

MAX_BYTES = 1024 * 1024
"""A fund.toml larger than this is something else."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """The account payments leave from."""

    name: str
    sort_code: str  # six digits
    account_number: str  # eight digits


@dataclass(frozen=True, slots=True)
class RoundDocument:
    """A round as declared. Amounts in pence, instants in UTC."""

    slug: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    budget_minor: int
    quorum: int
    two_to_sign_above_minor: int | None
    spend_order: SpendOrder
    offer_days: int
    grant: Grant
    rules: tuple[Mapping[str, Any], ...]

    def policy(self) -> dict[str, Any]:
        """The policy to publish, as plain JSON values: dates and the like as text."""
        return {"grant": self.grant.document(), "rules": [_plain(rule) for rule in self.rules]}


@dataclass(frozen=True, slots=True)
class FundDocument:
    """A fund as declared."""

    slug: str
    name: str
    public_name: str
    currency: str
    fund_class: FundClass
    role: FundRole
    bank_details: BankDetails
    publisher_name: str
    publisher_prefix: str
    publisher_org_id: str
    bank: BankAccount | None
    rounds: tuple[RoundDocument, ...]
    matches: tuple[MatchDocument, ...]
    bank_files: BankFiles = field(default_factory=BankFiles)
    safeguards: Safeguards = field(default_factory=Safeguards)
    second_person_above_minor: int = 500_00  # gifts entered by hand above this take two people
    exit_to: str = ""  # where "Exit this page" leads


def read_document(data: bytes, name: str = "fund.toml") -> FundDocument:
    """The document in a file's bytes; raises `BadInput` with the place of the first thing that is wrong."""
    text = _text(data, name)
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"not TOML: {error}", where=name, fix="Correct it there.") from None
    top = Table(raw, (), text, name)
    fund = top.table("fund")
    rounds = tuple(_round(table) for table in top.tables("round"))
    matches = read_matches(top)
    top.done()
    if not rounds:
        raise BadInput("there is no [[round]]", where=name, fix="Declare at least one round.")
    _each_once([one.slug for one in rounds], "round", "slug", text, name)
    _each_once([one.ref for one in matches], "match", "ref", text, name)
    _check_restrictions(matches, rounds, text, name)
    return _fund(fund, rounds, matches)


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise BadInput("the file is larger than 1 MB", where=name, fix="Check that it is a fund.toml.")
    if not data.strip():
        raise BadInput("the file is empty", where=name, fix="Declare a [fund] and at least one [[round]].")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            "the file is not UTF-8", where=f"{name}, line {line}", fix="Save it in UTF-8."
        ) from None


def _fund(
    table: Table, rounds: tuple[RoundDocument, ...], matches: tuple[MatchDocument, ...]
) -> FundDocument:
    publisher = table.table("publisher", optional=True)
    bank = table.table("bank", optional=True)
    above = table.amount("second_person_above", optional=True)
    read = FundDocument(
        slug=matched(table, "slug", _SLUG, "lower-case letters, digits and hyphens, at most 60"),
        name=table.text("name", max_length=120),
        public_name=table.text("public_name", max_length=40),
        currency=_currency(table),
        fund_class=table.choice("class", FundClass, FundClass.RESTRICTED),
        role=table.choice("role", FundRole, FundRole.PRINCIPAL),
        bank_details=table.choice("bank_details", BankDetails, BankDetails.CHOICE),
        publisher_name=publisher.text("name", max_length=120, default="") if publisher else "",
        publisher_prefix=publisher.text("prefix", max_length=60, default="") if publisher else "",
        publisher_org_id=publisher.text("org_id", max_length=60, default="") if publisher else "",
        bank=_bank(bank) if bank else None,
        rounds=rounds,
        matches=matches,
        bank_files=read_bank_files(table),
        safeguards=read_safeguards(table),
        second_person_above_minor=500_00 if above is None else above,
        exit_to=_exit_to(table),
    )
    if publisher:
        publisher.done()
    table.done()
    return read


def _exit_to(table: Table) -> str:
    """Where "Exit this page" leads: a page that anybody may have open."""
    value = table.text("exit_to", max_length=300, default="")
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if value and (parts.scheme != "https" or not parts.hostname or parts.username or " " in value):
        raise table.error(
            "exit_to", "not a web address", 'Write it like exit_to = "https://www.bbc.co.uk/weather".'
        )
    return value


def _currency(table: Table) -> str:
    value = table.text("currency", max_length=3, default="GBP")
    if value != "GBP":
        raise table.error("currency", "only GBP can be kept and paid", 'Write currency = "GBP".')
    return value


def _bank(table: Table) -> BankAccount:
    sort_code = table.text("sort_code", max_length=12).replace("-", "").replace(" ", "")
    number = table.text("account_number", max_length=12).replace(" ", "")
    if not re.fullmatch(r"[0-9]{6}", sort_code):
        raise table.error("sort_code", "a sort code has six digits", 'Write it like "20-00-00".')
    if not re.fullmatch(r"[0-9]{8}", number):
        raise table.error(
            "account_number", "an account number has eight digits", "Put zeros in front if it is shorter."
        )
    account = BankAccount(table.text("name", max_length=70), sort_code, number)
    table.done()
    return account


def _round(table: Table) -> RoundDocument:
    opens_at, closes_at = window(table)
    above = table.amount("two_to_sign_above", optional=True)
    read = RoundDocument(
        slug=matched(table, "slug", _SLUG, "lower-case letters, digits and hyphens, at most 60"),
        opens_at=opens_at,
        closes_at=closes_at,
        budget_minor=above_zero(table, "budget"),
        quorum=table.whole("quorum", default=2, least=1, most=9),
        two_to_sign_above_minor=above,
        spend_order=table.choice("spend_order", SpendOrder, SpendOrder.PRO_RATA),
        offer_days=table.whole("offer_days", default=28, least=1, most=365),
        grant=read_grant(table),
        rules=tuple(dict(rule) for rule in table.raw_tables("rule")),
    )
    table.done()
    return read


def _each_once(names: Sequence[str], kind: str, field: str, text: str, file: str) -> None:
    for at, name in enumerate(names):
        if name in names[:at]:
            where = line_of(text, (kind,), at, field, file)
            raise BadInput(
                f"a second {kind} is called {name}", where=where, fix="Give each a name of its own."
            )


def _check_restrictions(
    matches: Sequence[MatchDocument], rounds: Sequence[RoundDocument], text: str, file: str
) -> None:
    slugs = {one.slug for one in rounds}
    for at, match in enumerate(matches):
        if match.restricted_to is not None and match.restricted_to not in slugs:
            where = line_of(text, ("match",), at, "restricted_to", file)
            raise BadInput(
                f"{match.restricted_to!r} is no round of this file",
                where=where,
                fix=f"Use {', '.join(sorted(slugs))}, or leave it out.",
            )


def _plain(value: Any) -> Any:
    """A TOML value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date | dt.datetime | dt.time) else value
