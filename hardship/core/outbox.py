"""Messages to send. They are stored with the change they tell of, in its transaction, and sent by the worker."""

from hardship.core.canonical import canonical
from hardship.core.models import Channel, OutboxMail
from hardship.core.refs import new_key
from hardship.core.runtime import Transaction


def enqueue_news(
    tx: Transaction,
    data_key_id: str,
    address: str,
    template: str,
    *,
    language: str = "en",
    kind: Channel = Channel.MAIL,
) -> OutboxMail | None:
    """Have the worker tell somebody that there is news; `template` names the message, which says no more than that.

    The address, or the number of a text message, is sealed under the person's own key (row = the message's ref) and
    dies with it. None without an address. `language` is the code of the language that they read.
    """
    ref = new_key()
    sealed = tx.vault.person(tx.session, data_key_id).seal("outbox_mail", "address", ref, address.strip())
    if sealed is None:
        return None
    mail = OutboxMail(ref=ref, template=template, data_key_id=data_key_id, address=sealed, created_at=tx.at)
    mail.language, mail.kind = language, kind
    tx.session.add(mail)
    return mail


def enqueue_letter(
    tx: Transaction,
    data_key_id: str,
    address: str,
    template: str,
    *,
    subject: str,
    body: str,
    kind: Channel = Channel.MAIL,
) -> OutboxMail | None:
    """Have the worker send somebody a letter that they asked for, such as a receipt for a gift.

    `subject` names nothing but the fund's public name; a text message has none. Letter and address are sealed under the
    person's own key (row = the message's ref) and are deleted when it is sent. None without an address.
    """
    mail = enqueue_news(tx, data_key_id, address, template, kind=kind)
    if mail is not None:
        letter = canonical({"subject": subject, "body": body}).decode()
        sealer = tx.vault.person(tx.session, data_key_id)
        mail.letter = sealer.seal("outbox_mail", "letter", mail.ref, letter)
    return mail
