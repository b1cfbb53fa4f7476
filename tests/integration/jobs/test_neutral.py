"""Every mail and text that the system can send is neutral where others may see it: sender, subject, headers."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

import hardship
from hardship.core.runtime import Runtime
from hardship.jobs.mails import Letter, message, server_of
from hardship.jobs.texts import body_of
from hardship.payouts.sanctions import service as sanctions
from hardship.payouts.service import alarm
from hardship.web.language import LANGUAGES
from tests.integration.applications.helpers import load
from tests.integration.applications.test_discretion import TELLING

ROOT = Path(hardship.__file__).parent
KNOWN = {"news", "word", "receipt", "staff", "payments_wait"}
PUBLIC_NAME = "Lane Support"


@dataclass(frozen=True)
class Sending:
    """A place in the code that puts a message into the outbox."""

    where: str
    template: str
    subject: str  # "" for news, which has none of its own


def sendings() -> Iterator[Sending]:
    """Every call of `enqueue_news` and `enqueue_letter`, but for the one inside the outbox itself."""
    for path in sorted(ROOT.rglob("*.py")):
        if path == ROOT / "core" / "outbox.py":
            continue
        module = ".".join(("hardship", *path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(
                getattr(node, "func", None), "id", getattr(getattr(node, "func", None), "attr", "")
            )
            if isinstance(node, ast.Call) and name in {"enqueue_news", "enqueue_letter"}:
                given = {one.arg: one.value for one in node.keywords}
                template = given.get("template") or node.args[3]
                subject = said(module, given["subject"]) if name == "enqueue_letter" else ""
                yield Sending(f"{module}:{node.lineno}", said(module, template), subject)


def said(module: str, node: ast.expr) -> str:
    """What an expression says: a text, a constant of its module, or the fund's public name. Anything else has to be
    looked at by a person, and is an error here."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Attribute) and node.attr == "public_name":
        return PUBLIC_NAME
    assert isinstance(node, ast.Name), (
        f"{module}:{node.lineno} names neither the public name nor a fixed text"
    )
    return str(getattr(importlib.import_module(module), node.id))


def test_every_kind_of_message_is_known_here() -> None:
    """A new kind is looked at by a person, then named in `KNOWN`."""
    assert {one.template for one in sendings()} == KNOWN


def test_no_subject_says_more_than_the_public_name_or_that_something_waits() -> None:
    found = list(sendings())
    assert len(found) >= len(KNOWN)
    for one in found:
        assert not TELLING.search(one.subject), one


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("subject", ["", PUBLIC_NAME, sanctions._SUBJECT, alarm.SUBJECT])
@pytest.mark.parametrize("several", [False, True])
def test_no_header_of_a_mail_tells_anything(
    sqlite_runtime: Runtime, code: str, subject: str, several: bool
) -> None:
    """Only what a mail needs, and nothing in it but the name, the address and the time."""
    load(sqlite_runtime)
    if several:
        with sqlite_runtime.database.writer.begin() as connection:
            columns = [
                row[1] for row in connection.execute(text("PRAGMA table_info(fund)")) if row[1] != "id"
            ]
            shown = ", ".join("'other'" if one in {"slug", "public_name"} else one for one in columns)
            connection.execute(text(f"INSERT INTO fund ({', '.join(columns)}) SELECT {shown} FROM fund"))
    server = server_of("smtp://localhost?from=notes@example.org", "localhost")
    letter = Letter("maya@example.org", subject, "Grant of 200 pounds" if subject else "", code)
    mail = message(sqlite_runtime, server, letter)
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    for name, value in mail.items():
        assert not TELLING.search(str(value)), name
    assert str(mail["From"]).endswith("<notes@example.org>") or mail["From"] == "notes@example.org"
    if not several and not subject:
        assert mail["Subject"] == PUBLIC_NAME


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_an_applicant_gets_says_only_that_there_is_news(sqlite_runtime: Runtime, code: str) -> None:
    load(sqlite_runtime)
    server = server_of("smtp://localhost", "localhost")
    mail = message(sqlite_runtime, server, Letter("maya@example.org", language=code)).get_content()
    text = body_of(Letter("+447700900123", language=code), PUBLIC_NAME, "http://localhost:8000")["text"]
    for body in (mail, text):
        assert not TELLING.search(body)
        assert not re.search(r"award|approv|declin|applic|accept|cerere|aprobat", body, re.IGNORECASE)
