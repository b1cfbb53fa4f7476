"""The filter above the list of unmatched gifts."""

from hardship.matching.allocation import Reason
from hardship.web.forms import FilterForm, SelectField, choices_of

REASONS = {
    Reason.OUTSIDE_WINDOW: "Outside the time agreed",
    Reason.CHANNEL: "Came another way",
    Reason.EXCLUDED_DONOR: "Donor left out",
    Reason.MINIMUM: "Below the least amount",
    Reason.THRESHOLD_NOT_MET: "Challenge not met",
    Reason.CONTRIBUTION_CAP: "Cap on one gift",
    Reason.DONOR_CAP: "Cap on one donor",
    Reason.CAP_EXHAUSTED: "Agreement used up",
    Reason.REFUNDED: "Given back",
    Reason.MATCHED_ELSEWHERE: "Matched by another",
    Reason.ROUNDING: "Less than a penny of match",
}
"""Why an agreement gave no more, in a few words."""


class UnmatchedFilterForm(FilterForm):
    """Which unmatched gifts to show."""

    fund = SelectField("Fund", blank=None)
    reason = SelectField("Reason", choices=choices_of(Reason, REASONS), blank="Any reason")
    agreement = SelectField("Agreement", blank="Any agreement")
