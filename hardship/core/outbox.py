"""Mails to send. They are stored with the change they tell of, in its transaction, and sent by the worker."""

from hardship.core.models import OutboxMail
from hardship.core.refs import new_key
from hardship.core.runtime import Transaction


def enqueue_news(tx: Transaction, data_key_id: str, address: str, template: str) -> OutboxMail | None:
    """Have the worker tell somebody that there is news; `template` names the mail, which says no more than that.

    The address is sealed under the person's own key (row = the mail's ref) and dies with it. None without an address.
    """
    ref = new_key()
    sealed = tx.vault.person(tx.session, data_key_id).seal("outbox_mail", "address", ref, address.strip())
    if sealed is None:
        return None
    mail = OutboxMail(ref=ref, template=template, data_key_id=data_key_id, address=sealed, created_at=tx.at)
    tx.session.add(mail)
    return mail
