"""Pages of single journals and accounts: from a figure to what it is made of, and to what that stands for."""

from flask import Response, current_app, render_template, url_for

from hardship.core.errors import BadInput
from hardship.core.runtime import current
from hardship.ledger import journals
from hardship.ledger.corrections import may_be_reversed
from hardship.ledger.forms import ReverseForm
from hardship.ledger.models import AccountKind
from hardship.ledger.pages import asked, blueprint, day_asked, file_asked, kept
from hardship.ledger.reports.sums import fund_slugs, known_fund, known_pot
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires

FILTERS = ("fund", "pot", "account", "kind", "cause", "from", "to")
AT_MOST = 100_000
"""So many journals go into one file; the whole books are `hardship export ledger`."""


@blueprint.get("/staff/ledger/journals")
@requires(Permission.SEE_MONEY)
def list_journals() -> str | Response:
    """The journals that the address chooses, the latest first; or as a file."""
    with current().read() as session:
        chosen = _chosen()
        if chosen.fund:
            known_fund(session, chosen.fund)
        if chosen.pot:
            known_pot(session, chosen.pot)
        if asked("format"):
            sheet = journals.sheet(journals.all_journals(session, chosen, AT_MOST))
            return file_asked(sheet, "journals") or ""
        found = journals.journals(session, chosen, after=asked("after", 400), before=asked("before", 400))
        funds, pots, kinds = (
            fund_slugs(session), journals.pots_of_ledger(session), journals.kinds_of(session)
        )  # fmt: skip
    return render_template(
        "ledger/journals.html",
        page=found,
        args=kept(*FILTERS),
        funds=funds,
        pots=pots,
        kinds=kinds,
        accounts=list(AccountKind),
    )


def _chosen() -> journals.JournalFilter:
    account = asked("account")
    if account and account not in set(AccountKind):
        raise BadInput("there is no such account", where="account", fix="Choose one of the list.")
    return journals.JournalFilter(
        fund=asked("fund"),
        pot=asked("pot"),
        account=AccountKind(account) if account else None,
        kind=asked("kind"),
        cause=asked("cause"),
        since=day_asked("from"),
        through=day_asked("to"),
    )


@blueprint.get("/staff/ledger/journals/<int:number>")
@requires(Permission.SEE_MONEY)
def show_journal(number: int) -> str:
    """One journal: its lines, what it stands for, its event in the log, and its reversal."""
    with current().read() as session:
        found = journals.opened(session, number)
        reversible = may_be_reversed(session, found.journal)
    may = reversible and holds(current_actor(), Permission.KEEP_BOOKS)
    return render_template(
        "ledger/journal.html",
        found=found,
        journal=found.journal,
        form=ReverseForm() if may else None,
        log=_log(),
    )


def _log() -> str:
    """The endpoint of the event log's page, if there is one."""
    return "audit.show_event" if "audit.show_event" in current_app.view_functions else ""


@blueprint.get("/staff/ledger/accounts/<int:number>")
@requires(Permission.SEE_MONEY)
def show_account(number: int) -> str:
    """One account with its running balance."""
    with current().read() as session:
        found = journals.account_statement(
            session,
            number,
            day_asked("from"),
            day_asked("to"),
            after=asked("after", 400),
            before=asked("before", 400),
        )
    here = url_for("ledger.show_account", number=number)
    return render_template("ledger/account.html", found=found, args=kept("from", "to"), here=here)
