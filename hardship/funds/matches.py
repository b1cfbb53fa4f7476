"""Match agreements as declared, in fund.toml or on a page: read and checked by the same rules."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardship.funds.fields import Table, above_zero, matched, window

CHANNELS = ("card", "bank", "cash", "other")

_REF = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,58}[A-Za-z0-9])?")
_RATIO = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class TrancheDocument:
    """One part of what a sponsor pays: how much, in pence, and by when."""

    due_on: dt.date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ContactDocument:
    """Whom a sponsor's requests for payment are addressed to; whatever is not known is empty."""

    name: str = ""
    email: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class MatchDocument:
    """A match agreement as declared. `None` for a cap is no cap; `excluded_donors` are names as written.

    A challenge matches all or nothing: gifts have to reach `threshold_minor`. `clear_days` after a gift came it earns
    its match. `tranches` are in the order of their due days.
    """

    ref: str
    sponsor: str
    num: int
    den: int
    cap_minor: int | None
    per_contribution_cap_minor: int | None
    minimum_minor: int
    opens_at: dt.datetime
    closes_at: dt.datetime
    channels: tuple[str, ...]
    excluded_donors: tuple[str, ...]
    priority: int
    paid: str  # in_advance | in_arrears
    reclaimable: bool
    unused: str  # return | roll | lapse
    restricted_to: str | None
    kind: str = "match"  # match | challenge
    threshold_minor: int | None = None
    per_donor_cap_minor: int | None = None
    clear_days: int = 0
    purchase_order: str = ""
    payment_days: int = 30
    tranches: tuple[TrancheDocument, ...] = ()
    contact: ContactDocument = ContactDocument()


def match_from(raw: Mapping[str, Any]) -> MatchDocument:
    """An agreement from the fields of a `[[match]]` table that came from elsewhere than a file; raises `BadInput` whose
    `where` ends in the field's name."""
    return _match(Table(raw, ("match",), "", ""))


def read_matches(top: Table) -> tuple[MatchDocument, ...]:
    """Every agreement of a file; tranches are counted through it, so that an error finds its line."""
    found: list[MatchDocument] = []
    tranches = 0
    for table in top.tables("match"):
        found.append(_match(table, tranches))
        tranches += len(found[-1].tranches)
    return tuple(found)


def _match(table: Table, tranches_before: int = 0) -> MatchDocument:
    opens_at, closes_at = window(table)
    num, den = _ratio(table)
    kind, threshold_minor = _kind(table)
    read = MatchDocument(
        ref=matched(table, "ref", _REF, "letters, digits, dots and hyphens, at most 60"),
        sponsor=table.text("sponsor", max_length=120),
        num=num,
        den=den,
        cap_minor=table.amount("cap", optional=True),
        per_contribution_cap_minor=table.amount("per_contribution_cap", optional=True),
        minimum_minor=table.amount("minimum", optional=True) or 0,
        opens_at=opens_at,
        closes_at=closes_at,
        channels=_channels(table),
        excluded_donors=tuple(sorted(set(table.texts("exclude_donors", max_length=200)))),
        priority=table.whole("priority", default=1, least=1, most=1000),
        paid=table.one_of("paid", ("in_advance", "in_arrears"), "in_arrears"),
        reclaimable=table.yes_no("reclaimable", default=True),
        unused=table.one_of("unused", ("return", "roll", "lapse"), "return"),
        restricted_to=table.text("restricted_to", max_length=60, default="") or None,
        kind=kind,
        threshold_minor=threshold_minor,
        per_donor_cap_minor=table.amount("per_donor_cap", optional=True),
        clear_days=table.whole("clear_days", default=0, least=0, most=366),
        purchase_order=table.text("purchase_order", max_length=60, default=""),
        payment_days=table.whole("payment_days", default=30, least=0, most=366),
        tranches=_tranches(table, tranches_before),
        contact=_contact(table),
    )
    _check_tranches(table, read)
    table.done()
    return read


def _kind(table: Table) -> tuple[str, int | None]:
    """Match or challenge, with the threshold that a challenge has to have and a match may not."""
    kind = table.one_of("kind", ("match", "challenge"), "match")
    threshold_minor = table.amount("threshold", optional=True)
    if kind == "challenge" and not threshold_minor:
        raise table.error(
            "threshold", "a challenge needs a threshold", 'Write it like threshold = "5000.00".'
        )
    if kind == "match" and threshold_minor is not None:
        raise table.error("threshold", "only a challenge has a threshold", 'Write kind = "challenge".')
    return kind, threshold_minor


def _tranches(table: Table, before: int) -> tuple[TrancheDocument, ...]:
    found: list[TrancheDocument] = []
    for part in table.tables("tranche", before=before):
        tranche = TrancheDocument(part.day("due"), above_zero(part, "amount"))
        if any(one.due_on == tranche.due_on for one in found):
            raise part.error("due", "two tranches are due on one day", "Add them up, or change a day.")
        part.done()
        found.append(tranche)
    return tuple(sorted(found, key=lambda one: one.due_on))


def _check_tranches(table: Table, read: MatchDocument) -> None:
    together = sum(one.amount_minor for one in read.tranches)
    if read.cap_minor is not None and together > read.cap_minor:
        raise table.error(
            "tranche", "the tranches come to more than the cap", "Lower a tranche, or raise the cap."
        )


def _contact(table: Table) -> ContactDocument:
    part = table.table("contact", optional=True)
    if part is None:
        return ContactDocument()
    found = ContactDocument(
        name=part.text("name", max_length=120, default=""),
        email=part.text("email", max_length=200, default=""),
        address=part.text("address", max_length=400, default=""),
    )
    part.done()
    return found


def _ratio(table: Table) -> tuple[int, int]:
    found = _RATIO.fullmatch(table.text("ratio", max_length=12, default="1:1"))
    if found is None:
        raise table.error(
            "ratio", "not a ratio", 'Write it like "1:1": pence of match for each so many pence given.'
        )
    return int(found[1]), int(found[2])


def _channels(table: Table) -> tuple[str, ...]:
    given = table.texts("channels", max_length=20, default=CHANNELS)
    for one in given:
        if one not in CHANNELS:
            raise table.error("channels", f"{one!r} is no channel", f"Use {', '.join(CHANNELS)}.")
    if not given:
        raise table.error("channels", "no channel is listed", "Leave it out for all of them.")
    return tuple(sorted(set(given)))
