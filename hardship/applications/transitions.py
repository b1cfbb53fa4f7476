"""The states of an application, as one table (design.md, "States")."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class ApplicationState(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHECKING = "checking"
    IN_REVIEW = "in_review"
    INFO_REQUESTED = "info_requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class ApplicationEvent(StrEnum):
    """What can happen to an application. Decisions are people's; checks only put a case before them."""

    SUBMIT = "submit"
    START_CHECKS = "start_checks"
    FINISH_CHECKS = "finish_checks"
    REQUEST_INFO = "request_info"
    RESUME = "resume"  # the applicant answered, or the time to answer is over
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


_S, _E = ApplicationState, ApplicationEvent

TABLE: Mapping[tuple[ApplicationState, ApplicationEvent], ApplicationState] = {
    (_S.DRAFT, _E.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _E.START_CHECKS): _S.CHECKING,
    (_S.CHECKING, _E.FINISH_CHECKS): _S.IN_REVIEW,
    (_S.IN_REVIEW, _E.REQUEST_INFO): _S.INFO_REQUESTED,
    (_S.INFO_REQUESTED, _E.RESUME): _S.IN_REVIEW,
    (_S.IN_REVIEW, _E.APPROVE): _S.APPROVED,
    (_S.IN_REVIEW, _E.DECLINE): _S.DECLINED,
    (_S.DRAFT, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.SUBMITTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.CHECKING, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.IN_REVIEW, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.INFO_REQUESTED, _E.WITHDRAW): _S.WITHDRAWN,
}
"""What each event does in each state; whatever is absent is refused."""

MACHINE = Machine(
    name="application",
    initial=ApplicationState.DRAFT,
    table=TABLE,
    final=frozenset({_S.APPROVED, _S.DECLINED, _S.WITHDRAWN}),
)
