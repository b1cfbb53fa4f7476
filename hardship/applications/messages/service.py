"""Wires the messages: what the worker does when it is due, and what happens when somebody asks for their data."""

from typing import Any

from hardship.applications.messages import again, asking, queries, writing
from hardship.applications.messages.models import Direction
from hardship.applications.owndata.events import CopyAsked, Erased
from hardship.applications.queries import by_id
from hardship.core.clock import iso
from hardship.core.runtime import Due, Runtime, Transaction


def wire(runtime: Runtime) -> None:
    """Remind of questions, end them in time, and answer for messages when somebody asks for a copy or is erased."""
    runtime.due.append(Due("question reminders", asking.remind_due))
    runtime.due.append(Due("questions", asking.end_due))
    runtime.listen(CopyAsked, in_copy)
    runtime.listen(Erased, again.forget_forms)


def in_copy(tx: Transaction, event: CopyAsked) -> dict[str, Any]:
    """What was written to and fro, and asked: an applicant's copy names nobody of the fund."""
    application = by_id(tx.session, event.application_id)
    said = writing.opened(tx.session, tx.vault, application, reader=Direction.APPLICANT)
    earlier = queries.earlier_cases(tx.session, application)
    return {
        "messages": [
            {
                "from": "you" if one.direction is Direction.APPLICANT else "the fund",
                "at": iso(one.at),
                "read_at": iso(one.read_at) if one.read_at else None,
                "words": one.words,
            }
            for one in said
        ],
        "questions_to_you": [
            {
                "asked_at": iso(one.asked_at),
                "wants": one.wants.value,
                "answer_by": iso(one.due_at),
                "ended": one.ending.value if one.ending else None,
            }
            for one in queries.questions_of(tx.session, event.application_id)
        ],
        "asked_again_after": earlier[0].ref if earlier else None,
    }
