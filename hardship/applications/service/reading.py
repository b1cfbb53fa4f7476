"""Reading what is sealed: what a reviewer may see, whom to pay, and single fields opened for a stated reason."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from hardship.applications.answers import FIELDS, one_line
from hardship.applications.models import Application, ApplicationAnswers, Reason, SafeContact, SealedReading
from hardship.applications.queries import answers_of, by_id
from hardship.applications.service.states import subject_of
from hardship.applications.vouching.queries import state_of
from hardship.core.errors import BadInput, NotFound
from hardship.core.money import parse_minor
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer, Vault
from hardship.staff.permissions import Permission, require_staff

_AT_A_TIME = 500
_PAYEE = ("legal_name", "sort_code", "account_number")
# Columns, not objects: a batch asks for hundreds of people, several times.
_PAYEES = (
    sa_select(
        col(Application.id),
        col(Application.ref),
        col(Application.data_key_id),
        *(col(getattr(ApplicationAnswers, name)) for name in _PAYEE),
    )
    .join(ApplicationAnswers, col(ApplicationAnswers.application_id) == col(Application.id))
    .where(col(Application.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(Application.id))
)
MAX_WHY = 300


@dataclass(frozen=True)
class Payee:
    """Whom to pay: the name on the account, six digits of sort code, eight of account number."""

    name: str = field(repr=False)
    sort_code: str = field(repr=False)
    account_number: str = field(repr=False)


@dataclass(frozen=True)
class CaseFacts:
    """What a reviewer may see of an application. Nothing here names anyone: no name, working name, address, phone,
    bank details, postcode or birth year is ever in it. Incomes are pence a month; None is "not said".

    `statement` is the applicant's own words. `erased` says that the person was erased, and everything else is empty.
    """

    income_before_minor: int | None = None
    income_now_minor: int | None = None
    reason: Reason | None = None
    statement: str = field(default="", repr=False)
    has_safe_contact: bool = False
    has_voucher: bool = False
    has_bank: bool = False
    connected: bool | None = None
    erased: bool = False


def open_answers(
    sealer: Sealer, ref: str, row: ApplicationAnswers, fields: Collection[str] = FIELDS
) -> dict[str, str]:
    """The named answers of one row, opened; blank ones are left out. For services: it records nothing."""
    opened = {name: sealer.open("application_answers", name, ref, getattr(row, name)) for name in fields}
    return {name: text for name, text in opened.items() if text}


def case_facts(session: Session, vault: Vault, application: Application) -> CaseFacts:
    """What a reviewer may see of `application`."""
    seen = ("income_before", "income_now", "reason", "statement", "connected")
    row = answers_of(session, application.id or 0)
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        row = None
    if row is None:
        return CaseFacts(has_bank=application.has_bank, erased=True)
    told = open_answers(sealer, application.ref, row, seen)
    return CaseFacts(
        income_before_minor=_pence(told, "income_before"),
        income_now_minor=_pence(told, "income_now"),
        reason=Reason(told["reason"]) if "reason" in told else None,
        statement=told.get("statement", ""),
        has_safe_contact=application.safe_contact is not SafeContact.NONE,
        has_voucher=state_of(session, application.id or 0) is not None,
        has_bank=application.has_bank,
        connected=told["connected"] == "yes" if "connected" in told else None,
    )


def _pence(told: Mapping[str, str], name: str) -> int | None:
    return parse_minor(told[name]) if name in told else None


def payees(
    tx_or_session: Transaction | Session, vault: Vault, application_ids: Iterable[int]
) -> dict[int, Payee]:
    """Whom to pay, by application. Those without bank details and the erased are left out. The room of payouts
    records what it does with them."""
    session = tx_or_session.session if isinstance(tx_or_session, Transaction) else tx_or_session
    wanted, found = sorted(set(application_ids)), {}
    for start in range(0, len(wanted), _AT_A_TIME):
        rows = session.execute(_PAYEES, {"ids": wanted[start : start + _AT_A_TIME]}).all()
        sealers = vault.people(session, {row.data_key_id for row in rows})
        for number, ref, key_id, *blobs in rows:
            sealer = sealers.get(key_id)
            told = _opened(sealer, ref, blobs) if sealer else []
            if told and all(told):
                found[number] = Payee(*told)
    return found


def _opened(sealer: Sealer, ref: str, blobs: Iterable[bytes | None]) -> list[str]:
    """What `_PAYEE` names, opened; empty where nothing was said."""
    pairs = zip(_PAYEE, blobs, strict=True)
    return [sealer.open("application_answers", name, ref, blob) or "" for name, blob in pairs]


def open_fields(tx: Transaction, *, application_id: int, fields: Collection[str], why: str) -> dict[str, str]:
    """The named sealed answers, opened for a member of staff who says why; blank ones are left out.

    Each reading is one audit event; the reason is kept sealed under the applicant's key. Raises `Forbidden`,
    `BadInput` without a reason or for a field that is none.
    """
    staff_id = require_staff(tx.actor, Permission.REVEAL)
    reason = one_line(why)
    if not 1 <= len(reason) <= MAX_WHY:
        raise BadInput(
            f"a reason is needed, of at most {MAX_WHY} characters", where="why", fix="Say why you look."
        )
    if not fields or (unknown := sorted(set(fields) - set(FIELDS))):
        named = repr(unknown[0]) if fields else "no field"
        raise BadInput(
            f"{named} cannot be opened", where="fields", fix=f"The fields are: {', '.join(FIELDS)}."
        )
    application = by_id(tx.session, application_id)
    row = answers_of(tx.session, application_id)
    sealer = tx.vault.person(tx.session, application.data_key_id)
    if row is None:
        raise NotFound("this person's details were erased", fix="They cannot be read again.")
    opened = open_answers(sealer, application.ref, row, fields)
    note = sealer.seal("sealed_reading", "why", f"{application.ref}|{staff_id}", reason)
    reading = SealedReading(
        application_id=application_id,
        staff_id=staff_id,
        fields=",".join(sorted(set(fields))),
        why=note,
        at=tx.at,
    )
    tx.session.add(reading)
    tx.session.flush()
    tx.record(
        "application.fields_read", subject_of(application), fields=sorted(set(fields)), reading=reading.id
    )
    return opened
