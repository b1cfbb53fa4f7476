"""What Stripe's words mean to us, and ours to it. Values in, values out; no network, no database.

The words are those of the API v2: https://docs.stripe.com/api/v2/money-management/outbound-payments
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hardship.payouts.rails.base import Answer, Status

DESCRIPTOR_SHORTEST, DESCRIPTOR_LONGEST = 3, 22
SOON, LATER = 60, 900
"""Seconds to leave a rail alone that is busy, and one that somebody has to put right first."""

STATUS: Mapping[str, Status] = {
    "processing": Status.ACCEPTED,
    "posted": Status.POSTED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    "returned": Status.RETURNED,
}
"""The status of an outbound payment. One that is not here says nothing yet."""

NAME_CHECKS: Mapping[str, str] = {
    "match": "MTCH",
    "close_match": "MBAM",
    "no_match": "ANNM",
    "unavailable": "NONE",
}
"""The match result of a recipient verification as a code of Confirmation of Payee; NONE: there was no answer."""
DIFFERS = "ANNM"

_OURS_TO_MEND = frozenset(
    {"insufficient_funds", "feature_not_enabled", "financial_account_not_open", "not_authorised"}
)
_LATER_BY_STATUS = {401: "not_authorised", 403: "not_authorised"}


@dataclass(frozen=True)
class Verdict:
    """What an error says about a request: certainly not done and why (`REFUSED`), not done this time and when to ask
    again in seconds (`BUSY`), or nobody can tell (`NO_ANSWER`)."""

    status: Status
    problem: str
    wait: int = 0


def verdict(status: int | None, kind: str, code: str, retry_after: str = "") -> Verdict:
    """What an HTTP status (None: no answer at all) with the error's type and code says about a request that would have
    made a payment."""
    if status is None:
        return Verdict(Status.NO_ANSWER, "no_connection")
    if status == 429 or kind in {"rate_limit", "quota_exceeded"}:
        return Verdict(Status.BUSY, "rate_limited", seconds(retry_after))
    if status == 409:
        return Verdict(Status.NO_ANSWER, "still_in_progress")
    if kind == "idempotency_error":
        return Verdict(Status.NO_ANSWER, "key_of_another_payment")
    if status >= 500:
        return Verdict(Status.NO_ANSWER, "rail_error")
    name = _LATER_BY_STATUS.get(status) or tidy(kind if kind in _OURS_TO_MEND else code or kind)
    if name in _OURS_TO_MEND:
        return Verdict(Status.BUSY, name, LATER)
    return Verdict(Status.REFUSED, name or "refused")


def not_taken(key: str, verdict: Verdict) -> Answer:
    """What a failure before the payment itself means: it was not taken, whatever became of the step."""
    if verdict.status is Status.REFUSED:
        return Answer(key, Status.REFUSED, verdict.problem)
    return Answer(key, Status.BUSY, verdict.problem, wait=dt.timedelta(seconds=verdict.wait or SOON))


def no_news(key: str, verdict: Verdict) -> Answer:
    """What a request that moves money, or asks about it, says when it fails: nothing, or when to ask again."""
    if verdict.status is not Status.BUSY:
        return Answer(key, Status.NO_ANSWER, verdict.problem)
    return Answer(key, Status.BUSY, verdict.problem, wait=dt.timedelta(seconds=verdict.wait))


def seconds(retry_after: str) -> int:
    """How long a rail that answered 429 wants to be left alone (RFC 9110, 10.2.3, in seconds), a minute if it does not
    say; at most an hour."""
    return min(int(retry_after), 3600) if re.fullmatch(r"[0-9]{1,6}", retry_after) else SOON


def tidy(code: str) -> str:
    """A code of theirs as we keep it: small letters, digits and underscores, so that it can hold nobody's name."""
    return code[:40] if re.fullmatch(r"[a-z0-9_]{1,80}", code) else ""


def descriptor(payer: str) -> str:
    """What the recipient's bank statement says: the fund's public name, in the letters and the length that are allowed."""
    plain = " ".join("".join(c if c.isascii() and c.isalnum() else " " for c in payer).split())
    cut = plain[:DESCRIPTOR_LONGEST].rstrip()
    return cut if len(cut) >= DESCRIPTOR_SHORTEST else f"{cut} Payment".lstrip()


def names(legal_name: str) -> dict[str, str]:
    """A legal name as given name and surname; of a single word, the surname alone."""
    given, _, surname = legal_name.strip().rpartition(" ")
    parts = {"given_name": given.strip(), "surname": surname}
    return {name: value for name, value in parts.items() if value}
