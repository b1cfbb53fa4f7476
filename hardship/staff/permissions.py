"""Who may do what: one table, read by services and pages alike."""

from enum import StrEnum

from hardship.core.actor import Actor, ActorKind, Role
from hardship.core.errors import Forbidden

R = Role


class Permission(StrEnum):
    """One thing a member of staff may be allowed to do."""

    SEE_QUEUE = "see_queue"
    OPEN_CASE = "open_case"
    DECLARE_CONFLICT = "declare_conflict"
    SEE_EVIDENCE = "see_evidence"  # look at a document that an applicant showed
    VOTE = "vote"
    CONVERSE = "converse"  # read what an applicant writes, answer, and put a question to them
    ASSIGN = "assign"
    SETTLE_SPLIT = "settle_split"
    REVEAL = "reveal"
    OVERRIDE_DUPLICATE = "override_duplicate"
    ENTER_APPLICATIONS = "enter_applications"
    ISSUE_VOUCHERS = "issue_vouchers"  # codes for trusted groups and companies
    CONFIRM_VOUCHING = "confirm_vouching"  # record whether somebody really vouches for an applicant
    SEE_MONEY = "see_money"
    RECORD_GIFTS = "record_gifts"
    RECORD_REFUNDS = "record_refunds"
    CLAIM_GIFT_AID = "claim_gift_aid"  # and read the declarers' names and addresses for it
    RECORD_SPONSOR_PAYMENTS = "record_sponsor_payments"
    REDISTRIBUTE = "redistribute"
    MANAGE_AGREEMENTS = "manage_agreements"
    CLOSE_PERIOD = "close_period"
    KEEP_BOOKS = "keep_books"  # opening balances, transfers between funds, losses, reversals
    SECOND_MONEY = "second_money"  # be the second person where money takes two
    CANCEL_AWARD = "cancel_award"
    MAKE_BATCH = "make_batch"
    APPROVE_BATCH = "approve_batch"
    SUBMIT_BATCH = "submit_batch"
    RESOLVE_PAYMENT = "resolve_payment"
    RECONCILE = "reconcile"
    KEEP_LISTS = "keep_lists"  # import the sanctions list and the tables for bank details
    CLEAR_SANCTIONS = "clear_sanctions"  # be the officer whom a possible hit reaches
    ISSUE_STATEMENT = "issue_statement"
    EXPORT = "export"
    READ_LOG = "read_log"
    MANAGE_STAFF = "manage_staff"
    MANAGE_FUNDS = "manage_funds"
    ERASE = "erase"  # somebody's data, at their word
    RESTORE_ACCESS = "restore_access"  # begin to give somebody a new claim code
    SECOND_ACCESS = "second_access"  # be the second person for it
    HANDLE_COMPLAINTS = "handle_complaints"


P = Permission

TABLE: dict[Permission, frozenset[Role]] = {
    P.SEE_QUEUE: frozenset({R.REVIEWER, R.LEAD, R.AUDITOR}),
    P.OPEN_CASE: frozenset({R.REVIEWER, R.LEAD, R.AUDITOR}),
    P.DECLARE_CONFLICT: frozenset({R.REVIEWER, R.LEAD, R.FINANCE, R.APPROVER}),
    P.SEE_EVIDENCE: frozenset({R.REVIEWER, R.LEAD}),
    P.VOTE: frozenset({R.REVIEWER, R.LEAD}),
    P.CONVERSE: frozenset({R.REVIEWER, R.LEAD}),
    P.ASSIGN: frozenset({R.LEAD}),
    P.SETTLE_SPLIT: frozenset({R.LEAD}),
    P.REVEAL: frozenset({R.LEAD}),
    P.OVERRIDE_DUPLICATE: frozenset({R.LEAD}),
    P.ENTER_APPLICATIONS: frozenset({R.REVIEWER, R.LEAD, R.ADMIN}),
    P.ISSUE_VOUCHERS: frozenset({R.LEAD, R.ADMIN}),
    P.CONFIRM_VOUCHING: frozenset({R.REVIEWER, R.LEAD}),
    P.SEE_MONEY: frozenset({R.FINANCE, R.APPROVER, R.AUDITOR}),
    P.RECORD_GIFTS: frozenset({R.FINANCE}),
    P.RECORD_REFUNDS: frozenset({R.FINANCE}),
    P.CLAIM_GIFT_AID: frozenset({R.FINANCE}),
    P.RECORD_SPONSOR_PAYMENTS: frozenset({R.FINANCE}),
    P.REDISTRIBUTE: frozenset({R.FINANCE}),
    P.MANAGE_AGREEMENTS: frozenset({R.FINANCE}),
    P.CLOSE_PERIOD: frozenset({R.FINANCE}),
    P.KEEP_BOOKS: frozenset({R.FINANCE}),
    P.SECOND_MONEY: frozenset({R.APPROVER}),
    P.CANCEL_AWARD: frozenset({R.LEAD, R.APPROVER}),
    P.MAKE_BATCH: frozenset({R.FINANCE}),
    P.APPROVE_BATCH: frozenset({R.APPROVER}),
    P.SUBMIT_BATCH: frozenset({R.FINANCE, R.APPROVER}),
    P.RESOLVE_PAYMENT: frozenset({R.FINANCE, R.APPROVER}),
    P.RECONCILE: frozenset({R.FINANCE}),
    P.KEEP_LISTS: frozenset({R.FINANCE, R.ADMIN}),
    P.CLEAR_SANCTIONS: frozenset({R.LEAD}),
    P.ISSUE_STATEMENT: frozenset({R.FINANCE, R.APPROVER}),
    P.EXPORT: frozenset({R.FINANCE, R.APPROVER, R.AUDITOR}),
    P.READ_LOG: frozenset({R.AUDITOR, R.ADMIN}),
    P.MANAGE_STAFF: frozenset({R.ADMIN}),
    P.MANAGE_FUNDS: frozenset({R.ADMIN}),
    P.ERASE: frozenset({R.LEAD, R.ADMIN}),
    P.RESTORE_ACCESS: frozenset({R.REVIEWER, R.LEAD}),
    P.SECOND_ACCESS: frozenset({R.LEAD, R.ADMIN}),
    P.HANDLE_COMPLAINTS: frozenset({R.LEAD, R.ADMIN}),
}


def holds(actor: Actor, permission: Permission) -> bool:
    """Whether the actor may: staff by their roles; the system and the machine's operator may all that names no staff."""
    if actor.kind in {ActorKind.SYSTEM, ActorKind.OPERATOR}:
        return True
    return actor.kind is ActorKind.STAFF and bool(actor.roles & TABLE[permission])


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor may."""
    if not holds(actor, permission):
        roles = " or ".join(sorted(role.value for role in TABLE[permission]))
        raise Forbidden("you may not do this", fix=f"It takes somebody who is {roles}.")


def require_staff(actor: Actor, permission: Permission) -> int:
    """The staff member's number; raises `Forbidden` for anybody who is not a named member of staff with `permission`.

    For what one named person answers for: a vote, a batch made or approved, an override.
    """
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden("this takes a named member of staff", fix="Name one with --as EMAIL.")
    require(actor, permission)
    staff_id = actor.staff_id
    assert staff_id is not None  # noqa: S101 — kind is STAFF
    return staff_id
