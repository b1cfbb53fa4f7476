"""How far an application is, in plain words, for the applicant's own page.

This room knows the way to the decision. Rooms that come later say the rest: each gives a *maker*, a function of a
reading session and the application that returns its steps in order, and adds it once, in its `service.wire`:

    def award_steps(session: Session, application: Application) -> list[Step]:
        award = live_award(session, application.id)
        if award is None:
            return []
        return [Step(_("Tell us where to send it"), "now", asks_for_bank=True)]

    def wire(runtime: Runtime) -> None:
        tracker.add(award_steps)

A step is `done`, `now`, `next` or `stopped` (nothing comes after it). Its name is a few plain words ("On its way",
"Sent on 14 April"); its note one plain sentence or "". A step with `asks_for_bank` opens the form for bank details
on the applicant's page. Makers are asked in the order of the rooms; they only read, and say nothing that tells what
the fund is for.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.web.language import _

StepState = Literal["done", "now", "next", "stopped"]


@dataclass(frozen=True)
class Step:
    """One step on the way, as the applicant sees it; `at` is when it was done or began."""

    name: str
    state: StepState
    note: str = ""
    at: dt.datetime | None = None
    asks_for_bank: bool = False


Maker = Callable[[Session, Application], list[Step]]

STEPS: list[Maker] = []
"""What later rooms say, in the order of the rooms."""

_OPEN = (ApplicationState.SUBMITTED, ApplicationState.CHECKING)
_REVIEW = (ApplicationState.IN_REVIEW, ApplicationState.INFO_REQUESTED)


def add(maker: Maker) -> None:
    """Let `maker` say its steps after those that are there; adding it again changes nothing."""
    if maker not in STEPS:
        STEPS.append(maker)


def steps(session: Session, application: Application) -> list[Step]:
    """All steps of one application, in order."""
    own = own_steps(application)
    later = [step for maker in STEPS for step in maker(session, application)]
    if not later and application.state is ApplicationState.APPROVED:
        later = [Step(_("We send the money"), "next")]
    return own + later


def own_steps(application: Application) -> list[Step]:
    """The way to the decision."""
    state, since = application.state, application.state_since
    sent = Step(_("You sent it"), "done", at=application.submitted_at)
    if state is ApplicationState.WITHDRAWN:
        return [
            sent,
            Step(_("You took it back"), "stopped", _("You can apply again while the fund is open."), since),
        ]
    checks = Step(_("We check it came in right"), "now" if state in _OPEN else "done")
    read = Step(_("People read it"), "next" if state in _OPEN else "now" if state in _REVIEW else "done")
    if state in _REVIEW:
        question = _("We have a question for you.") if state is ApplicationState.INFO_REQUESTED else ""
        read = Step(
            read.name, "now", question or _("People from the fund read it. A machine never decides."), since
        )
    return [sent, checks, read, *_decision(application)]


def _decision(application: Application) -> list[Step]:
    decided = application.decided_at or application.state_since
    if application.state is ApplicationState.APPROVED:
        return [Step(_("We said yes"), "done", at=decided)]
    if application.state is ApplicationState.DECLINED:
        return [Step(_("We could not say yes this time"), "stopped", _("You can apply again."), decided)]
    way = _("We look for another way to send it") if application.other_way else _("We send the money")
    return [Step(_("We decide"), "next"), Step(way, "next")]
