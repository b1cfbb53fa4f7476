"""Setting up a fund from its file: fund, rounds, published policies; match agreements through an announcement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from hardship.core.canonical import canonical, sha256_hex
from hardship.core.db import lock, locking
from hardship.core.errors import Conflict, NotFound
from hardship.core.models import TokenEpoch
from hardship.core.money import plain
from hardship.core.prepared import Prepared
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.changes import Change, differences
from hardship.funds.document import FundDocument, RoundDocument
from hardship.funds.events import FundLoaded, PolicyProposed
from hardship.funds.models import Fund, FundRole, Policy, Round
from hardship.funds.queries import bank_account_of, exit_to
from hardship.ledger.events import BooksMoving, Reversing
from hardship.ledger.models import Pot
from hardship.ledger.periods import closed_through
from hardship.ledger.service import open_pot
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, kinds
from hardship.web.views import WAY_OUT


def wire(runtime: Runtime) -> None:
    """Lock funds for whoever moves their books, and take transfers between them before a second person."""
    from hardship.funds import transfers  # it moves money, under the locks of this module's callers

    runtime.extensions[WAY_OUT] = exit_to
    runtime.listen(BooksMoving, transfers.on_books_moving)
    runtime.listen(Reversing, transfers.on_reversing)
    kinds(runtime)[transfers.KIND] = Kind(
        transfers.KIND,
        "Transfer between funds",
        Permission.SECOND_MONEY,
        transfers.make_transfer,
        transfers.describe,
    )


@dataclass(frozen=True)
class Loaded:
    """What loading a file did."""

    fund_id: int
    slug: str
    changes: list[Change]


_BY_ID = locking(select(Fund).where(col(Fund.id) == bindparam("key")))
_BY_SLUG = locking(select(Fund).where(col(Fund.slug) == bindparam("key")))


def lock_fund(tx: Transaction, slug_or_id: str | int) -> Fund:
    """The fund, locked until the transaction ends and read anew; raises `NotFound`.

    The first lock of whoever moves a fund's money (`design.md`, "Databases").
    """
    wanted = _BY_ID if isinstance(slug_or_id, int) else _BY_SLUG
    found = tx.session.exec(wanted, params={"key": slug_or_id}).all()
    if not found:
        raise NotFound("there is no such fund", where=str(slug_or_id)[:60], fix="See: hardship fund list")
    return found[0]


def lock_funds(tx: Transaction) -> Sequence[Fund]:
    """Every fund, locked in order: for what belongs to no one fund and must not happen twice at once."""
    return lock(tx.session, select(Fund).order_by(col(Fund.id)))


_FUND = Fund.__table__  # type: ignore[attr-defined]
_LOCK_ROW = Prepared(select(*_FUND.c).where(_FUND.c.id == bindparam("key")).with_for_update())


def hold_fund(tx: Transaction, fund: Fund) -> Fund:
    """What `lock_fund` does, for who has the fund at hand and comes often: locked and compared with its row, read anew
    when it differs."""
    tx.flush()
    found = _LOCK_ROW.rows(tx.connection, key=fund.id)
    if not found:
        raise NotFound("there is no such fund", where=fund.slug, fix="See: hardship fund list")
    known = vars(fund)
    if all(known.get(name) == value for name, value in zip(_FUND.c.keys(), found[0], strict=True)):
        return fund
    assert fund.id is not None
    return lock_fund(tx, fund.id)


def load_fund(tx: Transaction, *, document: FundDocument) -> Loaded:
    """Create or update a fund, its rounds, policies and match agreements; the same document again changes nothing.

    One event for each thing that changed. Raises `Conflict` for what cannot be changed any more, and whatever the
    rooms that listen refuse: a policy about an unknown fact, a cap below what is allocated.
    """
    require(tx.actor, Permission.MANAGE_FUNDS)
    existing = tx.session.exec(select(Fund.id).where(Fund.slug == document.slug)).first()
    fund = _create(tx, document) if existing is None else lock_fund(tx, existing)
    changes = [Change(f"fund {document.slug}", "new", None, "")] if existing is None else []
    changes += _update(tx, fund, document, is_new=existing is None)
    for declared in document.rounds:
        changes += _load_round(tx, fund, declared)
    assert fund.id is not None
    for answer in tx.publish(FundLoaded(fund.id, document.matches)):
        changes += answer
    return Loaded(fund.id, fund.slug, changes)


# --- The fund -----------------------------------------------------------------------------------------------------


def _create(tx: Transaction, document: FundDocument) -> Fund:
    pot = open_pot(
        tx,
        ref=document.slug,
        fund_slug=document.slug,
        fund_class=document.fund_class,
        currency=document.currency,
        is_community=True,
        held_as_agent=document.role is FundRole.AGENT,
    )
    assert pot.id is not None
    fund = Fund(
        slug=document.slug,
        currency=document.currency,
        community_pot_id=pot.id,
        created_at=tx.at,
        **_fund_fields(document),
    )
    tx.session.add(fund)
    tx.session.flush()
    return fund


def _fund_fields(document: FundDocument) -> dict[str, Any]:
    return {
        "name": document.name,
        "public_name": document.public_name,
        "fund_class": document.fund_class,
        "role": document.role,
        "bank_details": document.bank_details,
        "publisher_name": document.publisher_name,
        "publisher_prefix": document.publisher_prefix,
        "publisher_org_id": document.publisher_org_id,
        "second_person_above_minor": document.second_person_above_minor,
        "exit_to": document.exit_to,
        "bank_files": document.bank_files.stored(),
        **document.safeguards.fields(),
    }


def _update(tx: Transaction, fund: Fund, document: FundDocument, *, is_new: bool) -> list[Change]:
    """Bring the fund's own fields up to date; one event when it is new or anything changed."""
    after = _fund_fields(document)
    before = {field: getattr(fund, field) for field in after}
    changes = differences(f"fund {fund.slug}", before, after)
    if any(after[field] != before[field] for field in ("fund_class", "role")):
        _reclass(tx, fund, document)
    for field, value in after.items():
        setattr(fund, field, value)
    had_bank = fund.bank_sealed is not None
    if _set_bank(tx, fund, document):
        changes.append(Change(f"fund {fund.slug}", "bank", *_bank_words(had_bank, document.bank is not None)))
    if changes or is_new:
        tx.session.flush()
        kind = "fund.created" if is_new else "fund.changed"
        facts = {
            "class": fund.fund_class.value,
            "role": fund.role.value,
            "changed": sorted({c.field for c in changes}),
        }
        tx.record(kind, f"fund:{fund.slug}", **facts)
    return [] if is_new else changes


def _reclass(tx: Transaction, fund: Fund, document: FundDocument) -> None:
    """Say in the books what class the fund is of and whose money it is; raises `Conflict` once a period was closed,
    whose statements would change with it."""
    if closed_through(tx.session, fund.slug) is not None:
        raise Conflict(
            "a period of the fund's books is closed, so that its class and role stand",
            where="fund.class",
            fix="Load another fund for what is to be of another class.",
        )
    for pot in tx.session.exec(select(Pot).where(Pot.fund_slug == fund.slug)):
        pot.held_as_agent = document.role is FundRole.AGENT
        if pot.id == fund.community_pot_id:
            pot.fund_class = document.fund_class
        tx.session.add(pot)


def _bank_words(before: bool, after: bool) -> tuple[str, str]:
    """The change of an account without its number."""
    if not after:
        return "one account", "none"
    return ("one account", "another account") if before else ("none", "an account")


def _set_bank(tx: Transaction, fund: Fund, document: FundDocument) -> bool:
    """Seal the account payments leave from; whether it changed."""
    wanted = document.bank
    present = bank_account_of(tx.session, tx.vault, fund)
    if present == (None if wanted is None else (wanted.name, wanted.sort_code, wanted.account_number)):
        return False
    fund.bank_name = wanted.name if wanted else ""
    text = f"{wanted.sort_code} {wanted.account_number}" if wanted else None
    fund.bank_sealed = tx.vault.house(tx.session).seal("fund", "bank_sealed", fund.slug, text)
    return True


# --- Rounds and policies ------------------------------------------------------------------------------------------


def _load_round(tx: Transaction, fund: Fund, declared: RoundDocument) -> list[Change]:
    tx.publish(PolicyProposed(declared.slug, declared.rules, declared.grant.conditions()))
    found = tx.session.exec(select(Round).where(Round.slug == declared.slug)).first()
    if found is not None and found.fund_id != fund.id:
        raise Conflict(
            f"another fund has a round {declared.slug}", where="round.slug", fix="Choose another slug."
        )
    after = _round_fields(declared)
    subject = f"round {declared.slug}"
    if found is None:
        assert fund.id is not None
        found = Round(fund_id=fund.id, slug=declared.slug, token_epoch_id=_epoch(tx.session), **after)
        changes = differences(subject, None, after)
        kind = "round.opened"
    else:
        changes = differences(subject, {field: getattr(found, field) for field in after}, after)
        for field, value in after.items():
            setattr(found, field, value)
        kind = "round.changed"
    tx.session.add(found)
    tx.session.flush()
    if changes:
        facts = {"fund": fund.slug, "budget_minor": found.budget_minor, "quorum": found.quorum}
        tx.record(
            kind, subject.replace(" ", ":"), **facts, changed=sorted({change.field for change in changes})
        )
    return changes + _publish(tx, found, declared)


def _round_fields(declared: RoundDocument) -> dict[str, Any]:
    return {
        "opens_at": declared.opens_at,
        "closes_at": declared.closes_at,
        "budget_minor": declared.budget_minor,
        "quorum": declared.quorum,
        "two_to_sign_above_minor": declared.two_to_sign_above_minor,
        "spend_order": declared.spend_order,
        "offer_days": declared.offer_days,
    }


def _epoch(session: Session) -> int:
    """The newest live token epoch, which the round's one-grant tokens keep for good."""
    found = session.exec(
        select(TokenEpoch.id)
        .where(col(TokenEpoch.wrapped).is_not(None))
        .order_by(col(TokenEpoch.id).desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound("there is no token epoch", fix="Run: hardship init")
    return found


def _publish(tx: Transaction, found: Round, declared: RoundDocument) -> list[Change]:
    """Publish the declared policy as the next version, unless it is the present one."""
    document = canonical(declared.policy())
    sha256 = sha256_hex(document)
    assert found.id is not None
    last = tx.session.exec(
        select(Policy).where(Policy.round_id == found.id).order_by(col(Policy.version).desc()).limit(1)
    ).first()
    if last is not None and last.sha256 == sha256:
        return []
    version = 1 if last is None else last.version + 1
    tx.session.add(
        Policy(
            round_id=found.id,
            version=version,
            document=document.decode(),
            sha256=sha256,
            published_at=tx.at,
            published_by=_who(tx),
        )
    )
    facts = {"version": version, "sha256": sha256, "alone": True}
    tx.record("policy.published", f"round:{found.slug}", **facts)
    return _policy_changes(f"policy of {found.slug}", last, declared, version)


def _who(tx: Transaction) -> str:
    return ":".join(part for part in (tx.actor.kind.value, tx.actor.id or tx.actor.os_user) if part)[:80]


def _policy_changes(subject: str, last: Policy | None, declared: RoundDocument, version: int) -> list[Change]:
    """The policy's difference, rule by rule."""
    new = declared.policy()
    if last is None:
        return [
            Change(
                subject, f"version {version} with {len(new['rules'])} rules, grant", None, _grant_text(new)
            )
        ]
    old = json.loads(last.document)
    changes = [Change(subject, "version", str(last.version), str(version))]
    if old["grant"] != new["grant"]:
        changes.append(Change(subject, "grant", _grant_text(old), _grant_text(new)))
    before, after = ({str(rule.get("id")): rule for rule in one["rules"]} for one in (old, new))
    changes += [Change(subject, f"rule {name}", "there", "gone") for name in before if name not in after]
    changes += [Change(subject, f"rule {name}", None, "") for name in after if name not in before]
    for name in sorted(before.keys() & after.keys()):
        fields = sorted({*before[name], *after[name]})
        changes += [
            Change(
                subject, f"rule {name}: {field}", str(before[name].get(field)), str(after[name].get(field))
            )
            for field in fields
            if before[name].get(field) != after[name].get(field)
        ]
    return changes


def _grant_text(document: Mapping[str, Any]) -> str:
    grant = document["grant"]
    if "amount_minor" in grant:
        return plain(grant["amount_minor"])
    return ", ".join(f"{plain(band['amount_minor'])} when {band['when']}" for band in grant["bands"])
