"""Blind tokens made anew when somebody gives other details."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert
from sqlmodel import col, select

from hardship.applications.identity import TokenKind
from hardship.applications.models import ApplicationToken
from hardship.applications.service.intake import blind_tokens
from hardship.core.runtime import Transaction

_TOKEN = ApplicationToken.__table__  # type: ignore[attr-defined]


def remake(
    tx: Transaction, *, application_id: int, answers: Mapping[str, str], kinds: Collection[TokenKind]
) -> frozenset[TokenKind]:
    """Replace the tokens of these kinds by those of `answers`; returns the kinds that are not what they were.

    Where the answers give none, earlier ones stay: they find a second application by one person.
    """
    wanted = {kind.value for kind in kinds}
    fresh = [one for one in blind_tokens(tx.vault.epochs(tx.session), answers) if one["kind"] in wanted]
    given = {str(one["kind"]) for one in fresh}
    same = col(ApplicationToken.application_id) == application_id
    known = set(
        tx.session.exec(
            select(ApplicationToken.kind, ApplicationToken.epoch_id, ApplicationToken.token).where(same)
        ).all()
    )
    changed = {str(one["kind"]) for one in fresh if (one["kind"], one["epoch_id"], one["token"]) not in known}
    if given:
        connection = tx.session.connection()
        connection.execute(delete(ApplicationToken).where(same, col(ApplicationToken.kind).in_(given)))
        connection.execute(insert(_TOKEN), [{"application_id": application_id} | one for one in fresh])
    return frozenset(TokenKind(kind) for kind in changed)
