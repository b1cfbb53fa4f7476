"""Declarations: what a donor said, kept sealed, and what follows for their gifts.

What has to be in one, and how far back it may reach (four years), is in HMRC's guidance "Gift Aid declarations: claiming
tax back on donations" (GOV.UK). Who is a donor: gifts under one name are one donor's here, so that a person can take a gift
out that is somebody else's of the same name.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import col, select

from hardship.contributions.donors import donors
from hardship.contributions.events import RefundsComing
from hardship.contributions.giftaid import entitlement
from hardship.contributions.giftaid.models import Declaration, GiftAid, How
from hardship.contributions.giftaid.schedule import Who
from hardship.contributions.models import Contribution
from hardship.contributions.queries import gift_by_ref
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.staff.permissions import Permission, require

YEARS_BACK = 4
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
FIELDS = {"title": 4, "first_name": 35, "last_name": 35, "house": 40, "postcode": 12}
"""The longest that HMRC's schedule takes of each."""


class Covers(StrEnum):
    """For which gifts a declaration is made."""

    THIS = "this"
    FUTURE = "future"  # this one and those to come
    ALL = "all"  # those as well of the past four years


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration as stored: `changed` is the tax it brought on gifts that had come before, in pence by ref."""

    id: int
    ref: str
    changed: dict[str, int]


def checked(who: Who, *, abroad: bool = False) -> Who:
    """The details in the form in which they are kept; raises `BadInput` with the field when HMRC could not use them.

    `abroad`: the home is outside the United Kingdom, where there is no postcode to ask for.
    """
    tidy = {name: " ".join(unicodedata.normalize("NFC", getattr(who, name)).split()) for name in FIELDS}
    for name, longest in FIELDS.items():
        if name not in {"title", "postcode"} and not tidy[name]:
            raise BadInput("it is empty", where=name, fix="HMRC asks for it.")
        if len(tidy[name]) > longest:
            raise BadInput(f"longer than {longest} characters", where=name, fix="Shorten it.")
        if any(unicodedata.category(c)[0] == "C" for c in tidy[name]):
            raise BadInput("it holds a character that cannot be shown", where=name, fix="Remove it.")
    tidy["postcode"] = "" if abroad else _postcode(tidy["postcode"])
    return Who(**tidy)


def _postcode(text: str) -> str:
    found = _POSTCODE.fullmatch(re.sub(r"[^A-Z0-9]", "", text.upper()))
    if found is None:
        raise BadInput("not a UK postcode", where="postcode", fix="Write it like S1 9BD.")
    return f"{found[1]} {found[2]}"


def declare(
    tx: Transaction,
    *,
    gift_ref: str,
    who: Who,
    how: How,
    covers: Covers,
    declared_on: dt.date,
    abroad: bool = False,
) -> Declared:
    """Record the declaration that the donor of a gift made on paper or by word of mouth.

    It takes effect on that gift, and with `covers` on the donor's others. Raises `BadInput` for details that HMRC could not
    use, `Conflict` for a gift on which no tax can be claimed (anonymous, of an organisation, held elsewhere, …).
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    fund, gift = locked_gift(tx, gift_ref)
    if not entitlement.may_bring_tax(fund, gift) or gift.donor_id is None:
        raise Conflict(
            "no tax can be claimed on this gift",
            fix="It has to be money that a person whose name is known gave.",
        )
    if declared_on > day_of(tx.at):
        raise BadInput("the day is still to come", where="declared_on", fix="Check it.")
    stored = store(
        tx,
        who=checked(who, abroad=abroad),
        how=how,
        covers=covers,
        declared_on=declared_on,
        donor_id=gift.donor_id,
    )
    changed = _take_effect(tx, fund, gift, stored, covers)
    return Declared(stored.id or 0, stored.ref, changed)


def declare_online(tx: Transaction, *, who: Who, covers: Covers, abroad: bool = False) -> int:
    """Store the declaration that a donor has just made on the page where they give; its number, for `NewGift`.

    The gift is to be received with the donor's name as `full_name` has it. Raises `BadInput` with the field.
    """
    who = checked(who, abroad=abroad)
    number = donors(tx, [full_name(who)])[full_name(who)][0]
    stored = store(tx, who=who, how=How.ONLINE, covers=covers, declared_on=day_of(tx.at), donor_id=number)
    return stored.id or 0


def full_name(who: Who) -> str:
    """The donor's name as gifts are recorded under it."""
    return f"{who.first_name} {who.last_name}"


def store(
    tx: Transaction, *, who: Who, how: How, covers: Covers, declared_on: dt.date, donor_id: int | None
) -> Declaration:
    """Store a declaration whose details have been checked, sealed, with its one event."""
    ref, sealer = new_reference(), tx.vault.new_person(tx.session, tx.at)
    sealed: dict[str, Any] = {
        name: sealer.seal("gift_aid_declaration", name, ref, getattr(who, name)) for name in FIELDS
    }
    stored = Declaration(
        ref=ref,
        data_key_id=sealer.key_id,
        donor_id=donor_id,
        how=how,
        declared_on=declared_on,
        single=covers is Covers.THIS,
        covers_from=_years_before(declared_on) if covers is Covers.ALL else declared_on,
        recorded_at=tx.at,
        **sealed,
    )
    tx.session.add(stored)
    tx.session.flush()
    tx.record(
        "declaration.made",
        f"declaration:{ref}",
        state="live",
        how=how.value,
        covers=covers.value,
        declared_on=declared_on.isoformat(),
    )
    return stored


def _years_before(on: dt.date) -> dt.date:
    try:
        return on.replace(year=on.year - YEARS_BACK)
    except ValueError:  # 29 February of a century
        return on.replace(year=on.year - YEARS_BACK, day=28)


def _take_effect(
    tx: Transaction, fund: Fund, gift: Contribution, stored: Declaration, covers: Covers
) -> dict[str, int]:
    gifts = [gift]
    if covers is not Covers.THIS:
        gifts += [one for one in _gifts_of(tx, fund, stored) if one.id != gift.id]
    changed: dict[str, int] = {}
    for one in sorted(gifts, key=lambda each: each.id or 0):
        minor = entitlement.settle(tx, fund, one, stored, on=stored.declared_on, why=f"declared:{stored.ref}")
        if minor:
            changed[one.ref] = minor
    return changed


def _gifts_of(tx: Transaction, fund: Fund, stored: Declaration) -> list[Contribution]:
    """The fund's gifts of the donor that a declaration covers and that bring no tax yet, locked."""
    rows = lock(
        tx.session,
        select(Contribution)
        .where(
            Contribution.fund_id == fund.id,
            Contribution.donor_id == stored.donor_id,
            col(Contribution.received_on) >= stored.covers_from,
            ~select(GiftAid.id).where(GiftAid.contribution_id == Contribution.id).exists(),
        )
        .order_by(col(Contribution.id)),
    )
    return list(rows)


def locked_gift(tx: Transaction, ref: str) -> tuple[Fund, Contribution]:
    """A gift and its fund, locked; raises `NotFound`. Whoever locks before gifts does so now."""
    found = gift_by_ref(tx.session, ref)
    fund = lock_fund(tx, found.fund_id)
    tx.publish(RefundsComing(fund))
    (gift,) = lock(tx.session, select(Contribution).where(col(Contribution.id) == found.id))
    return fund, gift


# --- What ends it -------------------------------------------------------------------------------------------------


def withdraw(tx: Transaction, *, ref: str, from_on: dt.date) -> dict[str, int]:
    """The donor withdraws a declaration from a day on: gifts of that day and later bring no tax any more. What was not claimed
    is taken back, what was is owed to HMRC. Returns the change in pence by gift. Again: no change."""
    require(tx.actor, Permission.RECORD_GIFTS)
    declaration = declaration_by_ref(tx, ref)
    if declaration.withdrawn_at is not None:
        return {}
    if from_on < declaration.covers_from:
        from_on = declaration.covers_from
    if from_on > day_of(tx.at):
        raise BadInput("the day is still to come", where="from", fix="Record it when it has come.")
    changed: dict[str, int] = {}
    for fund, gifts in _funds_of(tx, declaration, from_on):
        for gift in gifts:
            minor = entitlement.settle(
                tx, fund, gift, None, on=day_of(tx.at), why=f"withdrawn:{declaration.ref}"
            )
            if minor:
                changed[gift.ref] = minor
    (declaration,) = lock(tx.session, select(Declaration).where(col(Declaration.id) == declaration.id))
    declaration.covers_until, declaration.withdrawn_at = from_on, tx.at
    tx.session.add(declaration)
    tx.record(
        "declaration.withdrawn",
        f"declaration:{declaration.ref}",
        state="withdrawn",
        from_on=from_on.isoformat(),
    )
    return changed


def _funds_of(
    tx: Transaction, declaration: Declaration, from_on: dt.date
) -> list[tuple[Fund, list[Contribution]]]:
    """The gifts of a declaration from a day on, locked, by fund."""
    rows = tx.session.exec(
        select(Contribution.fund_id, Contribution.id)
        .join(GiftAid, col(GiftAid.contribution_id) == Contribution.id)
        .where(GiftAid.declaration_id == declaration.id, col(Contribution.received_on) >= from_on)
        .order_by(col(Contribution.fund_id), col(Contribution.id))
    ).all()
    found = []
    for fund_id in sorted({fund_id for fund_id, _ in rows}):
        fund = lock_fund(tx, fund_id)
        tx.publish(RefundsComing(fund))
        ids = [number for of, number in rows if of == fund_id]
        gifts = lock(
            tx.session,
            select(Contribution).where(col(Contribution.id).in_(ids)).order_by(col(Contribution.id)),
        )
        found.append((fund, list(gifts)))
    return found


def leave_out(tx: Transaction, *, gift_ref: str) -> int:
    """A gift is not the declarer's (somebody else's of the same name, one with a benefit in return): it brings no tax. The
    change in pence; again: no change. Raises `NotFound` for a gift that brings none."""
    require(tx.actor, Permission.RECORD_GIFTS)
    fund, gift = locked_gift(tx, gift_ref)
    row = tx.session.exec(select(GiftAid).where(GiftAid.contribution_id == gift.id)).first()
    if row is None:
        raise NotFound("there is no Gift Aid on this gift")
    if row.left_out_at is not None:
        return 0
    changed = entitlement.settle(tx, fund, gift, None, on=day_of(tx.at), why=f"left_out:{row.declaration_id}")
    row.left_out_at = tx.at
    tx.session.add(row)
    return changed


def use(tx: Transaction, *, gift_ref: str, declaration_ref: str) -> int:
    """A person says that a gift is the declarer's, whose declaration covers it: the tax it brings, in pence.

    Raises `Conflict` when the declaration is not for gifts of this donor's name and day.
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    fund, gift = locked_gift(tx, gift_ref)
    declaration = declaration_by_ref(tx, declaration_ref)
    mine = gift.donor_id is not None and declaration.donor_id == gift.donor_id
    if not mine or declaration.single or not entitlement.covers(declaration, gift.received_on):
        raise Conflict(
            "the declaration does not cover this gift", fix="Record the donor's declaration for it."
        )
    return entitlement.settle(
        tx, fund, gift, declaration, on=declaration.declared_on, why=f"declared:{declaration.ref}"
    )


def declaration_by_ref(tx: Transaction, ref: str) -> Declaration:
    """The declaration; raises `NotFound`."""
    found = tx.session.exec(select(Declaration).where(Declaration.ref == tidy_reference(ref))).first()
    if found is None:
        raise NotFound("there is no such declaration", fix="See the gift's page.")
    return found
