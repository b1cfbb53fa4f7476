"""Pages of the reports: trial balance, statement of financial activities, receipts and payments, post-close report."""

from flask import Response, render_template

from hardship.core.runtime import current
from hardship.ledger import postclose
from hardship.ledger.pages import asked, blueprint, day_asked, file_asked, kept, span_asked
from hardship.ledger.reports import activities as sofa
from hardship.ledger.reports import receipts, trial_balance
from hardship.ledger.reports.sums import fund_slugs, known_fund
from hardship.ledger.reports.words import CLASSES
from hardship.staff.permissions import Permission
from hardship.web.access import requires

PERIOD = ("fund", "from", "to")


@blueprint.get("/staff/ledger/trial-balance")
@requires(Permission.SEE_MONEY)
def show_trial_balance() -> str | Response:
    """Every account's balance as at a day; with a first day also what moved since."""
    span = span_asked()
    with current().read() as session:
        found = trial_balance.trial_balance(session, span, asked("fund"), asked("pot"))
        funds = fund_slugs(session)
    file = file_asked(trial_balance.sheet(found), "trial-balance")
    return file or render_template(
        "ledger/trial_balance.html", found=found, span=span, funds=funds, args=kept(*PERIOD, "pot")
    )


@blueprint.get("/staff/ledger/activities")
@requires(Permission.SEE_MONEY)
def show_activities() -> str | Response:
    """The statement of financial activities, with the balance sheet beneath."""
    span = span_asked()
    with current().read() as session:
        found = sofa.activities(session, span, asked("fund"))
        funds = fund_slugs(session)
    file = file_asked(sofa.sheet(found), "financial-activities")
    return file or render_template(
        "ledger/activities.html", found=found, span=span, funds=funds, args=kept(*PERIOD), classes=CLASSES
    )


@blueprint.get("/staff/ledger/receipts-and-payments")
@requires(Permission.SEE_MONEY)
def show_receipts() -> str | Response:
    """Receipts and payments, with assets and liabilities beneath."""
    span = span_asked()
    with current().read() as session:
        found = receipts.receipts_and_payments(session, span, asked("fund"))
        funds = fund_slugs(session)
    file = file_asked(receipts.sheet(found), "receipts-and-payments")
    return file or render_template(
        "ledger/receipts.html", found=found, span=span, funds=funds, args=kept(*PERIOD), classes=CLASSES
    )


@blueprint.get("/staff/ledger/post-close")
@requires(Permission.SEE_MONEY)
def show_post_close() -> str | Response:
    """What was booked after a close and refers back to it."""
    with current().read() as session:
        if asked("fund"):
            known_fund(session, asked("fund"))
        found = postclose.post_close(session, asked("fund"), day_asked("through"))
        funds = fund_slugs(session)
    file = file_asked(postclose.sheet(found), "post-close")
    return file or render_template(
        "ledger/post_close.html", found=found, funds=funds, args=kept("fund", "through")
    )
