"""`hardship receipts …`: bank lines that came in and fit nothing."""

from typing import Any

import click

from hardship.contributions import exporting, refund_orders, unidentified
from hardship.contributions.desk.reading import line_of_stdin
from hardship.contributions.hand_models import BankReceipt, RefundOrder
from hardship.contributions.models import DonorType
from hardship.contributions.steps import ReceiptState
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display, parse_minor
from hardship.core.refs import tidy_reference
from hardship.funds.queries import fund_by_slug
from hardship.staff.acting import acting_as, as_option

FUND = click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")


def register(root: click.Group) -> None:
    """Add the commands."""
    receipts = group(root, "receipts", "Bank lines that came in and fit nothing.")
    for one in (list_receipts, identify, give_back):
        receipts.add_command(one)


@click.command(
    "list", help="Incoming bank lines, the oldest first; the unidentified unless --state says otherwise."
)
@FUND
@click.option("--state", type=click.Choice([one.value for one in ReceiptState]), default="unidentified")
@click.option("--after", default="", help="Where the last page ended.")
@reports
def list_receipts(fund_slug: str, state: str, after: str) -> Report:
    """List receipts."""
    with the_runtime().read() as session:
        fund = fund_by_slug(session, fund_slug)
        page = exporting.receipts(session, fund.id or 0, [ReceiptState(state)], after=after)
    data = [_receipt(row) for row in page.items]
    lines = [f"{one['ref']}  {one['received_on']}  {display(one['amount'])}  {one['about']}" for one in data]
    return Report({"receipts": data, "after": page.after}, lines or ["No bank line."])


def _receipt(row: BankReceipt) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "received_on": row.received_on.isoformat(),
        "amount": row.amount_minor,
        "state": row.state.value,
        "about": row.about or "",
    }


@click.command(
    "identify", help="Say what an unidentified bank line is: a gift, unless an option says otherwise."
)
@click.argument("ref")
@click.option("--donor-type", type=click.Choice([one.value for one in DonorType]), default="anonymous")
@click.option("--name-stdin", is_flag=True, help="Read the donor's name from standard input.")
@click.option("--gift-ref", default="", help="The gift's ref; a new one when left out.")
@click.option("--fee", default="0.00", help="What the bank kept of it.")
@click.option(
    "--booked-as", "about", default="", help="It is in the books already, as this: contribution:REF"
)
@click.option("--sponsor", "agreement", default="", help="It is a sponsor's payment for this agreement.")
@click.option("--card-payout", is_flag=True, help="It is what the card processor paid out.")
@as_option()
@reports
def identify(
    ref: str,
    donor_type: str,
    name_stdin: bool,
    gift_ref: str,
    fee: str,
    about: str,
    agreement: str,
    card_payout: bool,
    acting: str | None,
) -> Report:
    """Identify a bank line."""
    if sum(bool(one) for one in (about, agreement, card_payout)) > 1:
        raise BadInput(
            "a bank line is one thing only", fix="Give one of --booked-as, --sponsor, --card-payout."
        )
    runtime, actor, line = the_runtime(), acting_as(acting), tidy_reference(ref)
    if about:
        done = runtime.transact(actor, unidentified.identify_as_booked, receipt_ref=line, about=about)
    elif agreement:
        done = runtime.transact(
            actor, unidentified.identify_as_sponsor_payment, receipt_ref=line, agreement=agreement
        )
    elif card_payout:
        done = runtime.transact(actor, unidentified.identify_as_card_payout, receipt_ref=line)
    else:
        name = line_of_stdin("--name-stdin") if name_stdin else ""
        done = runtime.transact(
            actor,
            unidentified.identify,
            receipt_ref=line,
            giver=unidentified.Giver(name, DonorType(donor_type)),
            gift_ref=gift_ref,
            fee_minor=parse_minor(fee, where="--fee"),
        )
    data = {
        "receipt": done.receipt,
        "became": done.became.value,
        "about": done.about,
        "matched": dict(done.matched),
    }
    return Report(data, [f"Receipt {done.receipt} is {done.about}."])


@click.command(
    "give-back", help="An unidentified bank line is nobody's and goes back. Another person has to approve it."
)
@click.argument("ref")
@click.option("--reason", required=True)
@as_option()
@reports
def give_back(ref: str, reason: str, acting: str | None) -> Report:
    """Ask for a bank line to go back."""
    done = the_runtime().transact(acting_as(acting), refund_orders.ask_return, receipt_ref=ref, reason=reason)
    order = done.result.ref if isinstance(done.result, RefundOrder) else ""
    words = f"Refund {order} is approved." if done.done else f"It waits for another person: {done.ref}"
    return Report({"proposal": done.ref, "refund": order}, [words])
