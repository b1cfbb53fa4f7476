"""What the room of applications announces; rooms that come later act in the same transaction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Submitted:
    """An application came in and waits for its checks."""

    application_id: int


@dataclass(frozen=True)
class Entered:
    """A member of staff entered an application for somebody, from paper or by what they said."""

    application_id: int
    staff_id: int


@dataclass(frozen=True)
class BankDetailsGiven:
    """Bank details arrived or changed. `bank_token` is the account's blind token under the round's own epoch."""

    application_id: int
    bank_token: bytes | None


@dataclass(frozen=True)
class AnswersCorrected:
    """The applicant corrected what they told, or gave another safe address: rules and comparisons are made anew. `fields`
    names the answers, never what they were or are."""

    application_id: int
    fields: frozenset[str]


@dataclass(frozen=True)
class VouchingRecorded:
    """A person recorded what they found out about what vouches for the applicant: rules may see it otherwise now."""

    application_id: int


@dataclass(frozen=True)
class Withdrawn:
    """The applicant does not want the grant any more. After an approval the room of awards decides what that means;
    it raises `Conflict` or `Refused` when it is too late."""

    application_id: int
