"""I11: an issued statement's bytes are those that were issued."""

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, col, select

from hardship.audit.models import AuditEvent
from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from hardship.statements.models import Statement, StatementFile


def frozen(session: Session, _runtime: Runtime) -> list[str]:
    """Content and files have the hashes they were issued with, which are those in the event log, and each statement
    names the one before it."""
    found: list[str] = []
    last: dict[int, str] = {}
    issued = session.exec(select(Statement).order_by(col(Statement.id))).all()
    for one in issued:
        if sha256_hex(one.content) != one.content_sha256:
            found.append(f"statement {one.ref}: the content is not what was issued")
        if one.previous_sha256 != last.get(one.agreement_id, ""):
            found.append(f"statement {one.ref} does not follow the one before it")
        last[one.agreement_id] = one.content_sha256
    files: dict[int, list[str]] = defaultdict(list)
    for file in session.exec(select(StatementFile).order_by(StatementFile.name)):
        files[file.statement_id].append(file.sha256)
        if sha256_hex(file.body) != file.sha256:
            found.append(f"{file.name} is not what was issued")
    witnessed = _witnessed(session, issued)
    return found + [
        f"statement {one.ref}: its hashes are not those in the event log"
        for one in issued
        if witnessed.get(one.ref) != (one.content_sha256, sorted(files[one.id or 0]))
    ]


def _witnessed(session: Session, issued: Sequence[Statement]) -> dict[str, tuple[str, list[str]]]:
    """What the events say of each statement: the content's hash and the files'. Whoever changes bytes and hashes alike
    would have to change the chain as well."""
    subjects = {f"statement:{one.ref}": one.ref for one in issued}
    rows = session.exec(
        select(AuditEvent.subject, AuditEvent.body)
        .where(col(AuditEvent.subject).in_(subjects))
        .order_by(col(AuditEvent.seq))
    )
    found: dict[str, tuple[str, list[str]]] = {}
    for subject, body in rows:
        try:
            event = json.loads(body)
            if event["kind"] == "statement.issued":
                facts = event["facts"]
                found.setdefault(subjects[subject], (facts["content_sha256"], sorted(facts["files"])))
        except (ValueError, KeyError, TypeError):
            continue  # not readable: the chain's check says so
    return found


CHECKS = (("I11 frozen", frozen),)
