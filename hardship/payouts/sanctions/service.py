"""Importing the list, comparing payees with it, and the officer's word on a possible hit.

A hit stops the payment of one person and of nobody else. It reaches the one officer that the fund names; the applicant
is told nothing that tells it: to them the money is still being sent.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlmodel import col, select

from hardship.applications.models import Application, ApplicationAnswers
from hardship.core.canonical import canonical, digest, sha256_hex
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, Forbidden
from hardship.core.outbox import enqueue_letter
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.core.vault import HOUSE
from hardship.funds.models import Fund
from hardship.funds.service import lock_funds
from hardship.payouts.sanctions import lists
from hardship.payouts.sanctions.names import Match, words_of
from hardship.payouts.sanctions.queries import current_list, held_cases, hit_named, index_of, packed
from hardship.payouts.tables import SanctionsHit, SanctionsList
from hardship.payouts.transitions import HIT_MACHINE, HitEvent, said
from hardship.review.casework import refuse_conflicted
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, require, require_staff

MAX_WHY = 2_000
STALE_AFTER = dt.timedelta(days=30)
_AT_A_TIME = 500
_LIST = SanctionsList.__table__  # type: ignore[attr-defined]
_SUBJECT = "A task for you"
_BODY = """Hello

Something waits for your decision. To see it, sign in at

{address}

Nobody reads answers to this message.
"""


@dataclass(frozen=True)
class Imported:
    """What an import did; `again` when this very list was there already."""

    id: int
    published_on: dt.date
    entries: int
    names: int
    again: bool = False


def import_list(tx: Transaction, *, data: bytes, name: str, published_on: dt.date | None = None) -> Imported:
    """Import a list as it is published; from now on it counts. The same file again changes nothing.

    `published_on` is for a file that does not say its day. Raises `BadInput` for a file that is none, `Conflict` for a
    list that is older than the one that counts.
    """
    require(tx.actor, Permission.KEEP_LISTS)
    lock_funds(tx)  # two who import one list at once do so one after the other
    sha256 = sha256_hex(data)
    known = tx.session.exec(select(SanctionsList).where(SanctionsList.sha256 == sha256)).first()
    if known is not None:
        return Imported(known.id or 0, known.published_on, known.entries, known.names, True)
    read = lists.read_list(data, name)
    day = _day(tx, read.published_on or published_on, name)
    newest = current_list(tx.session)
    if newest is not None and day < newest.published_on:
        raise Conflict(
            f"the list of {newest.published_on.isoformat()} counts, and this one is of {day.isoformat()}",
            where=name,
            fix="Import the newest.",
        )
    made = SanctionsList(
        sha256=sha256,
        form=read.form,
        published_on=day,
        entries=len(read.entries),
        names=read.names,
        content=tx.vault.house(tx.session).seal("sanctions_list", "content", sha256, packed(read.entries)),
        imported_at=tx.at,
    )
    tx.session.add(made)
    tx.session.flush()
    # what no longer counts is kept no longer; that it was there, and of which day, is
    tx.session.connection().execute(update(_LIST).where(_LIST.c.id != made.id).values(content=None))
    facts = {"form": read.form, "published_on": day.isoformat(), "entries": made.entries, "sha256": sha256}
    tx.record("sanctions.list_imported", f"sanctions-list:{made.id}", **facts)
    return Imported(made.id or 0, day, made.entries, made.names)


def _day(tx: Transaction, day: dt.date | None, name: str) -> dt.date:
    if day is None:
        raise BadInput(
            "the file does not say of which day it is", where=name, fix="Add --published with the day."
        )
    if not dt.date(2000, 1, 1) <= day <= day_of(tx.at) + dt.timedelta(days=1):
        raise BadInput(f"{day.isoformat()} cannot be the list's day", where=name, fix="Check the file.")
    return day


# --- Comparing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screened:
    """What comparing payees with the list came to: which list (None: none is loaded), whom a hit stops, and of them
    those of which nobody knew before."""

    list_id: int | None = None
    held: frozenset[int] = frozenset()
    new: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Person:
    application_id: int
    ref: str
    name: str = field(repr=False)
    birth_year: int | None = field(repr=False)


def screen(tx: Transaction, fund: Fund, application_ids: Sequence[int]) -> Screened:
    """Compare these payees' sealed names with the list. New hits are stored and reach the fund's officer; what was
    cleared for the same name and the same entry stays cleared."""
    listing = current_list(tx.session)
    if listing is None or listing.id is None:
        return Screened()  # without a list there never was a hit
    wanted = sorted(set(application_ids))
    before = held_cases(tx.session, wanted)
    index = index_of(tx.session, tx.vault, listing)
    found = [
        hit
        for person in _people(tx, wanted)
        for match in index.matches(person.name, person.birth_year)
        if (hit := _note(tx, listing.id, person, match)) is not None
    ]
    if found:
        tx.session.flush()
        _tell_officer(tx, fund)
    held = held_cases(tx.session, wanted)
    return Screened(listing.id, frozenset(held), frozenset(held - before))


def _people(tx: Transaction, application_ids: Sequence[int]) -> list[_Person]:
    """Names and years of birth, opened; without a legal name the one that the person goes by. The erased are left out."""
    columns = ("legal_name", "working_name", "birth_year")
    found: list[_Person] = []
    for start in range(0, len(application_ids), _AT_A_TIME):
        rows = tx.session.exec(
            select(Application.id, Application.ref, Application.data_key_id, ApplicationAnswers)
            .join(ApplicationAnswers, col(ApplicationAnswers.application_id) == Application.id)
            .where(col(Application.id).in_(application_ids[start : start + _AT_A_TIME]))
            .order_by(col(Application.id))
        ).all()
        sealers = tx.vault.people(tx.session, {key_id for _, _, key_id, _ in rows})
        for number, ref, key_id, answers in rows:
            if (sealer := sealers.get(key_id)) is None:
                continue
            legal, working, year = (
                sealer.open("application_answers", one, ref, getattr(answers, one)) or "" for one in columns
            )
            found.append(_Person(number or 0, ref, legal or working, int(year) if year else None))
    return found


def _note(tx: Transaction, list_id: int, person: _Person, match: Match) -> SanctionsHit | None:
    """A hit of which nobody knew, stored; None for one that is known, whatever was decided."""
    entry = match.entry
    about = {
        "case": person.ref,
        "name": list(words_of(person.name)),
        "entry": digest([entry.uid, list(entry.names), list(entry.years)]),
    }
    same = tx.vault.mac(b"sanctions|" + canonical(about))
    if tx.session.exec(select(SanctionsHit.id).where(SanctionsHit.same == same)).first() is not None:
        return None
    ref = new_reference()
    told = {
        "uid": entry.uid,
        "name": match.name,
        "names": list(entry.names[:20]),
        "years": list(entry.years),
        "score": round(match.score * 100),
        "strength": match.strength,
    }
    house = tx.vault.house(tx.session)
    hit = SanctionsHit(
        ref=ref,
        application_id=person.application_id,
        list_id=list_id,
        same=same,
        state=HIT_MACHINE.initial,
        entry=house.seal("sanctions_hit", "entry", ref, canonical(told).decode()),
        found_at=tx.at,
    )
    tx.session.add(hit)
    tx.record("sanctions.hit", _subject(hit), state=hit.state.value, list=list_id)
    return hit


def _subject(hit: SanctionsHit) -> str:
    return f"sanctions-hit:{hit.ref}"


def _tell_officer(tx: Transaction, fund: Fund) -> None:
    """A letter to the officer that says only that something waits."""
    if fund.sanctions_officer:
        address = f"{tx.runtime.settings.base_url}/staff"
        enqueue_letter(
            tx,
            HOUSE,
            fund.sanctions_officer,
            "staff",
            subject=_SUBJECT,
            body=_BODY.format(address=address),
        )


# --- The officer's word -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """What the officer compares: the payee, and the entry of the list."""

    name: str = field(repr=False)
    birth_year: int | None = field(repr=False)
    entry: Mapping[str, object] = field(repr=False)
    why: str = field(repr=False)


def open_hit(tx: Transaction, *, ref: str) -> Compared:
    """What a hit is about, opened for the officer; the reading is one event (I8)."""
    hit, application = _locked(tx, ref)
    house = tx.vault.house(tx.session)
    person = next(iter(_people(tx, [hit.application_id])), None)
    entry = json.loads(house.open("sanctions_hit", "entry", hit.ref, hit.entry) or "{}")
    why = house.open("sanctions_hit", "why", hit.ref, hit.why) or ""
    fields = ["legal_name", "birth_year"]
    tx.record("application.fields_read", f"application:{application.ref}", fields=fields, hit=hit.ref)
    return Compared(person.name if person else "", person.birth_year if person else None, entry, why)


def decide(tx: Transaction, *, ref: str, event: HitEvent, why: str) -> SanctionsHit:
    """The officer clears a hit (it is somebody else, or a licence allows the payment) or confirms it: then the award is
    frozen. Always with a reason, which is sealed.

    Raises `Forbidden` for anybody but the officer that the fund names, `BadInput` without a reason,
    `Conflict` when it was decided so already.
    """
    hit, _ = _locked(tx, ref)
    words = why.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(
            f"say why, in {MAX_WHY} characters or fewer", where="why", fix="Say what you compared."
        )
    if not HIT_MACHINE.can(hit.state, event):
        raise Conflict(f"this was decided already: it is {said(hit.state)}", fix="Load the page again.")
    hit.state = HIT_MACHINE.apply(hit.state, event)
    hit.why = tx.vault.house(tx.session).seal("sanctions_hit", "why", hit.ref, words)
    hit.decided_by, hit.decided_at = tx.actor.staff_id, tx.at
    tx.session.add(hit)
    tx.session.flush()
    tx.record(f"sanctions.{hit.state.value}", _subject(hit), state=hit.state.value)
    return hit


def _locked(tx: Transaction, ref: str) -> tuple[SanctionsHit, Application]:
    """A hit that this officer may decide, locked; raises `Forbidden` for anybody else."""
    staff_id = require_staff(tx.actor, Permission.CLEAR_SANCTIONS)
    row = hit_named(tx.session, ref)
    staff = tx.session.get(Staff, staff_id)
    if row.officer and (staff is None or staff.email != row.officer):
        raise Forbidden("this is for the officer that the fund names", fix="Tell them that it waits.")
    application = tx.session.get(Application, row.hit.application_id)
    assert application is not None
    refuse_conflicted(tx, application, staff_id)
    hit = lock(tx.session, select(SanctionsHit).where(SanctionsHit.ref == tidy_reference(ref)))[0]
    return hit, application


def is_stale(listing: SanctionsList, at: dt.datetime) -> bool:
    """Whether a list is so old that a newer one is to be imported."""
    return dt.datetime.combine(listing.published_on, dt.time(), dt.UTC) + STALE_AFTER < at
