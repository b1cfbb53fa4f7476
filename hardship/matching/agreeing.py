"""Agreeing on match: the first version of an agreement, and variations of it."""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import select

from hardship.contributions.donors import donor_token
from hardship.core.canonical import canonical, sha256_hex
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import Conflict
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.changes import Change, differences
from hardship.funds.document import MatchDocument
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft
from hardship.ledger.models import FundClass
from hardship.ledger.service import open_pot, post
from hardship.matching.allocation import cap_is_allowed
from hardship.matching.booking import lines_between
from hardship.matching.models import MatchAgreement, MatchTerms
from hardship.matching.position import Paid, Unused
from hardship.matching.queries import position_of
from hardship.staff.permissions import Permission, require


def agree(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    """Make or vary an agreement as declared; the same declaration again changes nothing. The fund is locked.

    Each version's terms are kept for good. Raises `Conflict` for a cap below what is allocated and held, and for a
    ref that belongs to another fund.
    """
    require(tx.actor, Permission.MANAGE_FUNDS)
    found = lock(tx.session, select(MatchAgreement).where(MatchAgreement.ref == declared.ref))
    if not found:
        return _make(tx, fund, declared)
    row = found[0]
    if row.fund_id != fund.id:
        raise Conflict(
            f"another fund has an agreement {declared.ref}", where="match.ref", fix="Choose another ref."
        )
    return _vary(tx, fund, row, declared)


def _make(tx: Transaction, fund: Fund, declared: MatchDocument) -> list[Change]:
    pot = open_pot(
        tx,
        ref=f"{fund.slug}/{declared.ref}",
        fund_slug=fund.slug,
        fund_class=FundClass.RESTRICTED,
        currency=fund.currency,
        is_community=False,
    )
    assert pot.id is not None
    assert fund.id is not None
    terms = _terms(tx, declared)
    row = MatchAgreement(ref=declared.ref, fund_id=fund.id, pot_id=pot.id, **terms)
    row.excluded_donors = _sealed_names(tx, declared)
    tx.session.add(row)
    tx.session.flush()
    _keep_terms(tx, fund, row, terms, "match.agreed")
    return differences(f"match {declared.ref}", None, terms)


def _vary(tx: Transaction, fund: Fund, row: MatchAgreement, declared: MatchDocument) -> list[Change]:
    terms = _terms(tx, declared)
    names = f"{len(declared.excluded_donors)} names"
    before = {field: getattr(row, field) for field in terms}
    changes = differences(f"match {row.ref}", before, terms, {"excluded_tokens": names})
    if not changes:
        return []
    bound = row.allocated_minor + row.held_minor
    if not cap_is_allowed(declared.cap_minor, bound):
        raise Conflict(
            f"the cap of {declared.ref} would be below the {display(bound)} that it has allocated",
            where="match.cap",
            fix="Choose that much or more.",
        )
    stood = position_of(row)
    for field, value in terms.items():
        setattr(row, field, value)
    row.excluded_donors = _sealed_names(tx, declared)
    row.version += 1
    tx.session.add(row)
    tx.session.flush()
    lines = lines_between(row.pot_id, stood, position_of(row))  # what may be reclaimed decides what is income
    post(tx, [_journal(tx, fund, row, lines)])
    _keep_terms(tx, fund, row, terms, "match.varied")
    return changes


def _terms(tx: Transaction, declared: MatchDocument) -> dict[str, Any]:
    """The columns that are agreed on."""
    tokens = sorted(donor_token(tx.vault, name).hex() for name in declared.excluded_donors)
    return {
        "sponsor": declared.sponsor,
        "priority": declared.priority,
        "num": declared.num,
        "den": declared.den,
        "cap_minor": declared.cap_minor,
        "per_contribution_cap_minor": declared.per_contribution_cap_minor,
        "minimum_minor": declared.minimum_minor,
        "opens_at": declared.opens_at,
        "closes_at": declared.closes_at,
        "channels": ",".join(declared.channels),
        "excluded_tokens": ",".join(dict.fromkeys(tokens)),
        "paid": Paid(declared.paid),
        "reclaimable": declared.reclaimable,
        "unused": Unused(declared.unused),
        "restricted_to_round": declared.restricted_to,
    }


def _sealed_names(tx: Transaction, declared: MatchDocument) -> bytes | None:
    names = json.dumps(list(declared.excluded_donors)) if declared.excluded_donors else None
    return tx.vault.house(tx.session).seal("match_agreement", "excluded_donors", declared.ref, names)


def _keep_terms(
    tx: Transaction, fund: Fund, row: MatchAgreement, terms: Mapping[str, Any], kind: str
) -> None:
    plain = {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in terms.items()
    }
    document = canonical(plain)
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
        version=row.version,
        cap_minor=row.cap_minor,
        sha256=sha256,
    )


def _journal(tx: Transaction, fund: Fund, row: MatchAgreement, lines: list[Any]) -> JournalDraft:
    return JournalDraft(
        idem_key=f"match:{row.ref}:version:{row.version}",
        kind="match.varied",
        fund_slug=fund.slug,
        cause=f"agreement:{row.ref}",
        effective_on=day_of(tx.at),
        lines=lines,
        currency=fund.currency,
    )
