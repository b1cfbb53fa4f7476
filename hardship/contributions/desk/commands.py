"""`hardship gifts …`: what finance does by hand. Names come on standard input, never as arguments,
which other users of the machine can read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from hardship.contributions import by_hand, exporting, receipts, refund_orders
from hardship.contributions.desk import receipt_commands
from hardship.contributions.desk.files import private_file
from hardship.contributions.desk.reading import line_of_stdin
from hardship.contributions.giftpage import GiftPage, gift_page
from hardship.contributions.hand_models import ProofKind, RefundOrder
from hardship.contributions.listing import GiftFilter, GiftRow, Matched, TaxState, gifts, totals
from hardship.contributions.models import Channel, DonorType
from hardship.contributions.queries import gift_by_ref
from hardship.core.clock import day_of, iso, parse_day
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.money import display, parse_minor
from hardship.core.sheets import as_csv, as_xlsx
from hardship.funds.queries import fund_by_slug
from hardship.staff.acting import acting_as, as_option

FUND = click.option("--fund", "fund_slug", required=True, metavar="SLUG", help="The fund.")
ON = click.option("--on", "on", metavar="DATE", help="The day, like 2020-03-31; today when left out.")


def register(root: click.Group) -> None:
    """Add the commands."""
    gifts_group = group(root, "gifts", "Gifts: enter, list, export, refund.")
    for one in (record, list_gifts, show, export, paying_in, refund, refunds, refund_paid, send_receipt):
        gifts_group.add_command(one)
    receipt_commands.register(root)


def _day(text: str | None) -> Any:
    return parse_day(text, where="--on") if text else day_of(the_runtime().clock.now())


# --- Gifts --------------------------------------------------------------------------------------------------------


@click.command(
    "record", help="Enter a gift by hand. Above the fund's limit another person has to approve it."
)
@FUND
@click.option("--amount", required=True, help="What was given, like 200.00.")
@click.option("--kind", type=click.Choice([one.value for one in ProofKind]), required=True)
@ON
@click.option("--fee", default="0.00", help="What was kept of it on its way.")
@click.option("--donor-type", type=click.Choice([one.value for one in DonorType]), default="anonymous")
@click.option("--name-stdin", is_flag=True, help="Read the donor's name from standard input.")
@click.option("--document", default="", help="Number of the cheque, receipt, slip or letter.")
@click.option("--body", default="", help="Who attests a gift held elsewhere.")
@click.option(
    "--channel",
    type=click.Choice([one.value for one in Channel]),
    help="How a gift held elsewhere was given.",
)
@click.option("--ref", default="", help="Its ref; a new one when left out.")
@as_option()
@reports
def record(
    fund_slug: str,
    amount: str,
    kind: str,
    on: str | None,
    fee: str,
    donor_type: str,
    name_stdin: bool,
    document: str,
    body: str,
    channel: str | None,
    ref: str,
    acting: str | None,
) -> Report:
    """Enter a gift."""
    gift = by_hand.HandGift(
        ref=ref or by_hand.new_gift_ref(),
        kind=ProofKind(kind),
        amount_minor=parse_minor(amount, where="--amount"),
        received_on=_day(on),
        donor_type=DonorType(donor_type),
        donor_name=line_of_stdin("--name-stdin") if name_stdin else "",
        document=document,
        body=body,
        fee_minor=parse_minor(fee, where="--fee"),
        channel=Channel(channel) if channel else None,
    )
    done = the_runtime().transact(acting_as(acting), by_hand.enter_gift, fund_slug=fund_slug, gift=gift)
    if done.proposal:
        words = f"Gift {done.ref} waits for another person: hardship proposals approve {done.proposal}"
    else:
        words = f"Gift {done.ref} is in the books."
    matched = dict(done.received.matched) if done.received else {}
    return Report({"ref": done.ref, "proposal": done.proposal, "matched": matched}, [words])


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        FUND,
        click.option("--channel", type=click.Choice([one.value for one in Channel])),
        click.option("--from", "from_on", metavar="DATE", help="Received on or after this day."),
        click.option("--to", "to_on", metavar="DATE", help="Received on or before this day."),
        click.option("--matched", type=click.Choice([one.value for one in Matched])),
        click.option("--gift-aid", "tax", type=click.Choice([one.value for one in TaxState])),
        click.option("--refunded", is_flag=True),
        click.option("--disputed", is_flag=True),
        click.option("--ref", default="", help="Part of its ref."),
    ):
        command = option(command)
    return command


def _chosen(session: Session, fund_slug: str, **asked: Any) -> GiftFilter:
    return GiftFilter(
        fund_by_slug(session, fund_slug).id or 0,
        channel=Channel(asked["channel"]) if asked["channel"] else None,
        from_on=parse_day(asked["from_on"], where="--from") if asked["from_on"] else None,
        to_on=parse_day(asked["to_on"], where="--to") if asked["to_on"] else None,
        matched=Matched(asked["matched"]) if asked["matched"] else None,
        tax=TaxState(asked["tax"]) if asked["tax"] else None,
        refunded=asked["refunded"],
        disputed=asked["disputed"],
        ref=asked["ref"],
    )


@click.command("list", help="Gifts, the latest first, fifty at a time, with what all that are meant come to.")
@_filters
@click.option("--after", default="", help="Where the last page ended.")
@reports
def list_gifts(fund_slug: str, after: str, **asked: Any) -> Report:
    """List gifts."""
    runtime = the_runtime()
    with runtime.read() as session:
        chosen = _chosen(session, fund_slug, **asked)
        page = gifts(runtime, session, chosen, after=after)
        sums = totals(runtime, session, chosen)
    data = {
        "gifts": [_told(row) for row in page.items],
        "after": page.after,
        "totals": {
            "count": sums.count,
            "gross": sums.gross_minor,
            "fee": sums.fee_minor,
            "refunded": sums.refunded_minor,
            "net": sums.net_minor,
            "matched": sums.matched_minor,
            "gift_aid": sums.tax_minor,
        },
    }
    lines = [
        f"{row.gift.ref}  {row.gift.received_on}  {row.gift.channel.value}  {display(row.gift.amount_minor)}"
        f"  matched {display(row.matched_minor)}"
        for row in page.items
    ]
    lines.append(f"{sums.count} gifts, {display(sums.gross_minor)}, refunded {display(sums.refunded_minor)}.")
    return Report(data, lines)


def _told(row: GiftRow) -> dict[str, Any]:
    gift = row.gift
    return {
        "ref": gift.ref,
        "received_at": iso(gift.received_at),
        "channel": gift.channel.value,
        "held": gift.held.value,
        "gross": gift.amount_minor,
        "fee": gift.fee_minor,
        "refunded": gift.refunded_minor,
        "matched": row.matched_minor,
        "gift_aid": row.tax_minor,
        "disputed": row.disputed,
    }


@click.command("show", help="One gift: amounts, refunds, Gift Aid, and its journals.")
@click.argument("ref")
@reports
def show(ref: str) -> Report:
    """Show a gift."""
    with the_runtime().read() as session:
        found = gift_page(session, gift_by_ref(session, ref))
    data = _all_of(found)
    lines = [f"{name}: {value}" for name, value in data.items() if not isinstance(value, list | dict)]
    for journal in data["journals"]:
        lines.append(f"journal {journal['journal']} {journal['on']} {journal['kind']}")
        lines += [f"    {one['pot']} {one['account']} {display(one['amount'])}" for one in journal["lines"]]
    return Report(data, lines)


def _all_of(found: GiftPage) -> dict[str, Any]:
    gift = found.gift
    return {
        "ref": gift.ref,
        "received_at": iso(gift.received_at),
        "channel": gift.channel.value,
        "held": gift.held.value,
        "gross": gift.amount_minor,
        "fee": gift.fee_minor,
        "refunded": gift.refunded_minor,
        "net": gift.net_minor,
        "bank_receipt": found.receipt.ref if found.receipt else None,
        "gift_aid": found.tax.row.entitled_minor if found.tax else 0,
        "refunds": [{"at": iso(one.refunded_at), "amount": one.amount_minor} for one in found.refunds],
        "disputes": [{"ref": one.ref, "state": one.state.value} for one in found.disputes],
        "journals": [
            {
                "journal": one.journal.id,
                "kind": one.journal.kind,
                "on": one.journal.effective_on.isoformat(),
                "lines": [
                    {"pot": line.pot, "account": line.account.value, "amount": line.minor}
                    for line in one.lines
                ],
            }
            for one in found.journals
        ],
    }


@click.command("export", help="Write the gifts that are meant to a new CSV or XLSX file, without names.")
@_filters
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@as_option()
@reports
def export(fund_slug: str, kind: str, out: Path, acting: str | None, **asked: Any) -> Report:
    """Export gifts."""
    runtime, actor = the_runtime(), acting_as(acting)
    with runtime.read() as session:
        chosen = _chosen(session, fund_slug, **asked)
    with private_file(out) as file:
        sheet = runtime.transact(actor, exporting.export_gifts, fund_slug=fund_slug, chosen=chosen)
        file.write(as_xlsx(sheet) if kind == "xlsx" else as_csv(sheet))
    return Report({"rows": len(sheet.rows), "file": str(out)}, [f"{len(sheet.rows)} gifts are in {out}."])


@click.command("pay-in", help="Record that cash and cheques were taken to the bank.")
@FUND
@click.option("--amount", required=True)
@ON
@click.option("--slip", required=True, help="The paying-in slip's number.")
@as_option()
@reports
def paying_in(fund_slug: str, amount: str, on: str | None, slip: str, acting: str | None) -> Report:
    """Pay in."""
    paid = the_runtime().transact(
        acting_as(acting),
        by_hand.pay_in,
        fund_slug=fund_slug,
        amount_minor=parse_minor(amount, where="--amount"),
        paid_in_on=_day(on),
        slip=slip,
    )
    return Report(
        {"ref": paid.ref, "amount": paid.amount_minor},
        [f"Paying-in {paid.ref}: {display(paid.amount_minor)}."],
    )


# --- Refunds ------------------------------------------------------------------------------------------------------


@click.command("refund", help="Ask for a refund of a gift. Another person has to approve it.")
@click.argument("ref")
@click.option("--amount", required=True)
@click.option("--reason", required=True, help="Why. It is kept sealed; do not name anybody.")
@as_option()
@reports
def refund(ref: str, amount: str, reason: str, acting: str | None) -> Report:
    """Ask for a refund."""
    done = the_runtime().transact(
        acting_as(acting),
        refund_orders.ask_refund,
        gift_ref=ref,
        amount_minor=parse_minor(amount, where="--amount"),
        reason=reason,
    )
    order = done.result.ref if isinstance(done.result, RefundOrder) else ""
    words = f"Refund {order} is approved." if done.done else f"It waits for another person: {done.ref}"
    return Report({"proposal": done.ref, "refund": order}, [words])


@click.command("refunds", help="Money that goes or went back, what is due first.")
@click.option("--after", default="", help="Where the last page ended.")
@reports
def refunds(after: str) -> Report:
    """List refunds."""
    with the_runtime().read() as session:
        page = exporting.orders(session, after=after)
    data: list[dict[str, Any]] = [
        {
            "ref": row.order.ref,
            "gift": row.gift_ref,
            "receipt": row.receipt_ref,
            "way": row.order.way.value,
            "state": row.order.state.value,
            "card": row.card.value if row.card else None,
            "amount": row.order.amount_minor,
        }
        for row in page.items
    ]
    lines = [
        f"{one['ref']}  {one['card'] or one['state']}  {one['way']}  {display(one['amount'])}  {one['gift'] or one['receipt']}"
        for one in data
    ]
    return Report({"refunds": data, "after": page.after}, lines or ["No refund."])


@click.command("refund-paid", help="Record that a refund that was due has been paid.")
@click.argument("ref")
@ON
@click.option("--bank-ref", required=True, help="What the bank calls it.")
@as_option()
@reports
def refund_paid(ref: str, on: str | None, bank_ref: str, acting: str | None) -> Report:
    """Record a refund's payment."""
    order = the_runtime().transact(
        acting_as(acting), refund_orders.paid_out, order_ref=ref, paid_on=_day(on), bank_ref=bank_ref
    )
    return Report({"ref": order.ref, "state": order.state.value}, [f"Refund {order.ref} is paid."])


@click.command(
    "receipt", help="Send a receipt for a gift. The donor's e-mail address comes on standard input."
)
@click.argument("ref")
@as_option()
@reports
def send_receipt(ref: str, acting: str | None) -> Report:
    """Send a receipt."""
    address = line_of_stdin("standard input")
    the_runtime().transact(acting_as(acting), receipts.send_for_gift, gift_ref=ref, address=address)
    return Report({"gift": ref, "queued": True}, [f"The receipt for {ref} is sent by the worker."])
