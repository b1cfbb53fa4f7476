"""Agreements drafted on pages: one person of finance proposes, a second one approves, and only then it is agreed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, select

from hardship.core.errors import BadInput, Conflict
from hardship.core.money import plain
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Vault
from hardship.funds.changes import Change
from hardship.funds.matches import ContactDocument, MatchDocument, match_from
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.matching.agreeing import (
    changes_to,
    plain_terms,
    put_in_force,
    terms_declared,
    terms_now,
    tranches_of,
)
from hardship.matching.models import MatchAgreement
from hardship.matching.queries import agreement_by_ref
from hardship.matching.sealed import contact_of, excluded_names
from hardship.matching.wording import differences_in_words, in_words
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, kinds, payload_of, propose, waiting

DRAFT, VARIATION = "match agreement", "match variation"
_AMOUNTS = ("cap", "per_contribution_cap", "per_donor_cap", "threshold")


def register_kinds(runtime: Runtime) -> None:
    """Let a second person approve new agreements and variations."""
    for name, title in ((DRAFT, "New match agreement"), (VARIATION, "Variation of a match agreement")):
        kinds(runtime)[name] = Kind(name, title, Permission.SECOND_MONEY, _carry_out, _describe)


def draft(tx: Transaction, *, fund_slug: str, fields: Mapping[str, Any], why: str = "") -> Proposed:
    """Propose a new agreement for a fund. `fields` are those of a `[[match]]` table in fund.toml, `why` a note for the
    second person.

    Raises `BadInput` whose `where` ends in the field that is wrong, `Conflict` for a ref that is taken.
    """
    require(tx.actor, Permission.MANAGE_AGREEMENTS)
    fund = lock_fund(tx, fund_slug)
    declared = match_from({name: value for name, value in fields.items() if value is not None})
    if tx.session.exec(select(MatchAgreement).where(MatchAgreement.ref == declared.ref)).first() is not None:
        raise Conflict(
            f"there is an agreement {declared.ref} already", where="match.ref", fix="Choose another ref."
        )
    changes_to(tx, fund, declared)
    return _propose(tx, DRAFT, fund, declared, why)


def vary(tx: Transaction, *, agreement: str, fields: Mapping[str, Any], why: str = "") -> Proposed:
    """Propose a new version of an agreement: `fields` replace those of its present one (None: leave the field out).

    Raises `BadInput` whose `where` ends in the field that is wrong or when nothing would change, `Conflict` for what
    cannot be agreed any more.
    """
    require(tx.actor, Permission.MANAGE_AGREEMENTS)
    row = agreement_by_ref(tx.session, agreement)
    fund = lock_fund(tx, row.fund_id)
    present = read_fields(as_fields(present_terms(tx.session, tx.vault, row)))
    changed = {
        name: value for name, value in (present | {**fields, "ref": row.ref}).items() if value is not None
    }
    declared = match_from(changed)
    if not changes_to(tx, fund, declared):
        raise BadInput("nothing would change", where="match.why", fix="Change a term, or leave it be.")
    return _propose(tx, VARIATION, fund, declared, why)


def propose_declared(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    """What a file declares, proposed by a named member of staff: the changes, and which proposal waits. The same
    declaration while it waits is no change."""
    changes = changes_to(tx, fund, declared)
    if not changes:
        return []
    known = tx.session.exec(select(MatchAgreement.id).where(MatchAgreement.ref == declared.ref)).first()
    kind = VARIATION if known else DRAFT
    for one in waiting(tx.session, kind):
        same = one.subject == f"agreement:{declared.ref}"
        if same and payload_of(tx, one)["match"] == as_fields(declared):
            return []
    waits = _propose(tx, kind, fund, declared, "From the fund’s file.")
    return [*changes, Change(f"match {declared.ref}", "approval", "none", f"waits as proposal {waits.ref}")]


def _propose(tx: Transaction, kind: str, fund: Fund, declared: MatchDocument, why: str) -> Proposed:
    terms = plain_terms(terms_declared(tx, declared))
    payload = {
        "fund": fund.slug,
        "match": as_fields(declared),
        "terms": terms,
        "why": why.strip()[:500],
    }
    return propose(tx, kind=kind, subject=f"agreement:{declared.ref}", payload=payload)


def _carry_out(tx: Transaction, payload: Payload) -> list[Change]:
    """Put what was proposed in force, checked anew under the fund's lock."""
    fund = lock_fund(tx, str(payload["fund"]))
    return put_in_force(tx, fund, match_from(read_fields(payload["match"])))


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    """The terms for the second person: all of a new agreement, of a variation what would change."""
    ref, terms = payload["match"]["ref"], payload["terms"]
    lines = [("Agreement", str(ref)), ("Fund", str(payload["fund"]))]
    row = session.exec(select(MatchAgreement).where(MatchAgreement.ref == ref)).first()
    if row is None:
        lines += in_words(terms)
    else:
        changed = differences_in_words(plain_terms(terms_now(session, row)), terms)
        lines += [(what, f"{was} → {will}") for what, was, will in changed]
    return [*lines, ("Why", str(payload["why"]))] if payload.get("why") else lines


# --- Fields -------------------------------------------------------------------------------------------------------


def as_fields(declared: MatchDocument) -> dict[str, Any]:
    """A declaration as the fields of a `[[match]]` table, in JSON: instants and days as text, what is empty left out."""
    fields: dict[str, Any] = {
        "ref": declared.ref,
        "sponsor": declared.sponsor,
        "ratio": f"{declared.num}:{declared.den}",
        "kind": declared.kind,
        "clear_days": declared.clear_days,
        "minimum": plain(declared.minimum_minor),
        "opens": declared.opens_at.isoformat(),
        "closes": declared.closes_at.isoformat(),
        "channels": list(declared.channels),
        "exclude_donors": list(declared.excluded_donors),
        "priority": declared.priority,
        "paid": declared.paid,
        "reclaimable": int(declared.reclaimable),
        "unused": declared.unused,
        "restricted_to": declared.restricted_to or "",
        "purchase_order": declared.purchase_order,
        "payment_days": declared.payment_days,
        "tranche": [
            {"due": one.due_on.isoformat(), "amount": plain(one.amount_minor)} for one in declared.tranches
        ],
        "contact": asdict(declared.contact),
    }
    amounts = {name: getattr(declared, f"{name}_minor") for name in _AMOUNTS}
    return fields | {name: plain(minor) for name, minor in amounts.items() if minor is not None}


def read_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`as_fields` backwards: the values that TOML would have given."""
    return {
        **fields,
        "opens": dt.datetime.fromisoformat(fields["opens"]),
        "closes": dt.datetime.fromisoformat(fields["closes"]),
        "reclaimable": bool(fields["reclaimable"]),
        "tranche": [
            {"due": dt.date.fromisoformat(one["due"]), "amount": one["amount"]} for one in fields["tranche"]
        ],
    }


def present_terms(session: Session, vault: Vault | None, row: MatchAgreement) -> MatchDocument:
    """An agreement's present terms as if declared; without a vault, without the names that are sealed."""
    return MatchDocument(
        ref=row.ref,
        sponsor=row.sponsor,
        num=row.num,
        den=row.den,
        cap_minor=row.cap_minor,
        per_contribution_cap_minor=row.per_contribution_cap_minor,
        minimum_minor=row.minimum_minor,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        channels=tuple(row.channels.split(",")),
        excluded_donors=excluded_names(session, vault, row) if vault else (),
        priority=row.priority,
        paid=row.paid.value,
        reclaimable=row.reclaimable,
        unused=row.unused.value,
        restricted_to=row.restricted_to_round,
        kind=row.kind.value,
        threshold_minor=row.threshold_minor,
        per_donor_cap_minor=row.per_donor_cap_minor,
        clear_days=row.clear_days,
        purchase_order=row.purchase_order,
        payment_days=row.payment_days,
        tranches=tranches_of(session, row),
        contact=contact_of(session, vault, row) if vault else ContactDocument(),
    )
