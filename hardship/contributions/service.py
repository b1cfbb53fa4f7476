"""Receiving gifts and giving them back. A single gift is a batch of one; both go one bulk way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from hardship.contributions.donors import donors
from hardship.contributions.events import GiftsReceived, MatchAnswer, NewlyReceived
from hardship.contributions.giftaid import entitlement
from hardship.contributions.gifts import NewGift, NewRefund, gift_lines, paid_into
from hardship.contributions.models import Contribution
from hardship.contributions.refunds import import_refunds, refund
from hardship.core import bulk
from hardship.core.clock import day_of
from hardship.core.csvfile import Numbered, Outcome, Problem, refuse_all
from hardship.core.db import violated
from hardship.core.errors import BadInput, Conflict
from hardship.core.prepared import Prepared
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import hold_fund, lock_fund
from hardship.ledger.journal import JournalDraft
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require

__all__ = ["NewGift", "NewRefund", "Received", "import_gifts", "import_refunds", "receive", "refund", "wire"]

_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]
_KNOWN = select(_CONTRIBUTION.c.ref, _CONTRIBUTION.c.id, _CONTRIBUTION.c.content).where(
    _CONTRIBUTION.c.ref.in_(bindparam("refs", expanding=True))
)
_KNOWN_ONE = Prepared(
    select(_CONTRIBUTION.c.ref, _CONTRIBUTION.c.id, _CONTRIBUTION.c.content).where(
        _CONTRIBUTION.c.ref == bindparam("ref")
    )
)
_CHUNK = 500
_OTHER = "this ref is taken by a gift with other content"


def wire(runtime: Runtime) -> None:
    """Register what the room does in the background, and which events and proposals it answers to."""
    from hardship.contributions import background  # it builds on this module

    background.wire(runtime)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a gift: its match in pence by agreement; `unchanged` when it was there already. `lapsed_minor` is
    how many of the pence held at its checkout could not be given any more."""

    ref: str
    contribution_id: int
    matched: tuple[tuple[str, int], ...] = ()
    unchanged: bool = False
    lapsed_minor: int = 0


def receive(tx: Transaction, *, fund: Fund, gifts: Sequence[NewGift]) -> list[Received]:
    """Receive gifts, in order of (received_at, ref): stored, matched, booked, one event each.

    The same gift again is no change. Raises `Conflict` for a ref that is taken by other content, `BadInput` for
    amounts that cannot be. Returns one `Received` for each gift, in the order given.
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    return take_in(tx, fund=fund, gifts=gifts)


def take_in(tx: Transaction, *, fund: Fund, gifts: Sequence[NewGift]) -> list[Received]:
    """The same, for a use case that has asked for a permission of its own: a second person approves a gift, the card
    processor reports one."""
    fund = hold_fund(tx, fund)
    for gift in gifts:
        _check(gift)
    sorted_out = _sort_out(tx, fund, gifts)
    if sorted_out.taken:
        raise Conflict(_OTHER, where=sorted_out.taken[0].ref, fix="Give it a ref of its own.")
    booked = _book(tx, fund, sorted_out.fresh)
    there = {ref: Received(ref, number, unchanged=True) for ref, number in sorted_out.there.items()}
    return [booked.get(gift.ref) or there[gift.ref] for gift in gifts]


def import_gifts(
    tx: Transaction, *, fund_slug: str, rows: Sequence[Numbered[NewGift]], skip_bad: bool = False
) -> Outcome:
    """Receive the rows of a file in one transaction; raises `RowsRefused` when one is refused and may not be skipped."""
    require(tx.actor, Permission.RECORD_GIFTS)
    fund = lock_fund(tx, fund_slug)
    sorted_out = _sort_out(tx, fund, [row.value for row in rows])
    lines = {id(row.value): row.line for row in rows}
    problems = [
        Problem(lines[id(gift)], "ref", f"{_OTHER}. Give it a ref of its own.") for gift in sorted_out.taken
    ]
    refuse_all(problems, skip_bad=skip_bad)
    _book(tx, fund, sorted_out.fresh)
    return Outcome(len(sorted_out.fresh), len(rows) - len(sorted_out.fresh) - len(problems), problems)


def _check(gift: NewGift) -> None:
    if gift.amount_minor <= 0:
        raise BadInput("a gift is above 0.00", where="amount", fix="Write an amount like 200.00.")
    if not 0 <= gift.fee_minor <= gift.amount_minor:
        raise BadInput("the fee is more than the gift", where="fee", fix="Check both amounts.")


@dataclass(frozen=True)
class _SortedOut:
    """Gifts by what is there already: to be stored, taken by other content, and (ref → number) the same."""

    fresh: list[tuple[NewGift, str]]
    taken: list[NewGift]
    there: dict[str, int]


def _sort_out(tx: Transaction, fund: Fund, gifts: Sequence[NewGift]) -> _SortedOut:
    contents = [(gift, gift.content(fund.slug, tx.vault.mac)) for gift in gifts]
    known = _known(tx, [gift.ref for gift in gifts])
    found = _SortedOut([], [], {})
    new: dict[str, str] = {}
    for gift, content in contents:
        stored = known.get(gift.ref)
        present = stored[1] if stored else new.get(gift.ref)
        if present is None:
            new[gift.ref] = content
            found.fresh.append((gift, content))
        elif present != content:
            found.taken.append(gift)
        elif stored:
            found.there[gift.ref] = stored[0]
    found.fresh.sort(key=lambda pair: (pair[0].received_at, pair[0].ref))
    return found


def _known(tx: Transaction, refs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The stored gifts among these refs, with number and content; refs are unique in an instance."""
    found: dict[str, tuple[int, str]] = {}
    tx.flush()
    connection = tx.connection
    if len(refs) == 1:
        return {ref: (number, content) for ref, number, content in _KNOWN_ONE.rows(connection, ref=refs[0])}
    for start in range(0, len(refs), _CHUNK):
        rows = connection.execute(_KNOWN, {"refs": refs[start : start + _CHUNK]})
        found |= {row.ref: (row.id, row.content) for row in rows}
    return found


def _book(tx: Transaction, fund: Fund, fresh: Sequence[tuple[NewGift, str]]) -> dict[str, Received]:
    """Store, match, post, record. The fund is locked, the gifts are in the order of the match rule."""
    if not fresh:
        return {}
    people = donors(tx, [gift.kept_name for gift, _ in fresh])
    numbers = _insert(tx, fund, fresh, people)
    newly = [
        NewlyReceived(
            number,
            gift.ref,
            gift.amount_minor,
            gift.received_at,
            day_of(gift.received_at),
            gift.channel.value,
            people[gift.kept_name][1] if gift.kept_name else "",
            gift.checkout_id,
        )
        for (gift, _), number in zip(fresh, numbers, strict=True)
    ]
    answer = MatchAnswer.merged(tx.publish(GiftsReceived(fund, newly)))
    tax = entitlement.on_received(tx, fund, _for_gift_aid(fresh, newly, people))
    pairs = [(gift, one) for (gift, _), one in zip(fresh, newly, strict=True)]
    post(tx, [_journal(fund, gift, one, answer, tax.get(gift.ref, 0)) for gift, one in pairs])
    for gift, one in pairs:
        _record(tx, fund, gift, one, answer.shares.get(gift.ref, ()), tax.get(gift.ref, 0))
    return {
        one.ref: Received(
            one.ref,
            one.id,
            tuple(answer.shares.get(one.ref, ())),
            lapsed_minor=answer.lapsed.get(one.ref, 0),
        )
        for one in newly
    }


def _insert(
    tx: Transaction,
    fund: Fund,
    fresh: Sequence[tuple[NewGift, str]],
    people: Mapping[str, tuple[int, str]],
) -> list[int]:
    house = tx.vault.house(tx.session) if any(gift.note for gift, _ in fresh) else None
    rows = [
        {
            "ref": gift.ref,
            "fund_id": fund.id,
            "received_at": gift.received_at,
            "received_on": day_of(gift.received_at),
            "amount_minor": gift.amount_minor,
            "fee_minor": gift.fee_minor,
            "refunded_minor": 0,
            "channel": gift.channel,
            "donor_type": gift.donor_type,
            "donor_id": people[gift.kept_name][0] if gift.kept_name else None,
            "held": gift.held,
            "paid_into": paid_into(gift),
            "note": house.seal("contribution", "note", gift.ref, gift.note) if house else None,
            "content": content,
            "recorded_at": tx.at,
        }
        for gift, content in fresh
    ]
    tx.flush()
    try:
        return bulk.add_numbered(tx.connection, _CONTRIBUTION, "ref", rows)
    except IntegrityError as error:
        if violated(error, "uq_contribution_ref", "contribution.ref"):
            raise Conflict("another import has just taken one of these refs", fix="Run it again.") from None
        raise


def _for_gift_aid(
    fresh: Sequence[tuple[NewGift, str]],
    newly: Sequence[NewlyReceived],
    people: Mapping[str, tuple[int, str]],
) -> list[entitlement.Fresh]:
    return [
        entitlement.Fresh(
            one.id,
            one.ref,
            people[gift.kept_name][0] if gift.kept_name else None,
            one.received_on,
            gift.amount_minor,
            gift.channel,
            gift.donor_type,
            gift.held,
            gift.declaration_id,
        )
        for (gift, _), one in zip(fresh, newly, strict=True)
    ]


def _journal(
    fund: Fund, gift: NewGift, one: NewlyReceived, answer: MatchAnswer, tax_minor: int
) -> JournalDraft:
    own = gift_lines(fund.community_pot_id, gift.amount_minor, gift.fee_minor, gift.held, gift.into)
    return JournalDraft(
        idem_key=f"gift:{gift.ref}",
        kind="gift.received",
        fund_slug=fund.slug,
        cause=f"contribution:{gift.ref}",
        effective_on=one.received_on,
        lines=[*own, *entitlement.lines_of(fund, tax_minor), *answer.lines.get(gift.ref, ())],
        currency=fund.currency,
    )


def _record(
    tx: Transaction,
    fund: Fund,
    gift: NewGift,
    one: NewlyReceived,
    shares: Sequence[tuple[str, int]],
    tax_minor: int,
) -> None:
    facts: dict[str, Any] = {
        "fund": fund.slug,
        "amount_minor": gift.amount_minor,
        "received_on": one.received_on.isoformat(),
        "channel": gift.channel.value,
        "held": gift.held.value,
        "matched": dict(shares),
    }
    if gift.fee_minor:
        facts["fee_minor"] = gift.fee_minor
    if tax_minor:
        facts["gift_aid_minor"] = tax_minor
    tx.record("contribution.received", f"contribution:{gift.ref}", **facts)
