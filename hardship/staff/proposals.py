"""What takes two people: one proposes, another approves, and only then it happens (I9, design.md).

A room registers what it wants approved in its `service.wire`:

    kinds(runtime)["refund"] = Kind("refund", "Refund of a gift", Permission.SECOND_MONEY, carry_out, describe)

and its service calls `propose(tx, kind="refund", subject="contribution:G-17", payload={…})` after its own checks.
`carry_out(tx, payload)` runs in the transaction of the approval, with the approver as the actor, and checks everything
anew: what was true when it was proposed may not be any more.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlmodel import Session, col, select

from hardship.core.actor import Actor, ActorKind
from hardship.core.canonical import canonical
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.models import DataKey
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import HOUSE
from hardship.staff.models import Proposal, ProposalState
from hardship.staff.permissions import Permission, holds, require_staff

Payload = Mapping[str, Any]

_NONE = "there is no such proposal"
_LIST = "See what waits: hardship proposals list, or the page Proposals."


@dataclass(frozen=True)
class Kind:
    """One kind of proposal.

    `permission` is what the second person needs. `carry_out(tx, payload)` does it. `describe(session, payload)` gives
    the lines that the second person reads: (what, value) pairs, without anything sealed but what was typed as a reason.
    """

    name: str
    title: str
    permission: Permission
    carry_out: Callable[[Transaction, Payload], object]
    describe: Callable[[Session, Payload], list[tuple[str, str]]]


@dataclass(frozen=True)
class Proposed:
    """What became of a proposal: its ref while it waits; `done` when the machine's operator did it alone, with what
    `carry_out` returned."""

    ref: str
    done: bool
    result: object = None


def kinds(runtime: Runtime) -> dict[str, Kind]:
    """The kinds that are registered, by name."""
    return cast(dict[str, Kind], runtime.proposals)


def propose(tx: Transaction, *, kind: str, subject: str, payload: dict[str, Any]) -> Proposed:
    """Propose something for a second person; the caller has checked that the first one may.

    `payload` is JSON: strings, whole numbers, lists, nothing else. Whoever has the shell may do it alone, which the
    event log shows as the operator's act. Raises `Forbidden` for anybody but staff and the operator, `Conflict` when the
    same kind of proposal on the same subject waits already.
    """
    if tx.actor.kind is ActorKind.OPERATOR:
        return Proposed("", True, kinds(tx.runtime)[kind].carry_out(tx, payload))
    if tx.actor.kind is not ActorKind.STAFF or tx.actor.staff_id is None:
        raise Forbidden("this takes a named member of staff", fix="Name one with --as EMAIL.")
    _one_at_a_time(tx)
    waits = tx.session.exec(
        select(Proposal.ref).where(
            Proposal.kind == kind, Proposal.subject == subject, Proposal.state == ProposalState.PROPOSED
        )
    ).first()
    if waits is not None:
        raise Conflict(
            f"proposal {waits} for this waits already", fix="Approve, refuse or withdraw that one first."
        )
    ref = new_reference()
    sealed = tx.vault.house(tx.session).seal("proposal", "payload", ref, canonical(payload).decode())
    tx.session.add(
        Proposal(
            ref=ref,
            kind=kind,
            subject=subject,
            state=ProposalState.PROPOSED,
            payload=sealed,
            made_by_id=tx.actor.staff_id,
            made_at=tx.at,
        )
    )
    tx.record("proposal.made", f"proposal:{ref}", state=ProposalState.PROPOSED, proposed=kind, about=subject)
    return Proposed(ref, False)


def _one_at_a_time(tx: Transaction) -> None:
    """Proposals are made one after the other: whoever asks whether one waits already sees the one made meanwhile. They
    share the row of the key they are sealed under; FOR NO KEY UPDATE lets everybody else use it."""
    wanted = select(DataKey.id).where(DataKey.id == HOUSE)
    tx.session.exec(wanted.with_for_update(key_share=True)).all()


def approve(tx: Transaction, *, ref: str) -> object:
    """Do what was proposed, as the second person; returns what `carry_out` returned.

    Raises `Forbidden` for whoever made it or may not approve it, `Conflict` when it was decided already, and whatever
    doing it raises: then it waits on.
    """
    proposal = _locked(tx, ref)
    kind = kinds(tx.runtime)[proposal.kind]
    _decide(tx, proposal, ProposalState.APPROVED, _second_person(tx, proposal))
    return kind.carry_out(tx, payload_of(tx, proposal))


def refuse(tx: Transaction, *, ref: str, why: str) -> None:
    """Say no, with a reason, as the second person."""
    proposal = _locked(tx, ref)
    second = _second_person(tx, proposal)
    if not why.strip():
        raise BadInput("a refusal needs a reason", where="why", fix="Say why in a few words.")
    proposal.answer = tx.vault.house(tx.session).seal("proposal", "answer", proposal.ref, why.strip())
    _decide(tx, proposal, ProposalState.REFUSED, second)


def withdraw(tx: Transaction, *, ref: str) -> None:
    """Take back what one proposed oneself."""
    proposal = _locked(tx, ref)
    if tx.actor.kind is not ActorKind.STAFF or tx.actor.staff_id != proposal.made_by_id:
        raise Forbidden("only whoever proposed it can withdraw it")
    _decide(tx, proposal, ProposalState.WITHDRAWN, proposal.made_by_id)


def payload_of(tx: Transaction, proposal: Proposal) -> dict[str, Any]:
    """What is to be done, opened."""
    opened = tx.vault.house(tx.session).open("proposal", "payload", proposal.ref, proposal.payload)
    return cast(dict[str, Any], json.loads(opened or "{}"))


def read(tx: Transaction, *, ref: str) -> "Read":
    """One proposal, opened for somebody who made it, may decide it, or audits; the reading is an event (I8).

    Raises `NotFound` for anybody else: to them it does not exist.
    """
    proposal = _found(tx.session, ref)
    if not may_see(tx.runtime, tx.actor, proposal):
        raise NotFound(_NONE, fix=_LIST)
    kind = kinds(tx.runtime)[proposal.kind]
    tx.record("proposal.opened", f"proposal:{proposal.ref}")
    lines = kind.describe(tx.session, payload_of(tx, proposal))
    answer = tx.vault.house(tx.session).open("proposal", "answer", proposal.ref, proposal.answer)
    return Read(proposal, kind.title, lines, answer or "")


@dataclass(frozen=True)
class Read:
    """A proposal as it is read: what it is, its lines of (what, value), and why it was refused, if it was."""

    proposal: Proposal
    title: str
    lines: list[tuple[str, str]]
    answer: str


def may_see(runtime: Runtime, actor: Actor, proposal: Proposal) -> bool:
    """Whether somebody may know of a proposal: its maker, whoever may decide it, auditors, and the machine's operator."""
    mine = actor.staff_id is not None and actor.staff_id == proposal.made_by_id
    return mine or proposal.kind in seen_kinds(runtime, actor)


def seen_kinds(runtime: Runtime, actor: Actor) -> list[str]:
    """The kinds of which somebody may see every proposal."""
    audits = holds(actor, Permission.READ_LOG)
    return [name for name, kind in kinds(runtime).items() if audits or holds(actor, kind.permission)]


def may_decide(runtime: Runtime, actor: Actor, proposal: Proposal) -> bool:
    """Whether somebody may be the second person for a proposal."""
    kind = kinds(runtime)[proposal.kind]
    return actor.staff_id != proposal.made_by_id and holds(actor, kind.permission)


def waiting(session: Session, *names: str) -> list[Proposal]:
    """What waits for a second person, oldest first; of the kinds `names`, or of all."""
    statement = select(Proposal).where(Proposal.state == ProposalState.PROPOSED)
    if names:
        statement = statement.where(col(Proposal.kind).in_(names))
    return list(session.exec(statement.order_by(col(Proposal.made_at), col(Proposal.id))))


def _found(session: Session, ref: str) -> Proposal:
    proposal = session.exec(select(Proposal).where(Proposal.ref == tidy_reference(ref))).first()
    if proposal is None:
        raise NotFound(_NONE, fix=_LIST)
    return proposal


def _locked(tx: Transaction, ref: str) -> Proposal:
    asked = _found(tx.session, ref)
    (proposal,) = lock(tx.session, select(Proposal).where(col(Proposal.id) == asked.id))
    if proposal.state is not ProposalState.PROPOSED:
        raise Conflict(f"proposal {proposal.ref} was {proposal.state.value} already")
    return proposal


def _second_person(tx: Transaction, proposal: Proposal) -> int:
    second = require_staff(tx.actor, kinds(tx.runtime)[proposal.kind].permission)
    if second == proposal.made_by_id:
        raise Forbidden("you proposed this yourself", fix="Another person decides; you may withdraw it.")
    return second


def _decide(tx: Transaction, proposal: Proposal, state: ProposalState, by: int) -> None:
    proposal.state, proposal.decided_by_id, proposal.decided_at = state, by, tx.at
    tx.session.add(proposal)
    tx.session.flush()
    tx.record(f"proposal.{state.value}", f"proposal:{proposal.ref}", state=state)
