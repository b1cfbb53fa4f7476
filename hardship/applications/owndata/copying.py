"""A copy of one's own data, made when it is asked for, recorded, and kept nowhere."""

import html
import io
import json
import zipfile
from typing import Any

from sqlmodel import col, select

from hardship.applications.evidence.copying import pictures
from hardship.applications.helping.queries import help_with
from hardship.applications.models import Application, ApplicationToken, SealedReading
from hardship.applications.owndata import complaining
from hardship.applications.owndata.events import CopyAsked
from hardship.applications.owndata.named import named
from hardship.applications.queries import answers_of
from hardship.applications.service.reading import open_answers
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.vouching.queries import vouching_of
from hardship.applications.vouching.transitions import told_state
from hardship.core.clock import iso
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer
from hardship.web.language import _, current_language

FILE = "copy.zip"  # neutral, like what is in it


def copy(tx: Transaction, *, application_id: int) -> bytes:
    """Everything that is held of this case's applicant, as a ZIP of `data.json`, a page to read, and the pictures of
    documents that nobody has looked at yet. One event.

    Raises `NotFound` once they were erased.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    data = gather(tx, application)
    tx.record("application.copy_made", subject_of(application))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
        archive.writestr("data.html", as_page(data))
        for name, picture in pictures(tx, application):
            archive.writestr(name, picture)
    return packed.getvalue()


def gather(tx: Transaction, application: Application) -> dict[str, Any]:
    """What is held, by what it is: JSON. Other people (who decided, who read) are left out."""
    number = application.id or 0
    sealer = tx.vault.person(tx.session, application.data_key_id)
    row = answers_of(tx.session, number)
    kinds = tx.session.exec(
        select(ApplicationToken.kind).where(ApplicationToken.application_id == number).distinct()
    )
    readings = tx.session.exec(
        select(SealedReading).where(SealedReading.application_id == number).order_by(col(SealedReading.id))
    ).all()
    data: dict[str, Any] = {
        "reference": application.ref,
        "state": application.state.value,
        "came_in_by": application.source.value,
        "submitted_at": iso(application.submitted_at),
        "decided_at": iso(application.decided_at) if application.decided_at else None,
        "safe_contact": application.safe_contact.value,
        "language": application.language,
        "what_you_told_us": open_answers(sealer, application.ref, row) if row is not None else {},
        "compared_as_keyed_digests": sorted(kinds),
        "opened_by_staff": [{"at": iso(one.at), "fields": one.fields.split(",")} for one in readings],
        "complaints": [
            {
                "number": one.ref,
                "made_at": iso(one.made_at),
                "about": one.about.value,
                "state": one.state.value,
            }
            | complaining.opened(tx, one)
            for one in complaining.of_case(tx.session, number)
        ],
    }
    data |= _others_part(tx, application, sealer)
    for more in tx.publish(CopyAsked(number)):
        data |= more or {}
    return data


def _others_part(tx: Transaction, application: Application, sealer: Sealer) -> dict[str, Any]:
    """That somebody helped to ask, and what became of who or what vouches; nothing where neither is so."""
    data: dict[str, Any] = {}
    if (helped := help_with(tx.session, tx.vault, application)) is not None:
        data["somebody_helped"] = {
            "how": helped.how.value,
            "how_you_agreed": helped.consent.value,
            "their_group": helped.group,
        }
    if (vouching := vouching_of(tx.session, application.id or 0)) is not None:
        data["what_vouches_for_you"] = {
            "state": told_state(vouching.state),
            "looked_at": iso(vouching.recorded_at) if vouching.recorded_at else None,
            "what_a_person_wrote": sealer.open(
                "application_vouching", "note", application.ref, vouching.note
            ),
        }
    return data


def as_page(data: dict[str, Any]) -> str:
    """The data as a page that any browser shows, without anything but text in it, in the reader's language."""
    title = html.escape(_("A copy"))
    return (
        f'<!doctype html><html lang="{current_language()}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{_listed(data)}</body></html>"
    )


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        rows = (f"<dt>{html.escape(named(name))}</dt><dd>{_listed(one)}</dd>" for name, one in value.items())
        return f"<dl>{''.join(rows)}</dl>" if value else "–"
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_listed(one)}</li>' for one in value)}</ul>" if value else "–"
    return "–" if value in (None, "") else html.escape(str(value)).replace("\n", "<br>")
