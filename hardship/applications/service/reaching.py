"""How somebody is reached: the safe channel, asked again whenever there is a reason to use it, and their language."""

from sqlalchemy import delete
from sqlmodel import col

from hardship.applications.answers import safe_contact as said_safe
from hardship.applications.answers import tidy
from hardship.applications.events import AnswersCorrected
from hardship.applications.identity import TokenKind
from hardship.applications.models import Application, SafeContact
from hardship.applications.queries import answers_of
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.service.tokens import remake
from hardship.applications.transitions import ApplicationState
from hardship.core.errors import NotFound
from hardship.core.models import Channel, OutboxMail
from hardship.core.outbox import enqueue_news
from hardship.core.runtime import Transaction

NEWS = "news"  # the message's name: it says that there is news, and no more
_KINDS = (TokenKind.EMAIL, TokenKind.PHONE)
_ADDRESSES = {SafeContact.EMAIL: (Channel.MAIL, "email"), SafeContact.SMS: (Channel.TEXT, "phone")}
_TURNS = frozenset({ApplicationState.INFO_REQUESTED, ApplicationState.APPROVED, ApplicationState.DECLINED})


def tell(tx: Transaction, application: Application) -> None:
    """A mail or a text message that there is news, to what the applicant marked as safe; nothing when nothing is."""
    found = safe_address(tx, application)
    if found is not None:
        kind, address = found
        enqueue_news(tx, application.data_key_id, address, NEWS, language=application.language, kind=kind)


def safe_address(tx: Transaction, application: Application) -> tuple[Channel, str] | None:
    """The safe channel and its address or number, opened for a message; None where there is none."""
    named = _ADDRESSES.get(application.safe_contact)
    row = answers_of(tx.session, application.id or 0) if named else None
    if named is None or row is None:
        return None
    kind, column = named
    sealer = tx.vault.person(tx.session, application.data_key_id)
    address = sealer.open("application_answers", column, application.ref, getattr(row, column))
    return (kind, address) if address else None


def is_asked_again(application: Application) -> bool:
    """Whether to ask if the channel is still safe: since they last said so, there was a question or a decision."""
    if application.state not in _TURNS:
        return False
    said = application.contact_said_at or application.submitted_at
    return said < application.state_since


def still_safe(tx: Transaction, *, application_id: int) -> None:
    """The applicant says that the channel is still safe."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    application.contact_said_at = tx.at
    tx.session.add(application)
    tx.record(
        "application.contact_confirmed", subject_of(application), channel=application.safe_contact.value
    )


def set_safe_contact(
    tx: Transaction, *, application_id: int, safe_contact: str, email: str = "", phone: str = ""
) -> None:
    """Change the safe channel and its address; an address that is not chosen is forgotten, and mails that wait for it
    are not sent. Raises `BadInput` with the field as `where`, `NotFound` when the person was erased.

    The new address's blind token replaces the one of its kind; that of a channel no longer used stays, since it finds
    a second application by one person. An address that is another one is compared with those of other cases at once.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    typed = {"safe_contact": safe_contact, "email": email, "phone": phone}
    channel = said_safe(typed)
    given = tidy(typed)
    row = answers_of(tx.session, application_id)
    if row is None:
        raise NotFound("this person's details were erased", fix="They cannot be changed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    for name, wanted in (("email", SafeContact.EMAIL), ("phone", SafeContact.SMS)):
        text = given.get(name) if channel is wanted else None
        setattr(row, name, sealer.seal("application_answers", name, application.ref, text))
    others = remake(tx, application_id=application_id, answers=given, kinds=_KINDS)
    fields = {kind.value for kind in others}
    if channel is not application.safe_contact:
        fields.add("safe_contact")
    tx.session.connection().execute(
        delete(OutboxMail).where(
            col(OutboxMail.data_key_id) == application.data_key_id, col(OutboxMail.sent_at).is_(None)
        )
    )
    application.safe_contact, application.contact_said_at = channel, tx.at
    application.version += 1
    tx.session.add_all([row, application])
    tx.record("application.contact_changed", subject_of(application), channel=channel.value)
    tx.session.flush()
    if fields:
        tx.publish(AnswersCorrected(application_id, frozenset(fields)))


def speak(tx: Transaction, *, application_id: int, language: str) -> None:
    """News is in this language from now on."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    if application.language == language:
        return
    application.language = language
    tx.session.add(application)
    tx.record("application.language_chosen", subject_of(application), language=language)
