"""A small fund with an open round, people who apply to it, and the command line, for the tests of several rooms."""

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlmodel import Session, select

from hardship.applications.models import Application, Source
from hardship.applications.queries import by_ref
from hardship.applications.service import Receipt, submit
from hardship.applications.views.status import code_mark
from hardship.audit.models import AuditEvent
from hardship.cli import Instance, build_cli, main
from hardship.core.actor import PUBLIC, SYSTEM
from hardship.core.runtime import Runtime, Transaction, current
from hardship.funds.document import read_document
from hardship.funds.models import Round
from hardship.funds.queries import round_by_slug
from hardship.funds.service import load_fund

FUND = """
[fund]
slug = "small"
name = "Small fund"
public_name = "Lane Support"
currency = "GBP"
class = "restricted"
role = "principal"
bank_details = "{bank_details}"
publisher = {{ prefix = "X", org_id = "GB-CHC-1", name = "Example" }}

[fund.bank]
name = "Example"
sort_code = "20-00-00"
account_number = "55779911"

[[round]]
slug = "spring"
opens = 2020-03-20T09:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
grant = "200.00"
budget = "10000.00"
quorum = 2
spend_order = "pro_rata"

[[round.rule]]
id = "lost-income"
field = "income_loss_percent"
op = ">="
value = 50
on_fail = "refer"
reason = "Your income has to have fallen by half or more."
"""

ANSWERS = {
    "legal_name": "Maya Example",
    "working_name": "Mae",
    "birth_year": "1990",
    "outward_postcode": "E8",
    "email": "maya@example.org",
    "phone": "07700 900123",
    "sort_code": "20-29-59",
    "account_number": "12345678",
    "income_before": "1200.00",
    "income_now": "300.00",
    "reason": "livelihood",
    "statement": "The bookings stopped overnight.",
    "voucher": "",
    "connected": "no",
}


def load(runtime: Runtime, bank_details: str = "choice", more: str = "") -> Round:
    """Load the small fund; returns its round."""
    document = read_document((FUND.format(bank_details=bank_details) + more).encode(), "fund.toml")
    runtime.transact(SYSTEM, load_fund, document=document)
    with runtime.read() as session:
        return round_by_slug(session, "spring")


def person(number: int, **changed: str) -> dict[str, str]:
    """The answers of somebody who shares nothing with anybody else."""
    own = {
        "legal_name": f"Person Number{number}",
        "email": f"person{number}@example.org",
        "phone": f"07{400_000_000 + number}",
        "account_number": f"{20_000_000 + number}",
    }
    return ANSWERS | own | changed


def apply(runtime: Runtime, answers: dict[str, str], **options: Any) -> Receipt:
    """Send one application."""
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    options.setdefault("source", Source.WEB)
    return runtime.transact(PUBLIC, submit, round_=round_, answers=answers, **options)


def stored(runtime: Runtime, ref: str) -> Application:
    """An application as it is stored."""
    with runtime.read() as session:
        return session.exec(select(Application).where(Application.ref == ref)).one()


def bodies(session: Session, subject: str = "") -> list[dict[str, Any]]:
    """The events of a subject (or all), oldest first."""
    question = select(AuditEvent).order_by(AuditEvent.seq)  # type: ignore[arg-type]
    if subject:
        question = question.where(AuditEvent.subject == subject)
    return [json.loads(event.body) for event in session.exec(question)]


def everything_in(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to see whether anything changed."""
    from sqlmodel import SQLModel

    with runtime.database.reader.connect() as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))), key=repr
            )
            for name in SQLModel.metadata.tables
        }


class Command:
    """Runs `hardship …` on a runtime, as a shell does."""

    def __init__(
        self, runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.capsys = capsys

        class OnThis(Instance):
            @property
            def runtime(self) -> Runtime:  # type: ignore[override]
                return runtime

        monkeypatch.setattr("hardship.cli.Instance", OnThis)

    def __call__(self, *args: str | Path) -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        status = 0
        try:
            main([str(arg) for arg in args])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        out, err = self.capsys.readouterr()
        return status, out, err


def known_commands() -> click.Group:
    """The root command."""
    return build_cli()


def token(client: FlaskClient, path: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found, f"{path} has no form"
    return found[1]


def hidden(client: FlaskClient, path: str) -> dict[str, str]:
    """What a form of this page carries unseen: the form token and, at a gate, its ticket."""
    text = client.get(path).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert found, f"{path} has no form"
    ticket = re.search(r'name="ticket" value="([^"]+)"', text)
    return {"csrf_token": found[1]} | ({"ticket": ticket[1]} if ticket else {})


def run(tx: Transaction, use_case: Any, *args: Any) -> Any:
    """A use case inside another's transaction."""
    return use_case(tx, *args)


def mark_of(app: Flask, ref: str) -> str:
    """What a session holds of the claim code beside the reference, for a test that signs nobody in."""
    with app.app_context(), current().read() as session:
        return code_mark(by_ref(session, ref))
