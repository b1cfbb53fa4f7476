"""I11: an issued statement's bytes are those that were issued."""

from sqlmodel import Session, col, select

from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from hardship.statements.models import Statement, StatementFile


def frozen(session: Session, _runtime: Runtime) -> list[str]:
    """Content and files have the hashes they were issued with, and each statement names the one before it."""
    found: list[str] = []
    last: dict[int, str] = {}
    for one in session.exec(select(Statement).order_by(col(Statement.id))):
        if sha256_hex(one.content) != one.content_sha256:
            found.append(f"statement {one.ref}: the content is not what was issued")
        if one.previous_sha256 != last.get(one.agreement_id, ""):
            found.append(f"statement {one.ref} does not follow the one before it")
        last[one.agreement_id] = one.content_sha256
    for file in session.exec(select(StatementFile).order_by(StatementFile.name)):
        if sha256_hex(file.body) != file.sha256:
            found.append(f"{file.name} is not what was issued")
    return found


CHECKS = (("I11 frozen", frozen),)
