"""Gifts entered by hand: cash, cheques, transfers, and gifts that another body holds and attests.

Above the fund's `second_person_above`, and for whatever is held elsewhere, a second person approves. Cash and cheques stand in
cash in hand until they are paid in: Dr bank / Cr cash in hand, which a line on the bank statement then claims.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session, select

from hardship.contributions.donors import donors
from hardship.contributions.gifts import LONGEST, NewGift, check_words
from hardship.contributions.hand_models import GiftProof, PayingIn, ProofKind
from hardship.contributions.models import Channel, Contribution, Donor, DonorType, Held
from hardship.contributions.service import Received, take_in
from hardship.contributions.unidentified import received_at
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.money import MAX_MINOR, display
from hardship.core.refs import new_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import Account, AccountKind
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Proposed, kinds, propose

_K = AccountKind
GIFT = "hand_gift"
EARLIEST = 1990
"""The first year of which a gift may be."""
_INTO = {
    ProofKind.CASH: (Channel.CASH, _K.CASH_IN_HAND),
    ProofKind.CHEQUE: (Channel.BANK, _K.CASH_IN_HAND),
    ProofKind.TRANSFER: (Channel.BANK, _K.BANK),
    ProofKind.HELD_ELSEWHERE: (Channel.OTHER, _K.BANK),
}


def register(runtime: Runtime) -> None:
    """Say what a second person approves here."""
    kinds(runtime)[GIFT] = Kind(GIFT, "Gift entered by hand", Permission.SECOND_MONEY, _carry_out, _describe)


@dataclass(frozen=True, slots=True)
class HandGift:
    """A gift as somebody at the desk describes it. `fee_minor` is what was kept on its way; `document` is the number of the
    cheque, receipt or letter; `body` is who attests a gift held elsewhere. `channel` is how such a gift was given."""

    ref: str
    kind: ProofKind
    amount_minor: int
    received_on: dt.date
    donor_type: DonorType = DonorType.ANONYMOUS
    donor_name: str = ""
    document: str = ""
    body: str = ""
    note: str = ""
    fee_minor: int = 0
    channel: Channel | None = None

    def __repr__(self) -> str:
        return f"HandGift({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a gift entered by hand: booked, or waiting for a second person as `proposal`."""

    ref: str
    proposal: str = ""
    received: Received | None = None


def new_gift_ref() -> str:
    """A ref for a gift entered by hand: made before it is sent, so that sending it twice is sending it once."""
    return f"H-{new_reference()}"


def enter_gift(tx: Transaction, *, fund_slug: str, gift: HandGift) -> Entered:
    """Enter a gift by hand; the same again is no change.

    Raises `BadInput` with the field for what cannot be, `Conflict` for a ref that is taken.
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    fund = lock_fund(tx, fund_slug)
    _check(tx, gift)
    if not _takes_two(fund, gift):
        return Entered(gift.ref, received=_book(tx, fund, gift))
    if _known(tx.session, gift.ref):
        raise Conflict("there is a gift with this ref", where="ref", fix="Give it a ref of its own.")
    payload = {name: value for name, value in asdict(gift).items() if value not in (None, "")}
    payload |= {"fund": fund.slug, "received_on": gift.received_on.isoformat()}
    if payload.pop("donor_name", "") and gift.donor_type is not DonorType.ANONYMOUS:
        payload["donor"] = _kept(tx, gift.donor_name)
    done: Proposed = propose(tx, kind=GIFT, subject=f"contribution:{gift.ref}", payload=payload)
    return Entered(gift.ref, done.ref, done.result if isinstance(done.result, Received) else None)


def _kept(tx: Transaction, name: str) -> int:
    """The donor's number: while a gift waits its donor's name is under the donor's own key, as it is afterwards."""
    return donors(tx, [name.strip()])[name.strip()][0]


def _name(tx: Transaction, payload: Mapping[str, Any]) -> str:
    donor = tx.session.get(Donor, payload["donor"]) if "donor" in payload else None
    if donor is None:
        return ""
    own = tx.vault.person(tx.session, donor.data_key_id)
    return own.open("donor", "name", donor.data_key_id, donor.name) or ""


def _takes_two(fund: Fund, gift: HandGift) -> bool:
    return gift.kind is ProofKind.HELD_ELSEWHERE or gift.amount_minor > fund.second_person_above_minor


def _known(session: Session, ref: str) -> bool:
    return session.exec(select(Contribution.id).where(Contribution.ref == ref)).first() is not None


def _check(tx: Transaction, gift: HandGift) -> None:
    if not 0 < gift.amount_minor <= MAX_MINOR:
        raise BadInput("a gift is above 0.00", where="amount", fix="Write an amount like 20.00.")
    if not 0 <= gift.fee_minor <= gift.amount_minor:
        raise BadInput("the fee is more than the gift", where="fee", fix="Check both amounts.")
    _check_day(tx, gift.received_on, "received_on")
    if gift.donor_type is not DonorType.ANONYMOUS and not gift.donor_name.strip():
        raise BadInput(
            "who gave it is missing", where="donor_name", fix="Write the name, or choose anonymous."
        )
    if gift.kind is ProofKind.HELD_ELSEWHERE and not gift.body.strip():
        raise BadInput("who attests it is missing", where="body", fix="Name the body that holds the money.")
    if gift.kind is not ProofKind.CASH and not gift.document.strip():
        raise BadInput("what shows it is missing", where="document", fix="Write the document's number.")
    check_words(**{name: getattr(gift, name) for name in LONGEST})


def _check_day(tx: Transaction, on: dt.date, where: str) -> None:
    if on > day_of(tx.at):
        raise BadInput("the day is still to come", where=where, fix="Check it.")
    if on.year < EARLIEST:
        raise BadInput("not a year that can be meant", where=where, fix="Check the year.")


def _book(tx: Transaction, fund: Fund, gift: HandGift) -> Received:
    channel, into = _INTO[gift.kind]
    held = gift.kind is ProofKind.HELD_ELSEWHERE
    new = NewGift(
        ref=gift.ref,
        received_at=min(received_at(gift.received_on), max(tx.at, _day_start(gift.received_on))),
        amount_minor=gift.amount_minor,
        channel=gift.channel if held and gift.channel else channel,
        donor_name=gift.donor_name,
        donor_type=gift.donor_type,
        note=gift.note,
        fee_minor=gift.fee_minor,
        held=Held.ELSEWHERE if held else Held.HERE,
        into=into,
    )
    if _known(tx.session, gift.ref):
        return _again(tx, fund, new)
    (done,) = take_in(tx, fund=fund, gifts=[new])
    house = tx.vault.house(tx.session)
    tx.session.add(
        GiftProof(
            contribution_id=done.contribution_id,
            kind=gift.kind,
            body=house.seal("gift_proof", "body", gift.ref, gift.body.strip()),
            document=house.seal("gift_proof", "document", gift.ref, gift.document.strip()),
            recorded_at=tx.at,
        )
    )
    tx.session.flush()
    return done


def _again(tx: Transaction, fund: Fund, new: NewGift) -> Received:
    """The same gift sent twice, perhaps on another side of midday: it is the same if all but the instant is."""
    stored = tx.session.exec(select(Contribution).where(Contribution.ref == new.ref)).one()
    (done,) = take_in(tx, fund=fund, gifts=[_at(new, stored.received_at)])
    return done


def _at(new: NewGift, at: dt.datetime) -> NewGift:
    return replace(new, received_at=at) if day_of(at) == day_of(new.received_at) else new


def _day_start(on: dt.date) -> dt.datetime:
    return received_at(on).replace(hour=0)


def _carry_out(tx: Transaction, payload: Mapping[str, Any]) -> Received:
    fund = lock_fund(tx, str(payload["fund"]))
    gift = replace(_read(payload), donor_name=_name(tx, payload))
    _check(tx, gift)
    return _book(tx, fund, gift)


def _read(payload: Mapping[str, Any]) -> HandGift:
    channel = payload.get("channel")
    return HandGift(
        ref=str(payload["ref"]),
        kind=ProofKind(payload["kind"]),
        amount_minor=int(payload["amount_minor"]),
        received_on=dt.date.fromisoformat(payload["received_on"]),
        donor_type=DonorType(payload["donor_type"]),
        document=str(payload.get("document", "")),
        body=str(payload.get("body", "")),
        note=str(payload.get("note", "")),
        fee_minor=int(payload.get("fee_minor", 0)),
        channel=Channel(channel) if channel else None,
    )


KINDS = {
    ProofKind.CASH: "Cash",
    ProofKind.CHEQUE: "Cheque",
    ProofKind.TRANSFER: "Bank transfer",
    ProofKind.HELD_ELSEWHERE: "Held elsewhere, attested",
}


def _describe(_session: Session, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    gift = _read(payload)
    lines = [
        ("Gift", gift.ref),
        ("Fund", str(payload["fund"])),
        ("Amount", display(gift.amount_minor)),
        ("Fee", display(gift.fee_minor) if gift.fee_minor else ""),
        ("Received", gift.received_on.isoformat()),
        ("Given by", KINDS[gift.kind]),
        ("Document", gift.document),
        ("Attested by", gift.body),
        (
            "From",
            {"anonymous": "an anonymous donor"}.get(
                gift.donor_type.value, f"a named {gift.donor_type.value}"
            ),
        ),
    ]
    return [(what, value) for what, value in lines if value]


# --- Paying in ----------------------------------------------------------------------------------------------------


def cash_in_hand(session: Session, fund: Fund) -> int:
    """Cash and cheques of a fund that are not paid in yet, in pence."""
    found = session.exec(
        select(Account.balance_minor).where(
            Account.pot_id == fund.community_pot_id,
            Account.kind == _K.CASH_IN_HAND,
            Account.currency == fund.currency,
        )
    ).first()
    return found or 0


def pay_in(tx: Transaction, *, fund_slug: str, amount_minor: int, paid_in_on: dt.date, slip: str) -> PayingIn:
    """Cash and cheques have been taken to the bank: Dr bank / Cr cash in hand. `slip` is the paying-in slip's number, by which
    a bank line finds it; it is sealed. Raises `Refused` for more than is in hand."""
    require(tx.actor, Permission.RECORD_GIFTS)
    fund = lock_fund(tx, fund_slug)
    if amount_minor <= 0:
        raise BadInput("an amount of nothing", where="amount", fix="Write an amount like 20.00.")
    if not slip.strip() or len(slip) > 80:
        raise BadInput("the paying-in slip's number is missing or too long", where="slip", fix="Copy it.")
    _check_day(tx, paid_in_on, "on")
    if (in_hand := cash_in_hand(tx.session, fund)) < amount_minor:
        raise Refused(f"there is {display(in_hand)} in hand", fix="Enter the gifts first.")
    ref = new_reference()
    paid = PayingIn(
        ref=ref,
        fund_id=fund.id or 0,
        amount_minor=amount_minor,
        paid_in_on=paid_in_on,
        slip=tx.vault.house(tx.session).seal("paying_in", "slip", ref, slip.strip()),
        recorded_at=tx.at,
    )
    tx.session.add(paid)
    tx.session.flush()
    lines = transfer(fund.community_pot_id, _K.BANK, _K.CASH_IN_HAND, amount_minor)
    draft = JournalDraft(
        idem_key=f"paying_in:{ref}",
        kind="cash.paid_in",
        fund_slug=fund.slug,
        cause=f"paying_in:{ref}",
        effective_on=paid_in_on,
        lines=lines,
        currency=fund.currency,
    )
    post(tx, [draft])
    tx.record(
        "cash.paid_in",
        f"paying_in:{ref}",
        fund=fund.slug,
        amount_minor=amount_minor,
        paid_in_on=paid_in_on.isoformat(),
    )
    return paid
