"""What the applicant's own page says of an award, until it is with the bank."""

from sqlmodel import Session

from hardship.applications.models import Application
from hardship.applications.tracker import Step
from hardship.awards import queries
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.web.filters import day
from hardship.web.language import _


def award_steps(session: Session, application: Application) -> list[Step]:
    """The steps from the decision to the payment; what the bank does is told by a later room."""
    if application.id is None:
        return []
    award = queries.last_award_of(session, application.id)
    if award is None:
        return []
    return _steps(award, application)


def _steps(award: Award, application: Application) -> list[Step]:
    if award.state is AwardState.OFFERED:
        if application.has_bank:
            return [Step(_("We look at where to send it"), "now", _("A person checks something first."))]
        if application.other_way:
            note = _(
                "You asked for another way than a bank. If you can use one after all, give us the details."
            )
            return [Step(_("We look for another way to send it"), "now", note)]
        until = _("We keep it for you until %(day)s.", day=day(award.lapses_at))
        return [
            Step(_("Tell us where to send it"), "now", until, asks_for_bank=True),
            Step(_("We send the money"), "next"),
        ]
    given = Step(_("You told us where to send it"), "done", at=award.accepted_at)
    if award.state is AwardState.ACCEPTED:
        return [given, Step(_("We send the money"), "now")]
    if award.state is AwardState.LAPSED:
        note = _("Nobody told us where to send it. While the fund is open you still can.")
        return [Step(_("The offer has ended"), "stopped", note, award.state_since, asks_for_bank=True)]
    if award.state is AwardState.WITHDRAWN:
        return [Step(_("You took it back"), "stopped", "", award.state_since)]
    if award.state is AwardState.CANCELLED:
        return [
            Step(
                _("We cannot send it after all"),
                "stopped",
                _("Ask us if you want to know why."),
                award.state_since,
            )
        ]
    return [given]
