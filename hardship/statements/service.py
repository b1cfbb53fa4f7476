"""Issuing statements: drawn up and set as PDF outside the transaction, stored inside it if nothing moved meanwhile."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from hardship.core.actor import Actor
from hardship.core.canonical import sha256_hex
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.service import lock_fund
from hardship.matching.models import MatchAgreement, StatedThrough
from hardship.matching.queries import agreement_by_ref
from hardship.staff.permissions import Permission, require
from hardship.statements import queries
from hardship.statements.drawing import Asked, Drawn, draw, overlaps
from hardship.statements.models import Statement, StatementFile
from hardship.statements.render import files_of

TRIES = 3
EARLIEST = dt.date(1990, 1, 1)

File = tuple[str, str, bytes]  # name, media type, bytes


@dataclass(frozen=True)
class Issued:
    """A statement as issued, with its files."""

    ref: str
    agreement: str
    content_sha256: str
    files: list[File]
    described: dict[str, Any]


class _Moved(Exception):
    """Something that the statement is made from changed while it was set."""


def issue(
    runtime: Runtime,
    actor: Actor,
    *,
    agreement: str,
    from_on: dt.date,
    to_on: dt.date,
    supersedes: str | None = None,
) -> Issued:
    """Issue a statement of an agreement for the days from `from_on` to `to_on`, both included.

    Raises `Forbidden`, `NotFound`, `BadInput` for days that cannot be meant, `Conflict` for days already stated, and
    `Refused` when the figures do not tie to the ledger; nothing is issued then.
    """
    require(actor, Permission.ISSUE_STATEMENT)
    asked = Asked(agreement.strip(), from_on, to_on, supersedes.strip() if supersedes else None)
    for _ in range(TRIES):
        at = runtime.clock.now()
        with runtime.read() as session:
            check_asked(session, asked, day_of(at))
            drawn = draw(session, runtime.vault, asked, at)
        files = files_of(drawn, runtime.settings.base_url)
        try:
            runtime.transact(actor, store, drawn=drawn, files=files)
        except _Moved:
            continue
        return Issued(drawn.ref, drawn.agreement_ref, drawn.content_sha256, files, _described(drawn))
    raise Conflict("the figures kept changing", where=asked.agreement, fix="Try again in a moment.")


def _described(drawn: Drawn) -> dict[str, Any]:
    period = {"from": drawn.asked.from_on.isoformat(), "to": drawn.asked.to_on.isoformat()}
    return (
        {"ref": drawn.ref, "agreement": drawn.agreement_ref, "period": period}
        | drawn.figures.described()
        | {"grants": drawn.grants, "content_sha256": drawn.content_sha256}
    )


def check_asked(session: Session, asked: Asked, today: dt.date) -> Statement | None:
    """Whether this statement may be issued; returns the one that it supersedes."""
    if asked.from_on > asked.to_on:
        raise BadInput("the last day is before the first", where="to", fix="Check both days.")
    if asked.from_on < EARLIEST:
        raise BadInput("the first day cannot be meant", where="from", fix="Check the year.")
    if asked.to_on > today:
        raise BadInput("the last day is still to come", where="to", fix=f"The latest is {today.isoformat()}.")
    agreement = agreement_by_ref(session, asked.agreement)
    earlier = queries.statements_of(session, agreement.id or 0)
    corrected = _corrected(earlier, asked) if asked.supersedes else None
    gone = {one.supersedes_id for one in earlier} | ({corrected.id} if corrected else set())
    for one in earlier:
        if one.id not in gone and overlaps(one, asked):
            raise Conflict(
                f"the statement {one.ref} speaks of {one.from_on} to {one.to_on}",
                where=agreement.ref,
                fix=f"Choose days after {one.to_on}, or correct it: supersede {one.ref}, for the same days.",
            )
    return corrected


def _corrected(earlier: Sequence[Statement], asked: Asked) -> Statement:
    found = next((one for one in earlier if one.ref == asked.supersedes), None)
    if found is None:
        raise NotFound(
            "this agreement has no such statement to correct",
            where=str(asked.supersedes)[:60],
            fix="See the list of statements.",
        )
    if any(one.supersedes_id == found.id for one in earlier):
        raise Conflict(
            "this statement was corrected already",
            where=found.ref,
            fix="Supersede the one that took its place.",
        )
    if (found.from_on, found.to_on) != (asked.from_on, asked.to_on):
        raise BadInput(
            "a correction speaks of the same days",
            where=found.ref,
            fix=f"Those are {found.from_on} to {found.to_on}.",
        )
    return found


def store(tx: Transaction, *, drawn: Drawn, files: Sequence[File]) -> None:
    """Freeze a drawn statement, if nothing moved since; sets the day through which the agreement is stated."""
    require(tx.actor, Permission.ISSUE_STATEMENT)
    agreement = agreement_by_ref(tx.session, drawn.agreement_ref)
    lock_fund(tx, agreement.fund_id)
    lock(tx.session, select(MatchAgreement).where(MatchAgreement.id == agreement.id))
    corrected = check_asked(tx.session, drawn.asked, day_of(tx.at))
    again = draw(tx.session, tx.vault, drawn.asked, tx.at, drawn.ref)
    if again.fingerprint != drawn.fingerprint:
        raise _Moved
    statement = Statement(
        ref=drawn.ref,
        agreement_id=agreement.id or 0,
        from_on=drawn.asked.from_on,
        to_on=drawn.asked.to_on,
        content=drawn.content,
        content_sha256=drawn.content_sha256,
        previous_sha256=drawn.head["previous_sha256"],
        supersedes_id=corrected.id if corrected else None,
        issued_at=tx.at,
        issued_by=f"{tx.actor.kind.value}:{tx.actor.id or tx.actor.os_user}"[:80],
    )
    tx.session.add(statement)
    tx.session.flush()
    _store_files(tx, statement, files)
    _stated_through(tx, statement)
    tx.record(
        "statement.issued",
        f"statement:{drawn.ref}",
        state="issued",
        agreement=drawn.agreement_ref,
        first=drawn.asked.from_on.isoformat(),
        last=drawn.asked.to_on.isoformat(),
        content_sha256=drawn.content_sha256,
        files=[sha256_hex(body) for _, _, body in files],
        supersedes=drawn.asked.supersedes or "",
    )


def _store_files(tx: Transaction, statement: Statement, files: Sequence[File]) -> None:
    tx.session.add_all(
        StatementFile(
            statement_id=statement.id or 0, name=name, media_type=kind, body=body, sha256=sha256_hex(body)
        )
        for name, kind, body in files
    )


def _stated_through(tx: Transaction, statement: Statement) -> None:
    found = tx.session.get(StatedThrough, statement.agreement_id, populate_existing=True)
    if found is None:
        tx.session.add(StatedThrough(agreement_id=statement.agreement_id, through_on=statement.to_on))
    else:
        found.through_on = max(found.through_on, statement.to_on)


@dataclass(frozen=True)
class Found:
    """An issued file that was recognised by its bytes."""

    ref: str
    name: str
    from_on: dt.date
    to_on: dt.date
    issued_at: dt.datetime
    superseded_by: str | None


def recognise(session: Session, sha256: str, name: str = "") -> Found | None:
    """The issued file with these bytes, or None: then it was not issued here, or was changed since. `name` tells
    apart the files of several statements with equal bytes."""
    found = queries.file_with(session, sha256.lower(), name)
    if found is None:
        return None
    statement, file = found
    return Found(
        statement.ref,
        file.name,
        statement.from_on,
        statement.to_on,
        statement.issued_at,
        queries.superseder(session, statement.id or 0),
    )
