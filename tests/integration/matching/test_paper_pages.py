"""Pages of agreements as papers: drafting, varying, asking, recording, closing, and what is unmatched."""

import datetime as dt
import io
import re
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.actor import operator
from hardship.core.runtime import Runtime
from hardship.matching.drafting import vary
from hardship.matching.models import AgreementState
from hardship.staff import proposals
from tests.integration.matching.helpers import (
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    set_clock,
    sponsor_pays,
    status_of,
)
from tests.integration.matching.papers import Office
from tests.integration.staff.signing import sign_in

TERMS = {
    "sponsor": "New sponsor",
    "kind": "match",
    "ratio": "1:1",
    "cap": "£100,000",
    "opens": ["1", "3", "2020"],
    "closes": ["31", "12", "2020"],
    "channels": ["card", "bank"],
    "paid": "in_advance",
    "reclaimable": "yes",
    "unused": "return",
}


class Desk:
    """Somebody at a browser, signed in."""

    def __init__(self, runtime: Runtime, name: str) -> None:
        self.runtime = runtime
        self.client: FlaskClient = create_app(runtime, testing=True).test_client()
        assert sign_in(self.client, runtime, f"{name}@example.org").status_code == 303

    def words(self, path: str, status: int = 200) -> str:
        """A page's text on one line."""
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return plain(answer.get_data(as_text=True))

    def send(self, path: str, status: int = 303, at: str = "", **fields: Any) -> Any:
        """Fill in the form of a page (`at`: the page that bears it) and send it."""
        page = self.client.get(at or path).get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None, path
        answer = self.client.post(path, data={"csrf_token": token[1], **fields})
        assert answer.status_code == status, plain(answer.get_data(as_text=True))[:800]
        return answer


def plain(page: str) -> str:
    """A page's text on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#39;", "’").split())


@pytest.fixture
def office(sqlite_runtime: Runtime) -> Office:
    """The fund with its staff, who can sign in."""
    load(sqlite_runtime)
    return Office(sqlite_runtime, "ann", "eve")


def approve(office: Office) -> None:
    """The approver says yes to what waits."""
    with office.runtime.read() as session:
        (waits,) = proposals.waiting(session)
    office.approve(waits.ref)


def test_an_agreement_is_drafted_on_a_page_and_read_by_the_second_person(office: Office) -> None:
    """Every term as typed, in words on the proposal; nothing is agreed before; names are never shown."""
    desk = Desk(office.runtime, "ann")
    typed = TERMS | {
        "fund": "f",
        "ref": "N",
        "exclude_donors": "New sponsor\r\nIts Chair",
        "per_donor_cap": "500",
        "clear_days": "14",
        "opens_time": "09:00",
        "tranches": "2020-05-01 60,000.00\n2020-07-01 40000",
        "contact_name": "Pat Payer",
        "why": "asked by the board",
    }
    there = desk.send("/staff/new-agreement", **typed).headers["Location"]
    second = Desk(office.runtime, "eve")
    said = second.words(there)
    for words in (
        "N",
        "Cap £100,000.00",
        "Cap on one donor £500.00",
        "2 names",
        "14 days after the gift",
        "£60000.00 on 1 May 2020",
        "1 March 2020 at 9:00am",
        "31 December 2020 at 11:59pm",
        "asked by the board",
    ):
        assert words in said, words
    for page in (there, "/staff/proposals"):
        assert "Chair" not in second.words(page)
        assert "Pat Payer" not in second.words(page)
    desk.words("/staff/agreements/N", 404)
    approve(office)
    said = desk.words("/staff/agreements/N")
    assert "Tranches" in said
    assert "Chair" not in said
    assert "Pat Payer" not in said


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cap": "12.345"}, "Enter an amount"),
    ({"ratio": "0:1"}, "Not a ratio"),
    ({"closes": ["1", "2", "2020"]}, "It closes before it opens"),
    ({"opens": ["31", "2", "2020"]}, "Enter a real date"),
    ({"opens_time": "nine"}, "Not a time of day"),
    ({"clear_days": "-1"}, "Not a whole number"),
    ({"clear_days": "999"}, "Not a number that fits"),
    ({"kind": "challenge"}, "A challenge needs a threshold"),
    ({"kind": "raffle"}, "Choose one of the answers"),
    ({"tranches": "soon"}, "is not a day and an amount"),
    ({"tranches": "2020-05-01 100000.01"}, "The tranches come to more than the cap"),
    ({"ref": "../x"}, "cannot be used here"),
    ({"ref": "M"}, "There is an agreement M already"),
    ({"ref": ""}, "Enter a reference"),
    ({"fund": "none"}, "Not a valid choice"),
    ({"sponsor": ""}, "Enter the sponsor"),
]


def test_a_draft_that_is_wrong_says_so_at_its_field_and_keeps_what_was_typed(office: Office) -> None:
    """422, an error summary, the typed text again, and nothing proposed."""
    desk = Desk(office.runtime, "ann")
    before = everything_in(office.runtime)["proposal"]
    for wrong, words in WRONG:
        typed = TERMS | {"fund": "f", "ref": "N", "purchase_order": "PO 99 typed"} | wrong
        page = desk.send("/staff/new-agreement", status=422, **typed).get_data(as_text=True)
        assert words in plain(page), wrong
        assert "There is a problem" in page
        assert "PO 99 typed" in page
        assert "<title>Error: " in page
    assert everything_in(office.runtime)["proposal"] == before


def test_a_variation_keeps_the_names_that_it_does_not_show(office: Office) -> None:
    """Left empty they stay; the page counts them; ticked, they go."""
    runtime = office.runtime
    runtime.transact(
        operator(), vary, agreement="M", fields={"exclude_donors": ["Boss"], "contact": {"name": "Pat"}}
    )
    desk = Desk(runtime, "ann")
    page = desk.client.get("/staff/agreements/M/vary").get_data(as_text=True)
    assert "1 name" in page
    assert "Boss" not in page
    kept = TERMS | {"sponsor": "Sponsor", "paid": "in_arrears", "channels": ["bank", "card", "cash", "other"]}
    same = kept | {"opens_time": "00:00", "closes_time": "00:00", "cap": "120000"}
    there = desk.send("/staff/agreements/M/vary", **same).headers["Location"]
    said = desk.words(there)
    assert "Cap £100,000.00 → £120,000.00" in said
    assert "Donors left out" not in said
    assert "proposal about this agreement waits" in desk.words("/staff/agreements/M")
    approve(office)
    assert "Donors left out 1 name" in desk.words("/staff/agreements/M")
    desk.send("/staff/agreements/M/vary", **same, exclude_nobody="y", contact_nobody="y")
    approve(office)
    said = desk.words("/staff/agreements/M")
    assert "Donors left out Nobody" in said
    assert "version 4" in said
    give(runtime, new_gift("G-1", "500"))
    page = desk.send("/staff/agreements/M/vary", status=422, **(same | {"cap": "499.99"})).get_data(
        as_text=True
    )
    assert "below the £500.00 that it has allocated" in plain(page)


def test_a_sponsor_is_asked_pays_and_the_page_shows_it(office: Office) -> None:
    """Request, PDF (an event), payment, cancelled; and ageing."""
    runtime = office.runtime
    runtime.transact(
        operator(),
        vary,
        agreement="M",
        fields={
            "paid": "in_advance",
            "tranche": [
                {"due": dt.date(2020, 5, 1), "amount": "60000.00"},
                {"due": dt.date(2020, 7, 1), "amount": "40000.00"},
            ],
        },
    )
    desk = Desk(runtime, "ann")
    desk.send("/staff/agreements/M/request", tranche="2020-05-01", amount="")
    page = desk.send("/staff/agreements/M/request", status=422, tranche="2020-05-01", amount="").get_data(
        as_text=True
    )
    assert "was requested already" in page
    page = desk.send(
        "/staff/agreements/M/request", status=422, tranche="2020-07-01", amount="40000.01"
    ).get_data(as_text=True)
    assert "Ask for up to £40,000.00" in page
    answer = desk.send("/staff/requests/M-R1/file", status=200, at="/staff/agreements/M")
    assert answer.data.startswith(b"%PDF")
    assert events(runtime, "request:M-R1")[-1]["kind"] == "match.request_read"
    typed = {"direction": "in", "amount": "25,000", "on": ["1", "4", "2020"], "bank_ref": "B-1"}
    desk.send("/staff/agreements/M/payment", **typed)
    desk.send("/staff/agreements/M/payment", **typed)
    for wrong, words in (
        ({"on": ["2", "4", "2020"], "bank_ref": "B-2"}, "still to come"),
        ({"amount": "1"}, "taken by a payment with other content"),
        ({"direction": "out", "bank_ref": "B-3", "amount": "25000.01"}, "more would go back"),
        ({"amount": "0"}, "£0.01 or more"),
    ):
        said = plain(
            desk.send("/staff/agreements/M/payment", status=422, **(typed | wrong)).get_data(as_text=True)
        )
        assert words.lower() in said.lower(), said[:600]
    assert status_of(runtime).received_minor == pounds("25,000")
    set_clock(runtime, "2020-06-15T10:00:00Z")
    desk = Desk(runtime, "ann")
    said = desk.words("/staff/agreements/M")
    assert "1 May 2020 £60,000.00 £25,000.00 £35,000.00 31 to 60 days M-R1" in said
    assert "£40,000.00 £0.00 £35,000.00 £0.00 £0.00" in said
    assert "Part received" in said
    desk.send("/staff/requests/M-R1/cancel", at="/staff/agreements/M")
    desk.send("/staff/requests/M-R1/cancel", at="/staff/agreements/M")
    said = desk.words("/staff/agreements/M")
    assert "Request for payment is cancelled" in said
    assert "Cancelled" in said


def test_an_agreement_is_closed_by_two_people(office: Office) -> None:
    """The page says what becomes of the advance; a second person approves it."""
    runtime = office.runtime
    runtime.transact(operator(), vary, agreement="M", fields={"paid": "in_advance"})
    sponsor_pays(runtime, "100,000")
    give(runtime, new_gift("G-1", "30,000"))
    desk = Desk(runtime, "ann")
    page = desk.send("/staff/agreements/M/close", status=422, sure="y").get_data(as_text=True)
    assert "M takes gifts until 2020-12-31" in page
    set_clock(runtime, "2021-01-04T10:00:00Z")
    desk = Desk(runtime, "ann")
    assert "1 agreement is over and to be closed" in desk.words("/staff/")
    assert "Received and not earned £70,000.00" in desk.words("/staff/agreements/M/close")
    desk.send("/staff/agreements/M/close", status=422)
    there = desk.send("/staff/agreements/M/close", sure="y").headers["Location"]
    assert "£70,000.00 goes back to the sponsor" in desk.words(there)
    approve(office)
    assert status_of(runtime).agreement.state is AgreementState.CLOSED
    said = desk.words("/staff/agreements/M")
    assert "£70,000.00 was not earned and is due back to the sponsor" in said
    assert "Vary the terms" not in said


def test_nobody_but_finance_opens_the_forms(sqlite_runtime: Runtime) -> None:
    """An approver reads; a reviewer does not; neither may propose, ask or record."""
    load(sqlite_runtime)
    names = ("roy", "eve")
    Office(sqlite_runtime, *names)
    for name in names:
        desk = Desk(sqlite_runtime, name)
        for page in ("vary", "close", "request", "payment"):
            desk.words(f"/staff/agreements/M/{page}", 403)
        desk.words("/staff/new-agreement", 403)
        seen = 200 if name == "eve" else 403
        assert "Vary the terms" not in desk.words("/staff/agreements/M", seen)
        desk.words("/staff/unmatched", seen)


def test_nothing_is_shown_that_is_not_there(office: Office) -> None:
    """Empty states, unknown agreements, cursors that were not made here."""
    desk = Desk(office.runtime, "ann")
    said = desk.words("/staff/agreements/M")
    for words in (
        "Nothing has moved yet",
        "No tranches are agreed",
        "No payment yet",
        "No gift is matched yet",
        "The first version",
    ):
        assert words in said, words
    assert "There is nothing to ask for" in desk.words("/staff/agreements/M/request")
    assert "Every gift that came is wholly matched" in desk.words("/staff/unmatched")
    for page in ("NONE", "NONE/vary", "NONE/close", "NONE/request", "NONE/payment"):
        desk.words(f"/staff/agreements/{page}", 404)
    assert desk.client.get("/staff/unmatched?after=nonsense").status_code == 422
    assert desk.client.get("/staff/agreements/M?after=nonsense").status_code == 422


def test_the_gifts_that_an_agreement_matched_are_paged(office: Office) -> None:
    """Twenty a page, each on exactly one, the latest first; what was taken back is not among them."""
    give(
        office.runtime,
        *[new_gift(f"G-{n:03d}", 100 + n, at=f"2020-04-{1 + n // 9:02d}T10:00:00Z") for n in range(120)],
    )
    give_back(office.runtime, "G-007", 107, at="2020-05-01T10:00:00Z")
    desk = Desk(office.runtime, "ann")
    assert walked(desk, "/staff/agreements/M") == [f"G-{n:03d}" for n in reversed(range(120)) if n != 7]


def walked(desk: Desk, path: str | None) -> list[str]:
    """The gifts on a list, page by page."""
    seen: list[str] = []
    while path:
        page = desk.client.get(path).get_data(as_text=True)
        seen += re.findall(r">(G-\d{3})</a>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    return seen


def test_unmatched_remainders_are_filtered_by_reason_and_paged(runtime: Runtime) -> None:
    """Each gift that has something unmatched, on exactly one page, with the reason that `match explain` gives."""
    load(runtime, {"cap": "100.00", "minimum": "1.00"}, {"ref": "CARDS", "channels": ["card"], "priority": 2})
    give(
        runtime,
        new_gift("G-500", "100", at="2020-04-01T09:00:00Z"),
        *[
            new_gift(f"G-{n:03d}", 200 if n % 3 else 50, at=f"2020-04-{2 + n // 9:02d}T10:00:00Z")
            for n in range(120)
        ],
    )
    Office(runtime, "ann")
    desk = Desk(runtime, "ann")
    every = [f"G-{n:03d}" for n in reversed(range(120))]
    assert walked(desk, "/staff/unmatched") == every
    small = [ref for ref in every if int(ref[2:]) % 3 == 0]
    assert walked(desk, "/staff/unmatched?reason=minimum") == small
    assert walked(desk, "/staff/unmatched?reason=minimum&agreement=M") == small
    assert walked(desk, "/staff/unmatched?reason=minimum&agreement=CARDS") == []
    assert walked(desk, "/staff/unmatched?reason=channel") == every
    assert walked(desk, "/staff/unmatched?reason=nonsense&agreement=nonsense") == every
    assert (
        "M: the gift is below the least amount that is matched; CARDS: gifts that come this way"
        in desk.words("/staff/unmatched?reason=minimum")
    )


def test_the_list_of_remainders_is_exported_and_that_is_an_event(runtime: Runtime) -> None:
    """CSV and XLSX hold a row for each reason; who took it is in the log; nobody is named; formulas do nothing."""
    load(runtime, {"cap": "100.00"})
    give(
        runtime,
        new_gift("G-1", "150", donor_name="Secret Donor"),
        new_gift("=1+1", "20", at="2020-04-02T10:00:00Z", donor_name="Secret Donor"),
    )
    Office(runtime, "kim")
    desk = Desk(runtime, "kim")
    answer = desk.send("/staff/unmatched/file", status=200, at="/staff/unmatched", fund="f", format="csv")
    assert answer.get_data(as_text=True).split("\r\n") == [
        "gift,received_at,channel,amount,net,unmatched,agreement,reason,why",
        "'=1+1,2020-04-02T10:00:00+00:00,bank,20.00,20.00,20.00,M,cap_exhausted,what was agreed is used up",
        "G-1,2020-04-01T09:00:00+00:00,bank,150.00,150.00,50.00,M,cap_exhausted,what was agreed is used up",
        "",
    ]
    assert events(runtime, "fund:f")[-1]["facts"]["rows"] == 2
    answer = desk.send(
        "/staff/unmatched/file", status=200, at="/staff/unmatched", fund="f", format="xlsx", reason="minimum"
    )
    book = ZipFile(io.BytesIO(answer.data))
    assert b"Secret" not in b"".join(book.read(name) for name in book.namelist())
    assert events(runtime, "fund:f")[-1]["facts"]["reason"] == "minimum"
    desk.send("/staff/unmatched/redistribute", status=403, at="/staff/unmatched", fund="f")


def test_freed_match_is_given_to_earlier_gifts_from_the_page(office: Office) -> None:
    """And again is no change."""
    runtime = office.runtime
    runtime.transact(operator(), vary, agreement="M", fields={"cap": "100.00"})
    give(runtime, new_gift("G-1", "100"), new_gift("G-2", "50", at="2020-04-02T10:00:00Z"))
    give_back(runtime, "G-1", "100")
    desk = Desk(runtime, "ann")
    for said in ("£50.00 was given to earlier gifts", "There was nothing to give"):
        desk.send("/staff/unmatched/redistribute", at="/staff/new-agreement", fund="f")
        assert said in desk.words("/staff/unmatched")
