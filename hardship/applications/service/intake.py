"""Applications coming in, one by one or a file at a time: sealed, tokenised, witnessed."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from hardship.applications import drafts
from hardship.applications.answers import FIELDS, tidy
from hardship.applications.answers import safe_contact as said_safe
from hardship.applications.bankdetails.service import Checker, checker
from hardship.applications.events import Entered, Submitted
from hardship.applications.helping.models import ApplicationHelp, Help
from hardship.applications.identity import token_inputs
from hardship.applications.models import (
    Application,
    ApplicationAnswers,
    ApplicationToken,
    Draft,
    SafeContact,
    Source,
)
from hardship.applications.queries import claim_token
from hardship.applications.transitions import MACHINE, ApplicationEvent
from hardship.applications.vouching.models import ApplicationVouching
from hardship.applications.vouching.redeeming import redeem
from hardship.applications.vouching.transitions import NOT_COUNTING, VouchingState
from hardship.core.canonical import canonical
from hardship.core.csvfile import Numbered, Outcome, Problem, refuse_all
from hardship.core.db import violated
from hardship.core.errors import Conflict
from hardship.core.models import DataKey
from hardship.core.refs import new_claim_code, new_reference
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer, Vault
from hardship.funds.models import Round
from hardship.funds.queries import current_policy_id
from hardship.staff.permissions import Permission, require

_KEY = DataKey.__table__  # type: ignore[attr-defined]
_APPLICATION = Application.__table__  # type: ignore[attr-defined]
_ANSWERS = ApplicationAnswers.__table__  # type: ignore[attr-defined]
_TOKEN = ApplicationToken.__table__  # type: ignore[attr-defined]
_HELP = ApplicationHelp.__table__  # type: ignore[attr-defined]
_VOUCHING = ApplicationVouching.__table__  # type: ignore[attr-defined]
_ADD_KEYS, _ADD_ANSWERS, _ADD_TOKENS = insert(_KEY), insert(_ANSWERS), insert(_TOKEN)
_ADD_HELP, _ADD_VOUCHING = insert(_HELP), insert(_VOUCHING)
_ADD_APPLICATIONS = insert(_APPLICATION).returning(_APPLICATION.c.id, sort_by_parameter_order=True)
_FEW = 5  # from here on the table for bank details is read at once
_AT_A_TIME = 500
_SUBMITTED = MACHINE.apply(MACHINE.initial, ApplicationEvent.SUBMIT)
_CHECKING = MACHINE.apply(_SUBMITTED, ApplicationEvent.START_CHECKS)


@dataclass(frozen=True)
class Receipt:
    """What the applicant takes away: the reference names the case, the claim code opens it."""

    application_id: int
    ref: str
    claim_code: str = field(repr=False)


@dataclass(frozen=True)
class NewApplication:
    """One application as it came in. `answers` are named as in the applications file; `content` is a keyed digest of
    an imported row ("" for the web), so that the same row again is known without keeping it. `other_way`: they can't be
    paid through a bank; `help`: somebody helped; `again_of_id`: their own earlier case, after which they ask again."""

    answers: Mapping[str, str] = field(repr=False)
    ref: str = ""
    submitted_at: dt.datetime | None = None
    safe_contact: SafeContact = SafeContact.NONE
    content: str = ""
    language: str = "en"
    other_way: bool = False
    help: Help | None = None
    again_of_id: int | None = None


@dataclass(frozen=True)
class _Rows:
    """The rows of one application before they are stored."""

    claim_code: str = field(repr=False)
    key: dict[str, Any] | None = field(repr=False)
    application: dict[str, Any]
    answers: dict[str, Any] = field(repr=False)
    tokens: list[dict[str, Any]] = field(repr=False)
    help: dict[str, Any] | None = field(repr=False)
    vouching: VouchingState | None
    facts: dict[str, Any]


def submit(
    tx: Transaction,
    *,
    round_: Round,
    answers: Mapping[str, str],
    source: Source,
    ref: str | None = None,
    submitted_at: dt.datetime | None = None,
    safe_contact: SafeContact = SafeContact.NONE,
    draft_id: str | None = None,
) -> Receipt:
    """Take one application in: it then waits for its checks (state `checking`).

    `answers` are named as in the applications file, and `connected` (yes or no). With `draft_id` the draft is marked
    as sent, and sending it again gives the receipt of the first time. Raises `BadInput` with the field as `where`,
    `Conflict` when `ref` is taken.
    """
    if source is Source.IMPORT:
        require(tx.actor, Permission.ENTER_APPLICATIONS)
    draft = drafts.lock_draft(tx, draft_id) if draft_id else None
    if draft is not None and draft.application_id is not None:
        return _receipt_of(drafts.kept_receipt(tx.session, tx.vault, draft), draft.application_id)
    new = NewApplication(answers, ref or "", submitted_at, safe_contact)
    return receive(tx, round_, new, source, draft)


def receive(
    tx: Transaction, round_: Round, new: NewApplication, source: Source, draft: Draft | None = None
) -> Receipt:
    """Store one application, and mark its locked draft, if it has one, as sent."""
    sealer = tx.vault.person(tx.session, draft.data_key_id) if draft is not None else None
    receipt = _store(tx, round_, [new], source, sealer)[0]
    if draft is not None and sealer is not None:
        drafts.mark_sent(tx, draft, sealer, receipt.application_id, receipt.ref, receipt.claim_code)
    tx.publish(Submitted(receipt.application_id))
    if new.help is not None and new.help.entered_by_id is not None:
        tx.publish(Entered(receipt.application_id, new.help.entered_by_id))
    return receipt


def import_applications(
    tx: Transaction, *, round_: Round, rows: Sequence[Numbered[NewApplication]], skip_bad: bool = False
) -> tuple[Outcome, list[Receipt]]:
    """Take a file's applications in. A row that is there already with the same content is unchanged; the same
    reference with other content is a problem of its line. Raises `RowsRefused` unless `skip_bad`."""
    require(tx.actor, Permission.ENTER_APPLICATIONS)
    stored = _contents(tx.session, [row.value.ref for row in rows])
    fresh: list[NewApplication] = []
    unchanged, problems = 0, []
    for row in rows:
        known = stored.get(row.value.ref)
        if known is None:
            stored[row.value.ref] = row.value.content
            fresh.append(row.value)
        elif known == row.value.content:
            unchanged += 1
        else:
            text = f"{row.value.ref} is there already with other content; give a new application a ref of its own"
            problems.append(Problem(row.line, "ref", text))
    refuse_all(problems, skip_bad=skip_bad)
    receipts: list[Receipt] = []
    for start in range(0, len(fresh), _AT_A_TIME):
        receipts += _store(tx, round_, fresh[start : start + _AT_A_TIME], Source.IMPORT)
    for receipt in receipts:
        tx.publish(Submitted(receipt.application_id))
    return Outcome(len(receipts), unchanged, problems), receipts


def content_of(vault: Vault, values: Mapping[str, str]) -> str:
    """A keyed digest of an imported row: equal rows are recognised, and nobody without the keyring can guess one."""
    filled = {column: value for column, value in values.items() if value}
    return vault.mac(b"application content|" + canonical(filled))


# --- Storing ------------------------------------------------------------------------------------------------------


def _store(
    tx: Transaction,
    round_: Round,
    news: Sequence[NewApplication],
    source: Source,
    sealer: Sealer | None = None,
) -> list[Receipt]:
    """Insert applications in few statements, and record for each that it was sent and that its checks began."""
    if not news:
        return []
    epochs = tx.vault.epochs(tx.session)
    common = {
        "round_id": round_.id,
        "policy_id": current_policy_id(tx.session, round_.id or 0),
        "source": source,
    }
    check = checker(tx.session, many=len(news) > _FEW)
    made = [_rows(tx, new, round_, common, epochs, sealer, check) for new in news]
    ids = _insert(tx.session, made)
    for rows in made:
        _witness(tx, rows, round_, source)
    return [Receipt(n, rows.application["ref"], rows.claim_code) for n, rows in zip(ids, made, strict=True)]


def _insert(session: Session, made: Sequence[_Rows]) -> Sequence[int]:
    """Insert the rows, table by table; the applications' numbers in their order. Raises `Conflict` for a taken ref."""
    connection = session.connection()
    if keys := [rows.key for rows in made if rows.key is not None]:
        connection.execute(_ADD_KEYS, keys)
    try:
        ids = connection.execute(_ADD_APPLICATIONS, [rows.application for rows in made]).scalars().all()
    except IntegrityError as error:
        if violated(error, "uq_application_ref", "application.ref"):
            raise Conflict(
                "an application has this reference already", where="ref", fix="Give it another."
            ) from None
        raise
    connection.execute(
        _ADD_ANSWERS, [{"application_id": n} | rows.answers for n, rows in zip(ids, made, strict=True)]
    )
    if tokens := [
        {"application_id": n} | token for n, rows in zip(ids, made, strict=True) for token in rows.tokens
    ]:
        connection.execute(_ADD_TOKENS, tokens)
    if helped := [
        {"application_id": n} | rows.help for n, rows in zip(ids, made, strict=True) if rows.help is not None
    ]:
        connection.execute(_ADD_HELP, helped)
    if vouched := [
        {"application_id": n, "state": rows.vouching}
        for n, rows in zip(ids, made, strict=True)
        if rows.vouching is not None
    ]:
        connection.execute(_ADD_VOUCHING, vouched)
    return ids


def _rows(
    tx: Transaction,
    new: NewApplication,
    round_: Round,
    common: dict[str, Any],
    epochs: Mapping[int, bytes],
    sealer: Sealer | None,
    check: Checker,
) -> _Rows:
    given, vouching = redeem(tx, round_, tidy(new.answers), new.submitted_at or tx.at, new.again_of_id)
    key = None
    if sealer is None:
        row, sealer = tx.vault.mint(tx.at)
        key = {name: getattr(row, name) for name in ("id", "kek_version", "wrapped", "created_at")}
    ref, code, salt = new.ref or new_reference(), new_claim_code(), secrets.token_hex(16)
    application = common | {
        "ref": ref,
        "state": _CHECKING,
        "data_key_id": sealer.key_id,
        "claim_token": claim_token(tx.vault, ref, code),
        "safe_contact": _safe(new),
        "language": new.language,
        "content": new.content,
        "salt": sealer.seal("application", "salt", ref, salt),
        "submitted_at": new.submitted_at or tx.at,
        "recorded_at": tx.at,
        "state_since": tx.at,
        "referred": vouching in NOT_COUNTING,
        "has_bank": "sort_code" in given,
        "bank_check": check(given),
        "other_way": new.other_way,
        "again_of_id": new.again_of_id,
        "version": 1,
    }
    facts = {"commitment": hashlib.sha256(bytes.fromhex(salt) + canonical(given)).hexdigest()}
    return _Rows(
        code,
        key,
        application,
        seal_answers(sealer, ref, given),
        blind_tokens(epochs, given),
        None if new.help is None else _help_row(new.help, sealer, ref, tx.at),
        vouching,
        facts | _ways_of(new) | ({"vouching": vouching.value} if vouching else {}),
    )


def _help_row(help_: Help, sealer: Sealer, ref: str, at: dt.datetime) -> dict[str, Any]:
    return {
        "how": help_.how,
        "consent": help_.consent,
        "entered_by_id": help_.entered_by_id,
        "helper_group": sealer.seal("application_help", "helper_group", ref, help_.group or None),
        "at": at,
    }


def _ways_of(new: NewApplication) -> dict[str, Any]:
    """What the event of its sending says besides: who helped and how they agreed, that no bank will do, after which
    case they ask again."""
    facts: dict[str, Any] = {"other_way": True} if new.other_way else {}
    if new.again_of_id is not None:
        facts |= {"again_of": new.again_of_id}
    if new.help is not None:
        facts |= {"helped": new.help.how.value, "consent": new.help.consent.value}
    return facts


def _safe(new: NewApplication) -> SafeContact:
    """The safe channel: the argument, or what the answers say where it was left out."""
    return said_safe(new.answers) if new.safe_contact is SafeContact.NONE else new.safe_contact


def seal_answers(sealer: Sealer, ref: str, given: Mapping[str, str]) -> dict[str, bytes | None]:
    """Every answer sealed for its column and this application's row."""
    return {name: sealer.seal("application_answers", name, ref, given.get(name)) for name in FIELDS}


def blind_tokens(epochs: Mapping[int, bytes], given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The blind tokens of the answers under every live epoch."""
    return [
        {"kind": kind.value, "epoch_id": epoch_id, "token": Vault.token(key, kind.value, text)}
        for kind, text in token_inputs(given).items()
        for epoch_id, key in epochs.items()
    ]


def _witness(tx: Transaction, rows: _Rows, round_: Round, source: Source) -> None:
    subject = f"application:{rows.application['ref']}"
    facts = {"round": round_.slug, "source": source.value} | rows.facts
    tx.record("application.submitted", subject, state=_SUBMITTED.value, **facts)
    tx.record("application.checks_started", subject, state=_CHECKING.value)


def _contents(session: Session, refs: Iterable[str]) -> dict[str, str]:
    """The stored content digests of the references that are taken."""
    wanted = sorted(set(refs))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_A_TIME):
        some = wanted[start : start + _AT_A_TIME]
        question = select(_APPLICATION.c.ref, _APPLICATION.c.content).where(_APPLICATION.c.ref.in_(some))
        found |= {row.ref: row.content for row in session.connection().execute(question)}
    return found


def _receipt_of(kept: tuple[str, str], application_id: int) -> Receipt:
    return Receipt(application_id, *kept)
