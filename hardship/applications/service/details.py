"""Where the money goes: bank details, given with the application or later, and their blind token."""

from sqlmodel import Session, col, select

from hardship.applications.answers import tidy
from hardship.applications.bankdetails.service import checker
from hardship.applications.events import BankDetailsGiven
from hardship.applications.identity import TokenKind
from hardship.applications.models import Application, ApplicationToken
from hardship.applications.queries import answers_of
from hardship.applications.service.reading import open_answers
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.service.tokens import remake
from hardship.applications.transitions import ApplicationState
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.funds.models import Round

_GIVEN = ("legal_name", "sort_code", "account_number")
_REMADE = (TokenKind.BANK, TokenKind.PERSON)  # what depends on the account and on the legal name
_OVER = frozenset({ApplicationState.DECLINED, ApplicationState.WITHDRAWN})


def give_bank_details(
    tx: Transaction, *, application_id: int, sort_code: str, account_number: str, legal_name: str
) -> None:
    """Take or change the bank details of an application that is open or approved.

    Their blind tokens replace earlier ones, and `BankDetailsGiven` lets later rooms check them at once, whenever they
    arrive. Raises `BadInput` with the field as `where`, `Conflict` when the application is closed.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if application.state in _OVER:
        raise Conflict("this application is closed", fix="Bank details are not needed any more.")
    given = _read(sort_code, account_number, legal_name)
    checked = checker(tx.session)(given)
    sealer = tx.vault.person(tx.session, application.data_key_id)
    row = answers_of(tx.session, application_id)
    if row is None:
        raise NotFound("this person's details were erased", fix="They cannot be changed.")
    before = open_answers(sealer, application.ref, row)
    for name in _GIVEN:
        setattr(row, name, sealer.seal("application_answers", name, application.ref, given[name]))
    remake(tx, application_id=application_id, answers=before | given, kinds=_REMADE)
    application.version += 1
    application.has_bank, application.bank_check, application.other_way = True, checked, False
    tx.session.add_all([row, application])
    tx.record(
        "application.bank_details_given",
        subject_of(application),
        changed=bool(before.get("account_number")),
        check=checked.value,
    )
    tx.session.flush()
    tx.publish(BankDetailsGiven(application_id, bank_token_of(tx.session, application)))


def ask_other_way(tx: Transaction, *, application_id: int) -> None:
    """The applicant asks to be paid another way than through a bank; again is no change. An offer waits for that.

    Raises `Conflict` when the application is closed.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if application.state in _OVER:
        raise Conflict("this application is closed", fix="Nothing more is needed.")
    if application.other_way:
        return
    application.other_way = True
    application.version += 1
    tx.session.add(application)
    tx.record("application.other_way_asked", subject_of(application))


def bank_token_of(session: Session, application: Application) -> bytes | None:
    """The blind token of the application's account under its round's own epoch (`Round.token_epoch_id`), which stays
    the same when epochs turn; None while there are no bank details."""
    question = (
        select(ApplicationToken.token)
        .join(Round, col(Round.token_epoch_id) == col(ApplicationToken.epoch_id))
        .where(col(Round.id) == application.round_id)
        .where(col(ApplicationToken.application_id) == application.id)
        .where(col(ApplicationToken.kind) == TokenKind.BANK.value)
    )
    return session.exec(question).first()


def _read(sort_code: str, account_number: str, legal_name: str) -> dict[str, str]:
    typed = {"legal_name": legal_name, "sort_code": sort_code, "account_number": account_number}
    given = tidy(typed)
    for name in _GIVEN:
        if name not in given:
            raise BadInput("it is needed with the bank details", where=name, fix="Fill it in.")
    return given
