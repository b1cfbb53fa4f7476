"""`hardship worker`, `hardship outbox list` and `hardship doctor`."""

import threading
from typing import Any

import click

from hardship.core.clock import iso
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.logs import configure, log
from hardship.jobs import data_commands, doctor, mails, texts
from hardship.jobs.worker import PAUSE, once, run, stop_on_signals


def register(root: click.Group) -> None:
    """Add `worker`, `outbox list` and `doctor`."""
    root.add_command(worker)
    root.add_command(examine)
    group(root, "outbox", "Mails and texts to send.").add_command(list_outbox)
    data_commands.register(root)


@click.command(help="Do what is due: checks, mails, payouts. Runs until stopped, or once with --once.")
@click.option("--once", "only_once", is_flag=True, help="Do all that is due now, then end.")
@click.option("--pause", default=PAUSE, show_default=True, type=float, help="Seconds.")
@reports
def worker(only_once: bool, pause: float) -> Report:
    """Work; SIGTERM ends it after the item in hand."""
    if not 0.05 <= pause <= 3600:  # also refuses what is no number
        raise BadInput("the pause is 0.05 to 3600 seconds", where="--pause", fix="Write it like 2.")
    configure()
    runtime, stop = the_runtime(), threading.Event()
    if runtime.settings.smtp_url:
        mails.server_of(runtime.settings.smtp_url, "localhost")  # a wrong address is told at the start
    if runtime.settings.sms_url:
        texts.gateway_of(runtime.settings)
    stop_on_signals(stop)
    if not only_once:
        log().info("worker ready")
        total = run(runtime, stop, pause)
        return Report({"done": {}, "total": total}, [f"stopped; {total} things done"])
    result = once(runtime, stop)
    data: dict[str, Any] = {"done": result.done, "total": result.total, "failed": result.failed}
    lines = [f"{name}: {count}" for name, count in result.done.items() if count]
    lines += [f"{name}: failed ({error})" for name, error in result.failed.items()]
    return Report(data, lines or ["Nothing was due."], exit_code=1 if result.failed else 0)


@click.command("list", help="The mails and texts, with where each stands; addresses and numbers stay sealed.")
@click.option("--waiting", is_flag=True, help="Only those not sent yet.")
@reports
def list_outbox(waiting: bool) -> Report:
    """List the outbox."""
    runtime = the_runtime()
    with runtime.read() as session:
        found = mails.outbox(session)
    data = [
        {
            "ref": mail.ref,
            "kind": mail.kind.value,
            "template": mail.template,
            "state": mails.standing(mail),
            "created_at": iso(mail.created_at),
            "sent_at": iso(mail.sent_at) if mail.sent_at else None,
            "attempts": mail.attempts,
            "problem": mail.failed,
        }
        for mail in found
        if not waiting or mails.standing(mail) == "waiting"
    ]
    lines = [
        f"{one['created_at']}  {one['kind']}  {one['template']}  {one['state']}  {one['problem']}".rstrip()
        for one in data
    ]
    settings = runtime.settings
    if not settings.smtp_url:
        lines.append("SMTP_URL is not set: mails are kept here and not sent.")
    if not settings.sms_url and any(one["kind"] == "text" for one in data):
        lines.append("SMS_URL is not set: text messages are kept here and not sent.")
    return Report(
        {"mails": data, "sending": bool(settings.smtp_url), "texting": bool(settings.sms_url)},
        lines or ["The outbox is empty."],
    )


@click.command("doctor", help="Check every invariant and the set-up; exit 1 when something is wrong.")
@click.option("--only", metavar="NAME", multiple=True, help="Only the checks whose name begins so, like I7.")
@reports
def examine(only: tuple[str, ...]) -> Report:
    """Examine the instance."""
    found = doctor.examine(the_runtime(), only)
    if not found:
        raise BadInput("there is no such check", where="--only", fix="Leave it out to see all.")
    data = {"ok": all(one.ok for one in found), "checks": [one.described() for one in found]}
    lines = [f"{'ok  ' if one.ok else 'FAIL'} {one.name}: {one.detail}" for one in found]
    return Report(data, lines, exit_code=0 if data["ok"] else 1)
