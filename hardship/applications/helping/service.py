"""Entering an application for somebody: from the paper form, or as they said it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from hardship.applications import drafts
from hardship.applications.answers import one_line
from hardship.applications.helping.dating import instant_of
from hardship.applications.helping.models import MAX_GROUP, ApplicationHelp, Consent, Help, Helped
from hardship.applications.models import Application, Draft, Source
from hardship.applications.service.intake import NewApplication, Receipt, content_of, receive
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.funds.models import Round
from hardship.funds.queries import round_by_slug
from hardship.staff.permissions import Permission, require_staff

AGAIN = dt.timedelta(minutes=15)
"""For how long the same page sent again shows the same claim code, and not a second application."""


@dataclass(frozen=True)
class Entry:
    """What a colleague typed. `key` is of the page that they typed it on: the same page is one application, however often
    it is sent. `on` is the day on the paper, or of the call."""

    round: str
    answers: Mapping[str, str] = field(repr=False)
    how: Helped
    consent: Consent
    on: dt.date
    key: str = field(repr=False)
    group: str = field(default="", repr=False)
    language: str = "en"
    other_way: bool = False


class EnteredBefore(Conflict):
    """This page was entered already, with other answers: perhaps it was gone back to, and filled in for somebody else."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            f"this page was entered already, with other answers, as {ref}",
            fix="Nothing was changed in that. If this is another person, enter it once more; what was wrong in it they can "
            "put right on their own page.",
        )


def enter(tx: Transaction, *, entry: Entry) -> Receipt:
    """Take in what came on paper or was said; whoever entered it has nothing to do with the case from then on (I9).

    Raises `Forbidden`, `BadInput` with the field as `where`, `EnteredBefore` when the page was entered with other answers,
    and `Conflict` when somebody else sent it.
    """
    staff_id = require_staff(tx.actor, Permission.ENTER_APPLICATIONS)
    if entry.consent is Consent.AGREED:
        raise BadInput("Say how they agreed", where="consent", fix="Signed on the paper, or spoken.")
    round_ = round_by_slug(tx.session, entry.round)
    draft = _draft(tx, entry, round_)
    if draft.application_id is not None:
        return _first(tx, draft, staff_id, _content(tx.vault, entry))
    group = one_line(entry.group)
    if len(group) > MAX_GROUP:
        raise BadInput(f"Longer than {MAX_GROUP} characters", where="group", fix="Shorten it.")
    new = NewApplication(
        entry.answers,
        submitted_at=instant_of(entry.on, round_.opens_at, round_.closes_at, tx.at),
        content=_content(tx.vault, entry),
        language=entry.language,
        other_way=entry.other_way,
        help=Help(entry.how, entry.consent, group, staff_id),
    )
    source = Source.PAPER if entry.how is Helped.TYPED else Source.ASSISTED
    return receive(tx, round_, new, source, draft)


def _draft(tx: Transaction, entry: Entry, round_: Round) -> Draft:
    """The locked draft of the page's key: made now, or by the same page a moment ago."""
    identity = drafts.draft_id(tx.vault, entry.key)
    if tx.session.get(Draft, identity) is None:
        try:
            with tx.session.begin_nested():
                drafts.open_draft(tx, entry.key, round_.id or 0, entry.language, tx.at + AGAIN)
        except IntegrityError:  # sent twice in one moment: the other one was first
            tx.session.expire_all()
    return drafts.lock_draft(tx, identity)


def _content(vault: Vault, entry: Entry) -> str:
    """A keyed digest of everything on the page, so that the same page again is told from one that was filled in anew."""
    beside = {
        "round": entry.round,
        "how": entry.how.value,
        "consent": entry.consent.value,
        "on": entry.on.isoformat(),
        "group": entry.group,
        "language": entry.language,
        "other_way": "yes" if entry.other_way else "",
    }
    return content_of(vault, {**entry.answers, **beside})


def _first(tx: Transaction, draft: Draft, staff_id: int, content: str) -> Receipt:
    """What the first sending of this page gave. Another person's answers must not be answered with that code."""
    number = draft.application_id or 0
    row = tx.session.get(ApplicationHelp, number)
    if row is None or row.entered_by_id != staff_id:
        raise Conflict("this page was sent already", fix="Open a new one.")
    case = tx.session.get(Application, number)
    if case is None or case.content != content:
        raise EnteredBefore(case.ref if case else "")
    return Receipt(number, *drafts.kept_receipt(tx.session, tx.vault, draft))
