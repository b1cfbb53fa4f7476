"""Applications being written. Answers are kept sealed on our side for the period `drafts`, seven days unless it is set
otherwise, and never on the person's device.

A draft belongs to whoever holds its secret: the session in which it was begun, or the return code that the applicant
wrote down (they are the same). The table knows a keyed hash of it.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, delete, update
from sqlmodel import Session, col, select

from hardship.applications.helping.models import Consent, Help, Helped
from hardship.applications.models import Draft
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import Conflict, NotFound
from hardship.core.models import DataKey
from hardship.core.refs import new_claim_code, tidy
from hardship.core.retention import Period
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Sealer, Vault

_PURGED_AT_A_TIME = 200
_DRAFT = Draft.__table__  # type: ignore[attr-defined]
_MARK_SENT = update(_DRAFT).where(_DRAFT.c.id == bindparam("draft"))


@dataclass(frozen=True)
class Written:
    """A draft as it stands: its answers by name, the questions that were answered (or passed over), who helps, and until
    when it is kept (None for one that is not stored)."""

    id: str
    round_id: int
    answers: dict[str, str] = field(repr=False)
    done: frozenset[str] = frozenset()
    application_id: int | None = None
    language: str = "en"
    helped: Help | None = None
    expires_at: dt.datetime | None = None


def lifetime(runtime: Runtime) -> dt.timedelta:
    """For how long a form is kept that is not sent: the period `drafts`."""
    return runtime.settings.retention[Period.DRAFTS]


def draft_id(vault: Vault, secret: str) -> str:
    """What the table knows a draft by."""
    return vault.stable_token("draft", tidy(secret)).hex()


def begin(tx: Transaction, *, round_id: int, language: str = "en", helped: Help | None = None) -> str:
    """Begin a draft, written in `language`; returns its secret, which is also the code to come back with. `helped`: it is
    somebody else who writes, with or for the person."""
    secret = new_claim_code()
    open_draft(tx, secret, round_id, language, tx.at + lifetime(tx.runtime), helped)
    return secret


def open_draft(
    tx: Transaction,
    secret: str,
    round_id: int,
    language: str,
    expires_at: dt.datetime,
    helped: Help | None = None,
) -> Draft:
    """Store an empty draft that this secret opens until `expires_at`."""
    sealer, identity = tx.vault.new_person(tx.session, tx.at), draft_id(tx.vault, secret)
    draft = Draft(
        id=identity,
        round_id=round_id,
        data_key_id=sealer.key_id,
        language=language,
        created_at=tx.at,
        expires_at=expires_at,
    )
    if helped is not None:
        draft.answers = sealer.seal("draft", "answers", identity, json.dumps(_packed({}, (), helped)))
    tx.session.add(draft)
    return draft


def fill(tx: Transaction, draft: Draft, answers: Mapping[str, str], done: Iterable[str]) -> None:
    """Write answers that are known already into a draft of this transaction; `done` are the questions passed."""
    sealer = tx.vault.person(tx.session, draft.data_key_id)
    draft.answers = sealer.seal("draft", "answers", draft.id, json.dumps(_packed(answers, done, None)))
    tx.session.add(draft)


def _packed(answers: Mapping[str, str], done: Iterable[str], helped: Help | None) -> dict[str, Any]:
    """What is sealed of a draft."""
    packed: dict[str, Any] = {"answers": answers, "done": sorted(done)}
    return packed if helped is None else packed | {"helped": [helped.how.value, helped.group]}


def read(session: Session, vault: Vault, identity: str, now: dt.datetime) -> Written | None:
    """The draft with this id while it lives, or None."""
    draft = session.get(Draft, identity)
    if draft is None or draft.expires_at <= now:
        return None
    return written(session, vault, draft)


def written(session: Session, vault: Vault, draft: Draft) -> Written:
    """A draft's row, opened."""
    kept: dict[str, Any] = {"answers": {}, "done": []}
    if draft.answers is not None:
        sealer = vault.person(session, draft.data_key_id)
        kept = json.loads(sealer.open("draft", "answers", draft.id, draft.answers) or "{}")
    done, told = frozenset(kept["done"]), kept.get("helped")
    helped = Help(Helped(told[0]), Consent.AGREED, told[1]) if told else None
    return Written(
        draft.id,
        draft.round_id,
        kept["answers"],
        done,
        draft.application_id,
        draft.language,
        helped,
        draft.expires_at,
    )


def keep(
    tx: Transaction, *, identity: str, question: str, answers: Mapping[str, str | None], language: str = ""
) -> None:
    """Keep the answers to one question, and the language they were written in ("" leaves it); a blank answer takes an
    earlier one away. Raises `Conflict` once sent."""
    draft = lock_draft(tx, identity)
    if draft.application_id is not None:
        raise Conflict("this was sent already", fix="Look at its page with your reference and claim code.")
    before = written(tx.session, tx.vault, draft)
    merged = before.answers | {name: text or "" for name, text in answers.items()}
    filled = {name: text for name, text in merged.items() if text}
    kept = _packed(filled, before.done | {question}, before.helped)
    sealer = tx.vault.person(tx.session, draft.data_key_id)
    draft.answers = sealer.seal("draft", "answers", draft.id, json.dumps(kept))
    draft.language = language or draft.language
    tx.session.add(draft)


def lock_draft(tx: Transaction, identity: str) -> Draft:
    """The draft, locked; raises `NotFound` when it is not there or its time is over."""
    found = lock(tx.session, select(Draft).where(col(Draft.id) == identity))
    if not found or found[0].expires_at <= tx.at:
        raise NotFound("what you wrote is not kept any more", fix="Please start again.")
    return found[0]


def mark_sent(
    tx: Transaction, draft: Draft, sealer: Sealer, application_id: int, ref: str, claim_code: str
) -> None:
    """The draft was sent: forget the answers, keep the receipt for a second sending."""
    sent = {
        "application_id": application_id,
        "answers": None,
        "receipt": sealer.seal("draft", "receipt", draft.id, json.dumps([ref, claim_code])),
    }
    tx.session.connection().execute(_MARK_SENT, sent | {"draft": draft.id})
    tx.session.expire(draft)


def kept_receipt(session: Session, vault: Vault, draft: Draft) -> tuple[str, str]:
    """Reference and claim code of a draft that was sent; raises `NotFound` when they are not kept any more."""
    sealer = vault.person(session, draft.data_key_id)
    text = sealer.open("draft", "receipt", draft.id, draft.receipt)
    if text is None:
        raise NotFound("this receipt is not kept any more")
    ref, claim_code = json.loads(text)
    return ref, claim_code


def purge(runtime: Runtime) -> int:
    """Delete drafts whose time is over, with the keys of those that were never sent; returns how many."""
    return runtime.transact(SYSTEM, _purge)


def _purge(tx: Transaction) -> int:
    over = (
        select(Draft).where(col(Draft.expires_at) <= tx.at).order_by(col(Draft.id)).limit(_PURGED_AT_A_TIME)
    )
    found = lock(tx.session, over)
    if not found:
        return 0
    unsent = [draft.data_key_id for draft in found if draft.application_id is None]
    connection = tx.session.connection()
    done = connection.execute(delete(Draft).where(col(Draft.id).in_([draft.id for draft in found])))
    connection.execute(delete(DataKey).where(col(DataKey.id).in_(unsent)))
    return cast("CursorResult[Any]", done).rowcount
