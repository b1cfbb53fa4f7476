"""Reads of the list and of possible hits. Every list ends in a deterministic order."""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.core.canonical import canonical
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.core.vault import Vault
from hardship.funds.models import Fund, Round
from hardship.payouts.models import Batch
from hardship.payouts.sanctions.names import Index, Listed
from hardship.payouts.tables import SanctionsHit, SanctionsList
from hardship.payouts.transitions import HitState

HOLDS = (HitState.OPEN, HitState.CONFIRMED)
"""States of a hit that stop a payment."""

_AT_A_TIME = 500
_made: dict[str, Index] = {}  # the index of the list that counts, made once a process


def current_list(session: Session) -> SanctionsList | None:
    """The list that counts: the one published last; None when none was ever imported."""
    wanted = select(SanctionsList).order_by(
        col(SanctionsList.published_on).desc(), col(SanctionsList.id).desc()
    )
    return session.exec(wanted.limit(1)).first()


def index_of(session: Session, vault: Vault, listing: SanctionsList) -> Index:
    """The list, opened and made ready to be searched."""
    found = _made.get(listing.sha256)
    if found is None:
        packed = vault.house(session).open("sanctions_list", "content", listing.sha256, listing.content)
        found = Index(unpacked(packed or ""))
        _made.clear()
        _made[listing.sha256] = found
    return found


def packed(entries: Sequence[Listed]) -> str:
    """Entries as one text, to be sealed."""
    rows = [[entry.uid, list(entry.names), list(entry.years)] for entry in entries]
    return base64.b85encode(zlib.compress(canonical(rows))).decode()


def unpacked(text: str) -> list[Listed]:
    """The entries that `packed` wrote."""
    rows = json.loads(zlib.decompress(base64.b85decode(text))) if text else []
    return [Listed(uid, tuple(names), tuple(years)) for uid, names, years in rows]


def held_cases(session: Session, application_ids: Sequence[int]) -> set[int]:
    """Those of the applications that a hit stops."""
    found: set[int] = set()
    for start in range(0, len(application_ids), _AT_A_TIME):
        part = application_ids[start : start + _AT_A_TIME]
        wanted = select(SanctionsHit.application_id).where(
            col(SanctionsHit.application_id).in_(part), col(SanctionsHit.state).in_(HOLDS)
        )
        found |= set(session.exec(wanted).all())
    return found


@dataclass(frozen=True)
class HitRow:
    """A hit as the officer's list shows it: nothing in it that names anybody."""

    hit: SanctionsHit
    case: str
    fund: str
    officer: str


def _rows() -> Any:
    return (
        select(SanctionsHit, Application.ref, Fund.slug, Fund.sanctions_officer)
        .join(Application, col(Application.id) == SanctionsHit.application_id)
        .join(Round, col(Round.id) == Application.round_id)
        .join(Fund, col(Fund.id) == Round.fund_id)
        .order_by(col(SanctionsHit.id))
    )


def hits(session: Session, states: Sequence[HitState] = (), limit: int = 200) -> list[HitRow]:
    """Hits in some states (or all), the oldest first."""
    wanted = _rows().limit(limit)
    if states:
        wanted = wanted.where(col(SanctionsHit.state).in_(states))
    return [HitRow(*row) for row in session.exec(wanted).all()]


def hit_named(session: Session, ref: str) -> HitRow:
    """One hit; raises `NotFound`."""
    found = session.exec(_rows().where(SanctionsHit.ref == tidy_reference(ref[:40]))).first()
    if found is None:
        raise NotFound("there is no such hit", where=ref[:40], fix="See: hardship sanctions hits")
    return HitRow(*found)


def open_count(session: Session, officer: str) -> int:
    """How many hits wait for this person: those of funds that name them, and of funds that name nobody."""
    waiting = (
        select(func.count())
        .select_from(SanctionsHit)
        .join(Application, col(Application.id) == SanctionsHit.application_id)
        .join(Round, col(Round.id) == Application.round_id)
        .join(Fund, col(Fund.id) == Round.fund_id)
        .where(SanctionsHit.state == HitState.OPEN, col(Fund.sanctions_officer).in_(("", officer)))
    )
    return int(session.exec(waiting).one())


def list_of(session: Session, batch: Batch) -> SanctionsList | None:
    """The list that a batch was last screened with; None: no list was loaded."""
    return session.get(SanctionsList, batch.sanctions_list_id) if batch.sanctions_list_id else None
