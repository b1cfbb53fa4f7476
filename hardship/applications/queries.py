"""Reads of applications. Every list ends in a deterministic order."""

from sqlalchemy import text
from sqlmodel import Session, col, select

from hardship.applications.models import Application, ApplicationAnswers
from hardship.core.errors import NotFound
from hardship.core.refs import tidy, tidy_reference
from hardship.core.vault import Vault

# Written out: building it anew for each check would cost more than asking it.
_SHARING = text(
    "SELECT DISTINCT other.application_id, other.kind FROM application_token own"
    " JOIN application_token other ON other.token = own.token AND other.kind = own.kind"
    " AND other.application_id <> own.application_id"
    " WHERE own.application_id = :id ORDER BY other.application_id, other.kind LIMIT 200"
)


def references(typed: str) -> list[str]:
    """The references that somebody may have meant: as typed, and as a generated one is written."""
    return list(dict.fromkeys([typed.strip()[:80], tidy_reference(typed[:80])]))


def by_ref(session: Session, typed: str) -> Application:
    """The application with this reference, however it is spaced; raises `NotFound`."""
    candidates = references(typed)
    found = session.exec(select(Application).where(col(Application.ref).in_(candidates))).all()
    if not found:
        raise NotFound("no application has this reference", fix="Check the reference.")
    return min(found, key=lambda application: candidates.index(application.ref))


def by_id(session: Session, application_id: int) -> Application:
    """The application with this number; raises `NotFound`."""
    found = session.get(Application, application_id)
    if found is None:
        raise NotFound("there is no such application")
    return found


def answers_of(session: Session, application_id: int) -> ApplicationAnswers | None:
    """The sealed answers, or None when they were erased."""
    return session.get(ApplicationAnswers, application_id)


def sharing(session: Session, application_id: int) -> list[tuple[int, str]]:
    """(number, kind) of other applications that have a blind token in common, in that order; the first two hundred:
    more would say nothing new."""
    found = session.connection().execute(_SHARING, {"id": application_id})
    return [(number, kind) for number, kind in found]


def by_claim(session: Session, vault: Vault, reference: str, claim_code: str) -> Application | None:
    """The application that this claim code opens, or None: one question by keyed hashes, whether the reference is
    unknown or the code is wrong, so that neither the answer nor its time tells which."""
    tokens = [claim_token(vault, ref, claim_code) for ref in references(reference)]
    return session.exec(select(Application).where(col(Application.claim_token).in_(tokens))).first()


def claim_token(vault: Vault, ref: str, claim_code: str) -> bytes:
    """What is stored of a claim code: a keyed hash over the reference and the code."""
    return vault.stable_token("claim", f"{ref}|{tidy(claim_code)}")
