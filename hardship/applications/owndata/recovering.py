"""A new claim code for somebody who lost theirs: by what they told us before, and by two people at the desk.

What is typed is compared as blind tokens, and kept nowhere. Whoever asks gets the same answer whether it fits or not: a
number and a pickup code. A worker looks and proposes, a second person approves; from then on the old code is dead. The
new one is handed over in person by the worker, or to whoever has the pickup code and the word that went to the channel
that the applicant marked as safe.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from hardship.applications.answers import tidy as as_kept
from hardship.applications.models import Application, ApplicationToken
from hardship.applications.owndata.models import Recovery
from hardship.applications.owndata.transitions import RECOVERIES, RecoveryEvent, RecoveryState
from hardship.applications.queries import by_id, claim_token, references
from hardship.applications.service.intake import blind_tokens
from hardship.applications.service.reaching import safe_address
from hardship.applications.service.states import lock_application, subject_of
from hardship.core.db import lock
from hardship.core.errors import Conflict, NotFound, Refused
from hardship.core.models import Channel, DataKey
from hardship.core.outbox import enqueue_letter
from hardship.core.refs import new_claim_code, new_reference, tidy_reference
from hardship.core.refs import tidy as tidy_code
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund, Round
from hardship.staff.permissions import Permission, require_staff
from hardship.staff.proposals import Kind, Payload, Proposed, propose
from hardship.web.language import _, speaking

KIND = "claim_code"
ENOUGH = 2  # kinds of token that have to fit; a reference counts as one
TOLD = ("email", "phone", "sort_code", "account_number", "legal_name", "birth_year", "outward_postcode")
"""What may be told again, named as in the applications file."""
REFERENCE = "reference"
"""How `Recovery.fits` names a reference that was known."""


@dataclass(frozen=True)
class Asked:
    """What whoever asked takes away: the number names the request, the pickup code opens it."""

    ref: str
    pickup: str = field(repr=False)


def ask(tx: Transaction, *, reference: str, told: Mapping[str, str]) -> Asked:
    """Ask for a new claim code. The answer is one and the same whether it fits a case, several, or none.

    Raises `BadInput` for what can't be an address, a number or a year at all, with the field as `where`.
    """
    application_id, fits = _fitting(tx, reference, told)
    return _store(tx, application_id, fits, at_desk=False)


def start_at_desk(tx: Transaction, *, reference: str, told: Mapping[str, str]) -> Recovery:
    """A worker begins it for somebody who stands before them, and proposes it to a second person.

    Raises `Refused` when too little of what was told fits one case: which part is not said.
    """
    require_staff(tx.actor, Permission.RESTORE_ACCESS)
    application_id, fits = _fitting(tx, reference, told)
    if application_id is None:
        raise Refused(
            "what was told does not fit one case well enough",
            fix="Ask for the reference, and for what they wrote: e-mail, phone, account, or name, year and postcode.",
        )
    asked = _store(tx, application_id, fits, at_desk=True)
    found = _locked(tx, asked.ref)
    _propose(tx, found)
    return found


def propose_it(tx: Transaction, *, ref: str) -> Proposed:
    """A worker is satisfied with a request that came over the web, and proposes it to a second person.

    Raises `Refused` when it fits no case.
    """
    require_staff(tx.actor, Permission.RESTORE_ACCESS)
    return _propose(tx, _locked(tx, ref))


def close(tx: Transaction, *, ref: str) -> None:
    """A worker refuses a request."""
    require_staff(tx.actor, Permission.RESTORE_ACCESS)
    found = _locked(tx, ref)
    found.new_code, found.closed_at = None, tx.at
    _step(tx, found, RecoveryEvent.CLOSE, "recovery.closed")


def hand_over(tx: Transaction, *, ref: str) -> tuple[str, str]:
    """Reference and new claim code, once, for the worker who began it and hands it over in person."""
    staff_id = require_staff(tx.actor, Permission.RESTORE_ACCESS)
    found = _locked(tx, ref)
    if found.started_by != staff_id:
        raise Refused("somebody else began this", fix="They hand it over.")
    return _taken(tx, found, "in_person")


def collect(tx: Transaction, *, ref: str, pickup: str, word: str) -> tuple[str, str] | None:
    """Reference and new claim code, once, for whoever has the pickup code and the word from the safe channel; None for
    anything else, whatever it is that is wrong."""
    token = _pickup_token(tx, ref, pickup)
    found = lock(tx.session, select(Recovery).where(col(Recovery.pickup_token) == token))
    spoken = tx.vault.stable_token("recovery word", f"{tidy_reference(ref)}|{tidy_code(word)}")
    if not found or found[0].word_token is None or not secrets.compare_digest(found[0].word_token, spoken):
        return None
    if found[0].state is not RecoveryState.APPROVED:
        return None
    return _taken(tx, found[0], "safe_channel")


# --- What fits ------------------------------------------------------------------------------------------------------


def _fitting(tx: Transaction, reference: str, told: Mapping[str, str]) -> tuple[int | None, list[str]]:
    """The one case that what was told fits in enough ways, with the ways; (None, []) for none or several."""
    given = tidy_answers(told)
    tokens = blind_tokens(tx.vault.epochs(tx.session), given)
    fits: dict[int, set[str]] = {}
    wanted = select(ApplicationToken.application_id, ApplicationToken.kind).where(
        col(ApplicationToken.token).in_([one["token"] for one in tokens] or [b""])
    )
    for number, kind in tx.session.exec(wanted):
        fits.setdefault(number, set()).add(kind)
    named = tx.session.exec(
        select(Application.id).where(col(Application.ref).in_(references(reference)))
    ).first()
    if named is not None:
        fits = {named: fits.get(named, set()) | {REFERENCE}}
    good = [(number, kinds) for number, kinds in sorted(fits.items()) if len(kinds) >= ENOUGH]
    held = _held(tx.session, [number for number, _ in good])
    good = [(number, kinds) for number, kinds in good if number in held]
    return (good[0][0], sorted(good[0][1])) if len(good) == 1 else (None, [])


def tidy_answers(told: Mapping[str, str]) -> dict[str, str]:
    """What was told again, in the form in which it was kept; blank ones are left out. Raises `BadInput`."""
    typed = {name: told.get(name, "") for name in TOLD}
    if typed["sort_code"] or typed["account_number"]:
        typed["legal_name"] = typed["legal_name"] or "-"  # the token of an account is made without the name
    return as_kept(typed)


def _held(session: Session, numbers: list[int]) -> set[int]:
    """Those of the cases whose person was not erased. Asked also when there are none, so that it takes as long."""
    wanted = (
        select(Application.id)
        .join(DataKey, col(DataKey.id) == Application.data_key_id)
        .where(col(Application.id).in_(numbers or [0]), col(DataKey.wrapped).is_not(None))
    )
    return {number for number in session.exec(wanted) if number is not None}


def _store(tx: Transaction, application_id: int | None, fits: list[str], *, at_desk: bool) -> Asked:
    ref, pickup = new_reference(), new_claim_code()
    row = Recovery(
        ref=ref,
        application_id=application_id,
        state=RECOVERIES.initial,
        fits=",".join(fits),
        at_desk=at_desk,
        pickup_token=_pickup_token(tx, ref, pickup),
        asked_at=tx.at,
        started_by=tx.actor.staff_id,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.record("recovery.asked", f"recovery:{ref}", state=row.state.value, at_desk=at_desk)
    return Asked(ref, pickup)


def _pickup_token(tx: Transaction, ref: str, pickup: str) -> bytes:
    return tx.vault.stable_token("recovery", f"{tidy_reference(ref)}|{tidy_code(pickup)}")


# --- Two people -----------------------------------------------------------------------------------------------------


def recovery_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(KIND, "New claim code", Permission.SECOND_ACCESS, _carry_out, _describe)


def _propose(tx: Transaction, found: Recovery) -> Proposed:
    if found.application_id is None:
        raise Refused("this fits no case", fix="Refuse it. If they come in person, begin it at the desk.")
    found.started_by = tx.actor.staff_id
    _step(tx, found, RecoveryEvent.PROPOSE, "recovery.proposed")
    application = by_id(tx.session, found.application_id)
    payload = {"recovery": found.ref, "case": application.ref, "fits": found.fits, "at_desk": found.at_desk}
    return propose(tx, kind=KIND, subject=subject_of(application), payload=payload)


def _describe(_session: Session, payload: Payload) -> list[tuple[str, str]]:
    return [
        ("Case", str(payload["case"])),
        ("Request", str(payload["recovery"])),
        ("What was told fits", str(payload["fits"]).replace(",", ", ")),
        ("Asked", "At the desk" if payload["at_desk"] else "Over the web"),
        (
            "What follows",
            "The old claim code stops working. The new one is handed over in person or by the safe channel.",
        ),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> Recovery:
    """Make the new code, seal it until it is handed over, and let the old one die."""
    found = _locked(tx, str(payload["recovery"]))
    if found.application_id is None:
        raise NotFound("there is no such case")
    application = lock_application(tx, found.application_id)
    sealer = tx.vault.person(tx.session, application.data_key_id)
    code = new_claim_code()
    application.claim_token = claim_token(tx.vault, application.ref, code)
    application.version += 1
    found.new_code = sealer.seal("recovery", "new_code", found.ref, code)
    tx.session.add(application)
    _step(tx, found, RecoveryEvent.APPROVE, "recovery.approved", case=application.ref)
    if not found.at_desk:
        _send_word(tx, application, found)
    return found


def _send_word(tx: Transaction, application: Application, found: Recovery) -> None:
    """Send a word to the safe channel, if there is one: it opens nothing without the pickup code."""
    reached = safe_address(tx, application)
    if reached is None:
        return
    kind, address = reached
    word = new_reference()
    fund = tx.session.exec(
        select(Fund).join(Round, col(Round.fund_id) == Fund.id).where(Round.id == application.round_id)
    ).one()
    found.word_token = tx.vault.stable_token("recovery word", f"{found.ref}|{tidy_code(word)}")
    tx.session.add(found)
    with speaking(application.language):
        said = (
            _("There is news."),
            _("Your word: %(word)s", word=word),
            _("If you did not ask for it, do nothing."),
        )
    body = " ".join(said) if kind is Channel.TEXT else "\n\n".join(said) + "\n"
    enqueue_letter(
        tx, application.data_key_id, address, "word", subject=fund.public_name, body=body, kind=kind
    )


def _taken(tx: Transaction, found: Recovery, how: str) -> tuple[str, str]:
    if found.state is not RecoveryState.APPROVED or found.application_id is None or found.new_code is None:
        raise Conflict(
            "there is no code to hand over", fix="It was handed over, or waits for a second person."
        )
    application = by_id(tx.session, found.application_id)
    sealer = tx.vault.person(tx.session, application.data_key_id)
    code = sealer.open("recovery", "new_code", found.ref, found.new_code) or ""
    found.new_code, found.word_token, found.closed_at = None, None, tx.at
    _step(tx, found, RecoveryEvent.HAND_OVER, "recovery.handed_over", how=how)
    return application.ref, code


def _locked(tx: Transaction, ref: str) -> Recovery:
    found = lock(tx.session, select(Recovery).where(col(Recovery.ref) == tidy_reference(ref)))
    if not found:
        raise NotFound("there is no such request", fix="Check the number.")
    return found[0]


def _step(tx: Transaction, row: Recovery, event: RecoveryEvent, kind: str, **facts: Any) -> None:
    row.state = RECOVERIES.apply(row.state, event)
    tx.session.add(row)
    tx.session.flush()
    tx.record(kind, f"recovery:{row.ref}", state=row.state.value, **facts)
