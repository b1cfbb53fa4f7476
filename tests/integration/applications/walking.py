"""Every page that an applicant can meet, found by itself.

The walk asks the application for its addresses, opens each that needs no more than the session, follows every link on
the pages that it finds, and presses every button that sends nothing but its form. It does so as somebody at each stage:
before anything, while writing, when it was sent, with a question, after a yes, a no, a withdrawal, an erasure, and when
the round is over. Whoever adds a page for applicants finds it walked; a page that no stage reaches is named by
`unseen`, and one whose readers nobody named by `unclaimed`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from hardship.applications.evidence import service as evidence
from hardship.applications.messages import asking
from hardship.applications.messages import writing as messages
from hardship.applications.messages.models import Wants
from hardship.applications.owndata import complaining, erasing
from hardship.applications.owndata.models import About
from hardship.applications.service import Receipt, transition, withdraw
from hardship.applications.service.states import lock_application
from hardship.applications.transitions import ApplicationEvent
from hardship.core.actor import SYSTEM, Actor, ActorKind, Role
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime, Transaction
from hardship.staff.service import add
from hardship.web.access import Kind, access_of
from tests.integration.applications.helpers import apply, load, person
from tests.integration.applications.test_journey import app_over, current_of, post, send, write

LANGUAGES = ("en", "ro")
FUND_NAME = "Lane Support"  # the small fund's public name

FRONT = "contributions.show_front"  # for everybody, and the first page that many applicants see
ELSEWHERE = {
    "contributions.": "donors",
    "donating.": "donors",
    "statements.": "sponsors, and whoever checks a statement",
    "staff.": "staff",
    "jobs.": "machines",
    "webhooks.": "machines",
    "static": "browsers: styles and scripts",
    "web.leave": "everybody: the way out, which shows no page",
}
"""Public addresses that are no page for applicants, by the beginning of the endpoint's name: who they are for."""


@dataclass(frozen=True)
class Seen:
    """One answer of the application to somebody at a stage."""

    stage: str
    endpoint: str
    path: str
    tried: bool  # whether it answers a form that was sent empty
    answer: TestResponse = field(repr=False)

    @property
    def text(self) -> str:
        """The page's source."""
        return self.answer.get_data(as_text=True)

    @property
    def is_page(self) -> bool:
        """Whether it is shown, rather than kept as a file."""
        return self.answer.mimetype == "text/html"

    @property
    def title(self) -> str:
        """What the tab says."""
        return " ".join("".join(next(self.tree.iter("title")).itertext()).split())

    @property
    def tree(self) -> Element:
        """The page, parsed strictly; what no browser should have to mend is an error."""
        return parsed(self.text)

    def __str__(self) -> str:
        return f"{self.path} ({self.stage}{', sent empty' if self.tried else ''})"


@cache
def parsed(text: str) -> Element:
    """A page's elements."""
    return cast(Element, html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text))


# --- What there is to walk ---


def claimed(endpoint: str) -> bool:
    """Whether somebody said that a public address is not for applicants."""
    return endpoint != FRONT and endpoint.startswith(tuple(ELSEWHERE))


def applicants(app: Flask) -> set[str]:
    """The endpoints that show something to applicants."""
    found = set()
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        if access is None or "GET" not in (rule.methods or ()) or claimed(rule.endpoint):
            continue
        if access.kind is Kind.APPLICANT or (access.kind is Kind.PUBLIC and _ours(app, rule.endpoint)):
            found.add(rule.endpoint)
    return found


def unclaimed(app: Flask) -> set[str]:
    """Public endpoints that neither belong to the room of applications nor are named in `ELSEWHERE`."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (access := access_of(app, rule.endpoint)) is not None
        and access.kind is Kind.PUBLIC
        and not _ours(app, rule.endpoint)
        and not claimed(rule.endpoint)
    }


def _ours(app: Flask, endpoint: str) -> bool:
    return endpoint == FRONT or app.view_functions[endpoint].__module__.startswith("hardship.applications.")


# --- Somebody who opens everything ---


def everything(client: FlaskClient, stage: str, tried: set[str] | None = None) -> Iterator[Seen]:
    """Every page that this browser can open, and what each form answers that is sent empty, once: `tried` is kept.
    Without `tried` no form is sent.

    What is open to anybody is looked at by those who have nothing yet, and on the way by whoever is led to it.
    """
    app = client.application
    mine = applicants(app)
    waiting = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint in mine and not rule.arguments and _worth_it(app, rule.endpoint, stage)
    ]
    known = set(waiting)
    while waiting:
        path = waiting.pop(0)
        endpoint = _endpoint(app, path)
        if endpoint not in mine or not _worth_it(app, endpoint, stage):
            continue
        answer = client.get(path)
        if answer.status_code != 200:
            continue
        seen = Seen(stage, endpoint, path, False, answer)
        yield seen
        if not seen.is_page:
            continue
        new = [link for link in _links(seen.tree) if link not in known]
        known.update(new)
        waiting += new
        if tried is not None and path not in tried:
            refused = list(_sent_empty(client, seen))
            tried.update(path for _one in refused)
            yield from refused


def _worth_it(app: Flask, endpoint: str, stage: str) -> bool:
    access = access_of(app, endpoint)
    is_open = access is not None and access.kind is Kind.PUBLIC
    return is_open == (stage in ("stranger", "closed"))


def _endpoint(app: Flask, path: str, method: str = "GET") -> str:
    try:
        return app.url_map.bind("localhost").match(path, method=method)[0]
    except HTTPException:
        return ""


def _links(tree: Element) -> list[str]:
    """The addresses of our own that a page leads to, without what follows a question mark."""
    found = (urlsplit(link.get("href") or "") for link in tree.iter("a"))
    return [one.path for one in found if not one.netloc and one.path]


def _sent_empty(client: FlaskClient, seen: Seen) -> Iterator[Seen]:
    """The answer to the page's own form with nothing filled in, where that is refused."""
    if _endpoint(client.application, seen.path, "POST") != seen.endpoint:
        return
    for form in seen.tree.iter("form"):
        if form.get("method") != "post" or form.get("action") not in (None, seen.path):
            continue
        unseen = {
            str(one.get("name")): one.get("value") or ""
            for one in form.iter("input")
            if one.get("type") == "hidden"
        }
        answer = client.post(seen.path, data=unseen)
        if answer.status_code >= 400:
            yield Seen(seen.stage, seen.endpoint, seen.path, True, answer)


# --- The stages ---

Stage = Callable[[FlaskClient], None]


def signed_in(client: FlaskClient, receipt: Receipt) -> None:
    """Show reference and claim code."""
    told = {"reference": receipt.ref, "claim_code": receipt.claim_code}
    assert post(client, "/status", told).location == "/status/case"


def owner(receipt: Receipt) -> Actor:
    """The applicant of a receipt."""
    return Actor(ActorKind.APPLICANT, receipt.ref)


def _asked(client: FlaskClient, number: int, *events: ApplicationEvent, **changed: str) -> Receipt:
    """Somebody whose application came in, was checked, and went on by these events; signed in."""
    runtime = current_of(client)
    receipt = apply(runtime, person(number, safe_contact="email", **changed))
    runtime.run_due("checks")
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(hours=1))

    def go_on(tx: Transaction) -> None:
        for event in events:
            transition(tx, lock_application(tx, receipt.ref), event, "application.decided")

    runtime.transact(SYSTEM, go_on)
    signed_in(client, receipt)
    return receipt


def stranger(_client: FlaskClient) -> None:
    """Nobody yet."""


def writing(client: FlaskClient) -> None:
    """Somebody who answered everything and sent nothing."""
    write(client)


def sent(client: FlaskClient) -> None:
    """Somebody who has just sent it."""
    write(client)
    send(client)


def in_review(client: FlaskClient) -> None:
    """Somebody whose case is read, who showed a document, wrote, and complained once."""
    receipt = _asked(client, 31)
    runtime, number = current_of(client), receipt.application_id
    complaint = {"about": About.SERVICE, "words": "You are slow.", "may_pass_on": False}
    runtime.transact(owner(receipt), complaining.complain, application_id=number, **complaint)
    runtime.transact(owner(receipt), evidence.keep, application_id=number, pages=[b"drawn"], once="0" * 16)
    runtime.transact(owner(receipt), messages.write, application_id=number, words="How long?", once="1" * 16)


def questioned(client: FlaskClient) -> None:
    """Somebody who is asked for corrected details."""
    receipt, runtime = _asked(client, 32), current_of(client)
    reviewer = runtime.transact(SYSTEM, add, "rosa@example.org", [Role.REVIEWER])
    actor = Actor(ActorKind.STAFF, str(reviewer.id), frozenset({Role.REVIEWER}))

    def ask(tx: Transaction) -> None:
        application = lock_application(tx, receipt.ref)
        said = messages.write_for_fund(tx, application, words="Is it each month?", once="2" * 16)
        asking.put(tx, application, message=said, wants=Wants.DETAILS)

    runtime.transact(actor, ask)


def approved(client: FlaskClient) -> None:
    """Somebody who hears yes and gave no bank details."""
    _asked(client, 33, ApplicationEvent.APPROVE, legal_name="", sort_code="", account_number="")


def declined(client: FlaskClient) -> None:
    """Somebody who hears no."""
    _asked(client, 34, ApplicationEvent.DECLINE)


def withdrawn(client: FlaskClient) -> None:
    """Somebody who took it back."""
    receipt = _asked(client, 35)
    current_of(client).transact(owner(receipt), withdraw, application_id=receipt.application_id)


def erased(client: FlaskClient) -> None:
    """Somebody whose words are erased."""
    receipt = _asked(client, 36, ApplicationEvent.DECLINE)
    current_of(client).transact(owner(receipt), erasing.ask, application_id=receipt.application_id)


def closed(client: FlaskClient) -> None:
    """Somebody who comes when the round is over."""
    clock = current_of(client).clock
    assert isinstance(clock, SetClock)
    clock.set(dt.datetime(2020, 8, 1, 9, 0, tzinfo=dt.UTC))


STAGES: Mapping[str, Stage] = {
    stage.__name__: stage
    for stage in (
        *(stranger, writing, sent, in_review, questioned),
        *(approved, declined, withdrawn, erased, closed),
    )
}


def walk(runtime: Runtime, language: str, app: Flask | None = None) -> Iterator[Seen]:
    """Everything, at each stage, in one language. The runtime has the small fund."""
    app, tried = app or app_over(runtime), set[str]()
    for name, stage in STAGES.items():
        client = app.test_client()
        client.get("/status", query_string={"lang": language})
        stage(client)
        client.get("/status", query_string={"lang": language})
        yield from everything(client, name, tried)


def unseen(app: Flask, pages: list[Seen]) -> set[str]:
    """The applicants' endpoints that no stage reached."""
    return applicants(app) - {page.endpoint for page in pages}


def with_fund(make: Callable[[str], Runtime]) -> Runtime:
    """A runtime on SQLite with the small fund."""
    runtime = make("sqlite")
    load(runtime)
    return runtime
