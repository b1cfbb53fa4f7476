"""Agreeing on match: the first version of an agreement, and variations of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions.donors import donor_token
from hardship.core.actor import ActorKind
from hardship.core.canonical import canonical, sha256_hex
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display, plain
from hardship.core.runtime import Transaction
from hardship.funds.changes import Change, differences
from hardship.funds.matches import ContactDocument, MatchDocument, TrancheDocument
from hardship.funds.models import Fund, FundRole
from hardship.funds.queries import rounds_of
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.models import FundClass
from hardship.ledger.service import open_pot, post
from hardship.matching.allocation import cap_is_allowed
from hardship.matching.booking import lines_between
from hardship.matching.entitlement import revise
from hardship.matching.models import (
    AgreementKind,
    MatchAgreement,
    MatchTerms,
    MatchTranche,
)
from hardship.matching.position import Paid, Unused
from hardship.matching.queries import position_of
from hardship.matching.settling import requests_of, settle_claims
from hardship.staff.permissions import Permission, require

SETTLED_ONCE_MATCHED = ("kind", "threshold_minor", "clear_days")
"""Terms that decide when match is earned: they stay as they are once anything was matched or is held."""


def agree(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    """Make or vary an agreement as a fund's file declares; the same declaration again changes nothing. The fund is locked.

    The machine's operator does so alone; for a named member of staff it waits for a second person, and the change says
    so. Raises `Conflict` for what cannot be agreed any more.
    """
    require(tx.actor, Permission.MANAGE_FUNDS)
    if tx.actor.kind is not ActorKind.STAFF:
        return put_in_force(tx, fund, declared)
    from hardship.matching.drafting import propose_declared  # here: it builds on this module

    return propose_declared(tx, fund, declared)


def put_in_force(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    """Make or vary an agreement; returns the differences. The fund is locked, and whoever asks may.

    Each version's terms are kept for good; a variation never touches what is allocated. Raises `Conflict` for a cap
    below what is allocated and held, for a ref that belongs to another fund, for an agreement that is closed.
    """
    check_round(tx.session, fund, declared)
    found = lock(tx.session, select(MatchAgreement).where(MatchAgreement.ref == declared.ref))
    if not found:
        return _make(tx, fund, declared)
    return _vary(tx, fund, found[0], declared)


def changes_to(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    """What `put_in_force` would change, without doing it; raises what it would raise."""
    check_round(tx.session, fund, declared)
    row = tx.session.exec(select(MatchAgreement).where(MatchAgreement.ref == declared.ref)).first()
    terms = terms_declared(tx, declared)
    if row is None:
        return differences(f"match {declared.ref}", None, terms)
    return _checked(tx.session, fund, row, declared, terms)


def check_round(session: Session, fund: Fund, declared: MatchDocument) -> None:
    """Raise `BadInput` unless the round that the match is restricted to is one of the fund's."""
    slugs = {one.slug for one in rounds_of(session, fund.id or 0)}
    if declared.restricted_to is not None and declared.restricted_to not in slugs:
        raise BadInput(
            f"{declared.restricted_to!r} is no round of this fund",
            where="match.restricted_to",
            fix=f"Use {', '.join(sorted(slugs))}, or leave it out.",
        )


def _make(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    pot = open_pot(
        tx,
        ref=f"{fund.slug}/{declared.ref}",
        fund_slug=fund.slug,
        fund_class=FundClass.RESTRICTED,
        currency=fund.currency,
        is_community=False,
        held_as_agent=fund.role is FundRole.AGENT,
    )
    assert pot.id is not None
    assert fund.id is not None
    terms = terms_declared(tx, declared)
    row = MatchAgreement(ref=declared.ref, fund_id=fund.id, pot_id=pot.id, **_columns(terms))
    _seal(tx, row, declared)
    tx.session.add(row)
    tx.session.flush()
    _set_tranches(tx, row, declared)
    _keep_terms(tx, fund, row, terms, "match.agreed")
    if row.kind is AgreementKind.CHALLENGE:  # gifts that have come already count
        revise(tx, fund, row.ref)
    return differences(f"match {declared.ref}", None, terms)


def _vary(tx: Transaction, fund: Fund, row: MatchAgreement, declared: MatchDocument) -> list[Change]:
    terms = terms_declared(tx, declared)
    changes = _checked(tx.session, fund, row, declared, terms)
    if not changes:
        return []
    stood = position_of(row)
    for field, value in _columns(terms).items():
        setattr(row, field, value)
    _seal(tx, row, declared)
    row.version += 1
    tx.session.add(row)
    tx.session.flush()
    _set_tranches(tx, row, declared)
    lines = lines_between(row.pot_id, stood, position_of(row))  # what may be reclaimed decides what is income
    post(tx, [_journal(tx, fund, row, lines)])
    _keep_terms(tx, fund, row, terms, "match.varied")
    revise(tx, fund, row.ref)
    return changes


def _checked(
    session: Session, fund: Fund, row: MatchAgreement, declared: MatchDocument, terms: Mapping[str, Any]
) -> list[Change]:
    """The differences to the present terms; raises `Conflict` when they cannot be agreed on."""
    if row.fund_id != fund.id:
        raise Conflict(
            f"another fund has an agreement {declared.ref}", where="match.ref", fix="Choose another ref."
        )
    before = terms_now(session, row)
    hidden = {
        "excluded_tokens": (_names(before["excluded_tokens"]), _names(terms["excluded_tokens"])),
        "contact_token": (_contact(before["contact_token"]), _contact(terms["contact_token"])),
    }
    changes = differences(f"match {row.ref}", before, terms, hidden)
    if not changes:
        return []
    if row.is_closed:
        raise Conflict(
            f"{row.ref} is closed", where="match.ref", fix="Agree on another, under a ref of its own."
        )
    bound = row.allocated_minor + row.held_minor
    if not cap_is_allowed(declared.cap_minor, bound):
        raise Conflict(
            f"the cap of {declared.ref} would be below the {display(bound)} that it has allocated",
            where="match.cap",
            fix="Choose that much or more.",
        )
    moved = next((field for field in SETTLED_ONCE_MATCHED if before[field] != terms[field]), None)
    if bound and moved:
        raise Conflict(
            f"{row.ref} has matched gifts on other terms",
            where=f"match.{moved.removesuffix('_minor')}",
            fix="Leave it as it is, or close this agreement and make another.",
        )
    _check_tranches(session, row, declared)
    return changes


def _names(tokens: str) -> str:
    """How many names a list of tokens stands for."""
    count = len([one for one in tokens.split(",") if one])
    return f"{count} name" if count == 1 else f"{count} names"


def _contact(token: str) -> str:
    return "somebody" if token else "nobody"


def _check_tranches(session: Session, row: MatchAgreement, declared: MatchDocument) -> None:
    """A tranche stays as it is while a request for it stands, and never falls below what has come for it."""
    asked = {one.tranche_due_on for one in requests_of(session, row.id or 0, under_way=True)}
    then = {one.due_on: one.amount_minor for one in declared.tranches}
    for one in _tranche_rows(session, row):
        amount = then.get(one.due_on, 0)
        if amount != one.amount_minor and one.due_on in asked:
            raise Conflict(
                f"the tranche of {one.due_on.isoformat()} was requested",
                where="match.tranche",
                fix="Cancel that request first.",
            )
        if amount < one.received_minor:
            raise Conflict(
                f"{display(one.received_minor)} has come for the tranche of {one.due_on.isoformat()}",
                where="match.tranche",
                fix="Leave it at that or more.",
            )


# --- Terms --------------------------------------------------------------------------------------------------------


def tranches_of(session: Session, row: MatchAgreement) -> tuple[TrancheDocument, ...]:
    """The tranches of an agreement's present version, in the order of their due days."""
    return tuple(TrancheDocument(one.due_on, one.amount_minor) for one in _tranche_rows(session, row))


def _tranche_rows(session: Session, row: MatchAgreement) -> Sequence[MatchTranche]:
    return session.exec(
        select(MatchTranche).where(MatchTranche.agreement_id == row.id).order_by(col(MatchTranche.due_on))
    ).all()


def terms_now(session: Session, row: MatchAgreement) -> dict[str, Any]:
    """The present terms, in the form in which versions are compared and kept."""
    kept = {field: getattr(row, field) for field in TERMS}
    return kept | {"tranches": _tranche_text(tranches_of(session, row))}


def terms_declared(tx: Transaction, declared: MatchDocument) -> dict[str, Any]:
    """The terms that a declaration amounts to, by column; and the tranches, as text."""
    tokens = sorted(donor_token(tx.vault, name).hex() for name in declared.excluded_donors)
    return {
        "sponsor": declared.sponsor,
        "kind": AgreementKind(declared.kind),
        "threshold_minor": declared.threshold_minor,
        "clear_days": declared.clear_days,
        "priority": declared.priority,
        "num": declared.num,
        "den": declared.den,
        "cap_minor": declared.cap_minor,
        "per_contribution_cap_minor": declared.per_contribution_cap_minor,
        "per_donor_cap_minor": declared.per_donor_cap_minor,
        "minimum_minor": declared.minimum_minor,
        "opens_at": declared.opens_at,
        "closes_at": declared.closes_at,
        "channels": ",".join(declared.channels),
        "excluded_tokens": ",".join(dict.fromkeys(tokens)),
        "paid": Paid(declared.paid),
        "reclaimable": declared.reclaimable,
        "unused": Unused(declared.unused),
        "restricted_to_round": declared.restricted_to,
        "purchase_order": declared.purchase_order,
        "payment_days": declared.payment_days,
        "contact_token": _contact_token(tx, declared.contact),
        "tranches": _tranche_text(declared.tranches),
    }


TERMS = [
    "sponsor",
    "kind",
    "threshold_minor",
    "clear_days",
    "priority",
    "num",
    "den",
    "cap_minor",
    "per_contribution_cap_minor",
    "per_donor_cap_minor",
    "minimum_minor",
    "opens_at",
    "closes_at",
    "channels",
    "excluded_tokens",
    "paid",
    "reclaimable",
    "unused",
    "restricted_to_round",
    "purchase_order",
    "payment_days",
    "contact_token",
]
"""The columns that are agreed on."""


def plain_terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as JSON holds them, and as a version keeps them."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in terms.items()
    }


def _columns(terms: Mapping[str, Any]) -> dict[str, Any]:
    return {field: terms[field] for field in TERMS}


def _tranche_text(tranches: tuple[TrancheDocument, ...]) -> str:
    return ", ".join(f"{one.due_on.isoformat()} {plain(one.amount_minor)}" for one in tranches) or "none"


def _set_tranches(tx: Transaction, row: MatchAgreement, declared: MatchDocument) -> None:
    """Bring the tranches up to date. Money that came before there was a tranche for it settles those that are new, where
    the sponsor pays in advance: there the tranches are the whole of what is paid."""
    there = {one.due_on: one for one in _tranche_rows(tx.session, row)}
    wanted = {one.due_on: one.amount_minor for one in declared.tranches}
    for due_on, gone in there.items():
        if due_on not in wanted:
            tx.session.delete(gone)
    for due_on, minor in wanted.items():
        kept = there.get(due_on) or MatchTranche(agreement_id=row.id or 0, due_on=due_on, amount_minor=minor)
        kept.amount_minor = minor
        tx.session.add(kept)
    tx.session.flush()
    if row.paid is Paid.IN_ADVANCE and wanted.keys() - there.keys():
        settled = sum(one.received_minor for one in _tranche_rows(tx.session, row))
        settled += sum(
            one.received_minor for one in requests_of(tx.session, row.id or 0) if one.tranche_due_on is None
        )
        settle_claims(tx, row.id or 0, row.ref, row.received_minor - settled)


def _contact_token(tx: Transaction, contact: ContactDocument) -> str:
    if contact == ContactDocument():
        return ""
    return tx.vault.stable_token("sponsor contact", canonical(asdict(contact)).decode()).hex()


def _seal(tx: Transaction, row: MatchAgreement, declared: MatchDocument) -> None:
    """Seal the names: those whose gifts are not matched, and whom requests for payment are addressed to."""
    house = tx.vault.house(tx.session)
    names = json.dumps(list(declared.excluded_donors)) if declared.excluded_donors else None
    row.excluded_donors = house.seal("match_agreement", "excluded_donors", row.ref, names)
    contact = canonical(asdict(declared.contact)).decode() if row.contact_token else None
    row.contact = house.seal("match_agreement", "contact", row.ref, contact)


def _keep_terms(
    tx: Transaction, fund: Fund, row: MatchAgreement, terms: Mapping[str, Any], kind: str
) -> None:
    document = canonical(plain_terms(terms))
    sha256 = sha256_hex(document)
    assert row.id is not None
    kept = MatchTerms(
        agreement_id=row.id, version=row.version, document=document.decode(), sha256=sha256, agreed_at=tx.at
    )
    tx.session.add(kept)
    tx.session.flush()
    tx.record(
        kind,
        f"agreement:{row.ref}",
        fund=fund.slug,
        state=row.state,
        version=row.version,
        cap_minor=row.cap_minor,
        sha256=sha256,
    )


def _journal(tx: Transaction, fund: Fund, row: MatchAgreement, lines: list[Line]) -> JournalDraft:
    return JournalDraft(
        idem_key=f"match:{row.ref}:version:{row.version}",
        kind="match.varied",
        fund_slug=fund.slug,
        cause=f"agreement:{row.ref}",
        effective_on=day_of(tx.at),
        lines=lines,
        currency=fund.currency,
    )
