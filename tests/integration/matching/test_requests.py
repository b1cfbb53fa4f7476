"""Tranches and requests for payment: numbered, frozen, settled oldest first, with their age."""

import datetime as dt
import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hardship.audit.verify import verify
from hardship.core.actor import operator
from hardship.core.canonical import sha256_hex
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.runtime import Runtime
from hardship.matching import requesting
from hardship.matching.drafting import vary
from hardship.matching.models import PaymentRequest, RequestState
from hardship.matching.papers import frozen
from hardship.matching.queries import agreement_by_ref
from hardship.matching.requesting import Asked, Issued, issue_request
from hardship.matching.standing import Payable, payable
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    set_clock,
    sponsor_pays,
)
from tests.integration.matching.papers import Office

FIRST, SECOND = dt.date(2020, 5, 1), dt.date(2020, 7, 1)
TRANCHE = [{"due": FIRST, "amount": "60000.00"}, {"due": SECOND, "amount": "40000.00"}]
CONTACT = {"name": "Pat Payer", "email": "pat@sponsor.example", "address": "1 High Street, Leeds"}


def in_advance(runtime: Runtime) -> None:
    """An agreement of £100,000.00 in two tranches, with a purchase order and somebody to write to."""
    load(runtime, {"paid": "in_advance"})
    fields = {"tranche": TRANCHE, "purchase_order": "PO 4711", "contact": CONTACT, "payment_days": 14}
    runtime.transact(operator(), vary, agreement="M", fields=fields)


def ask(runtime: Runtime, due: dt.date | None = None, amount: str | None = None) -> Issued:
    """Issue a request."""
    return issue_request(
        runtime, operator(), asked=Asked("M", due, pounds(amount) if amount is not None else None)
    )


def stands(runtime: Runtime, on: str = "2020-04-01") -> Payable:
    """What the sponsor is to pay, as of a day."""
    with runtime.read() as session:
        return payable(session, agreement_by_ref(session, "M"), dt.date.fromisoformat(on))


def request_of(runtime: Runtime, ref: str) -> PaymentRequest:
    """A request's row."""
    with runtime.read() as session:
        return requesting.request_named(session, ref)[0]


def text_of(body: bytes) -> str:
    """The words of a PDF on one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split())


def test_a_request_says_what_it_is_for_and_how_to_pay_and_never_changes(runtime: Runtime) -> None:
    """The purchase order, the tranche, the day, the account and the reference; not a VAT invoice; stored sealed."""
    in_advance(runtime)
    issued = ask(runtime)
    said = text_of(issued.body)
    for words in (
        "M-R1",
        "PO 4711",
        "Match funding for Fund, agreement M, version 2: 1:1",
        "The tranche of 1 May 2020",
        "£60,000.00",
        "by 1 May 2020",
        "This is not a VAT invoice.",
        "Pat Payer",
        "1 High Street, Leeds",
        "Sponsor",
    ):
        assert words in said, words
    assert issued.body.startswith(b"%PDF")
    name, kept = runtime.transact(operator(), requesting.read_pdf, ref="M-R1")
    assert (name, kept) == ("request-M-R1.pdf", issued.body)
    assert request_of(runtime, "M-R1").sha256 == sha256_hex(issued.body)
    assert "Pat Payer" not in str(everything_in(runtime))
    assert b"%PDF" not in (request_of(runtime, "M-R1").body or b"")


def test_tranches_are_asked_for_in_turn_and_settled_oldest_first(runtime: Runtime) -> None:
    """Part of the first, then the rest and some of the second: each request follows, once."""
    in_advance(runtime)
    assert [ask(runtime).amount_minor, ask(runtime).amount_minor] == [pounds("60,000"), pounds("40,000")]
    with pytest.raises(Conflict, match="every tranche was received or requested"):
        ask(runtime)
    sponsor_pays(runtime, "25,000")
    assert request_of(runtime, "M-R1").state is RequestState.PART_RECEIVED
    assert [one.received_minor for one in stands(runtime).tranches] == [pounds("25,000"), 0]
    sponsor_pays(runtime, "45,000", ref="P-2")
    assert request_of(runtime, "M-R1").state is RequestState.RECEIVED
    second = request_of(runtime, "M-R2")
    assert (second.state, second.received_minor) == (RequestState.PART_RECEIVED, pounds("10,000"))
    sponsor_pays(runtime, "30,000", ref="P-3")
    sponsor_pays(runtime, "30,000", ref="P-3")
    assert request_of(runtime, "M-R2").state is RequestState.RECEIVED
    assert [one.age for one in stands(runtime, "2021-01-01").tranches] == [None, None]
    assert_sound(runtime)


def test_what_is_open_grows_old_in_bands(runtime: Runtime) -> None:
    """On its day nothing is overdue; then 1–30, 31–60, 61–90 and 90+."""
    in_advance(runtime)
    sponsor_pays(runtime, "10,000")
    found: dict[str, dict[str, int]] = {}
    for on in (
        "2020-05-01",
        "2020-05-02",
        "2020-05-31",
        "2020-06-01",
        "2020-06-30",
        "2020-07-30",
        "2020-07-31",
    ):
        found[on] = {age.value: minor for age, minor in stands(runtime, on).ages.items() if minor}
    first, second = pounds("50,000"), pounds("40,000")
    assert found["2020-05-01"] == {"not_due": first + second}
    assert found["2020-05-02"] == {"not_due": second, "1-30": first}
    assert found["2020-05-31"] == {"not_due": second, "1-30": first}
    assert found["2020-06-01"] == {"not_due": second, "31-60": first}
    assert found["2020-06-30"] == {"not_due": second, "31-60": first}
    assert found["2020-07-30"] == {"1-30": second, "61-90": first}
    assert found["2020-07-31"] == {"1-30": second, "90+": first}


def test_in_arrears_only_what_is_earned_is_asked_for(runtime: Runtime) -> None:
    """Nothing before the first gift, then what is owed and not asked for; a request settles like a tranche."""
    load(runtime)
    with pytest.raises(Conflict, match="owes nothing"):
        ask(runtime)
    give(runtime, new_gift("G-1", "300"))
    with pytest.raises(BadInput, match="Ask for up to £300.00"):
        ask(runtime, amount="300.01")
    assert ask(runtime, amount="100").due_on == dt.date(2020, 5, 1)
    assert ask(runtime).amount_minor == pounds("200")
    with pytest.raises(Conflict, match="owes nothing"):
        ask(runtime)
    assert stands(runtime, "2020-05-02").ages["1-30"] == pounds("300")
    sponsor_pays(runtime, "150")
    assert request_of(runtime, "M-R1").state is RequestState.RECEIVED
    assert request_of(runtime, "M-R2").received_minor == pounds("50")
    give(runtime, new_gift("G-2", "20", at="2020-04-03T10:00:00Z"))
    assert stands(runtime).askable_minor == pounds("20")


def test_money_that_came_unasked_is_not_asked_for_again(runtime: Runtime) -> None:
    """In arrears what was paid beforehand lowers the request, and does not settle it."""
    load(runtime)
    give(runtime, new_gift("G-1", "300"))
    sponsor_pays(runtime, "250")
    issued = ask(runtime)
    assert issued.amount_minor == pounds("50")
    assert request_of(runtime, issued.ref).state is RequestState.REQUESTED


def test_a_cancelled_request_leaves_what_came_with_its_tranche(runtime: Runtime) -> None:
    """And the rest may be asked for again, under the next number."""
    in_advance(runtime)
    ask(runtime)
    sponsor_pays(runtime, "10,000")
    runtime.transact(operator(), requesting.cancel, ref="M-R1")
    assert request_of(runtime, "M-R1").state is RequestState.CANCELLED
    with pytest.raises(Conflict):
        runtime.transact(operator(), requesting.cancel, ref="M-R1")
    again = ask(runtime)
    assert (again.ref, again.amount_minor) == ("M-R2", pounds("50,000"))
    sponsor_pays(runtime, "50,000", ref="P-2")
    assert request_of(runtime, "M-R1").state is RequestState.CANCELLED
    assert request_of(runtime, "M-R2").state is RequestState.RECEIVED


def test_a_requested_tranche_stays_as_it_is(runtime: Runtime) -> None:
    """A variation may move the others; and none may fall below what has come for it."""
    in_advance(runtime)
    ask(runtime)
    moved = [{"due": FIRST, "amount": "50000.00"}, TRANCHE[1]]
    with pytest.raises(Conflict, match="was requested"):
        runtime.transact(operator(), vary, agreement="M", fields={"tranche": moved})
    runtime.transact(operator(), vary, agreement="M", fields={"tranche": [TRANCHE[0]]})
    runtime.transact(operator(), vary, agreement="M", fields={"tranche": TRANCHE})
    sponsor_pays(runtime, "70,000")
    with pytest.raises(Conflict, match="£10,000.00 has come"):
        runtime.transact(operator(), vary, agreement="M", fields={"tranche": [TRANCHE[0]]})


def test_an_advance_that_came_before_there_were_tranches_settles_the_first(runtime: Runtime) -> None:
    """The tranches are the whole of what is paid in advance."""
    load(runtime, {"paid": "in_advance"})
    sponsor_pays(runtime, "70,000")
    runtime.transact(operator(), vary, agreement="M", fields={"tranche": TRANCHE})
    assert [one.received_minor for one in stands(runtime).tranches] == [pounds("60,000"), pounds("10,000")]


def test_a_refund_takes_back_no_payment(runtime: Runtime) -> None:
    """What came stays with its request; what the refund frees is the sponsor's again, and lowers the next one."""
    load(runtime)
    give(runtime, new_gift("G-1", "300"))
    ask(runtime)
    sponsor_pays(runtime, "300")
    give_back(runtime, "G-1", "100")
    give(runtime, new_gift("G-2", "150", at="2020-04-05T10:00:00Z"))
    assert stands(runtime).askable_minor == pounds("50")
    assert request_of(runtime, "M-R1").state is RequestState.RECEIVED


def test_who_may_ask(sqlite_runtime: Runtime) -> None:
    """Finance; an auditor may read a request, a reviewer not even that; reading is an event."""
    in_advance(sqlite_runtime)
    office = Office(sqlite_runtime)
    for name in ("roy", "eve", "kim", "ida"):
        with pytest.raises(Forbidden):
            issue_request(sqlite_runtime, office.staff[name], asked=Asked("M"))
    issue_request(sqlite_runtime, office.staff["ann"], asked=Asked("M"))
    sqlite_runtime.transact(office.staff["kim"], requesting.read_pdf, ref="M-R1")
    for use in (requesting.read_pdf, requesting.cancel):
        with pytest.raises(Forbidden):
            sqlite_runtime.transact(office.staff["roy"], use, ref="M-R1")
    with pytest.raises(NotFound):
        sqlite_runtime.transact(operator(), requesting.cancel, ref="M-R2\x00")


def test_the_commands(shell: Shell) -> None:
    """`match request`, `tranches` and `cancel-request`; what is refused changes nothing; the log agrees with the rows."""
    in_advance(shell.runtime)
    out = shell.folder / "out"
    done = shell.json("match", "request", "M", "--out", str(out))
    assert (done["ref"], done["amount"], done["due"], done["state"]) == (
        "M-R1",
        6_000_000,
        "2020-05-01",
        "requested",
    )
    path = Path(done["file"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert sha256_hex(path.read_bytes()) == request_of(shell.runtime, "M-R1").sha256
    sponsor_pays(shell.runtime, "10,000")
    set_clock(shell.runtime, "2020-06-15T10:00:00Z")
    (found,) = shell.json("match", "tranches", "--agreement", "M")["agreements"]
    assert found["tranches"][0] == {
        "due": "2020-05-01",
        "amount": 6_000_000,
        "received": 1_000_000,
        "open": 5_000_000,
        "age": "31-60",
        "request": "M-R1",
    }
    assert found["ageing"] == {"not_due": 4_000_000, "1-30": 0, "31-60": 5_000_000, "61-90": 0, "90+": 0}
    assert found["requests"][0]["state"] == "part_received"
    assert "31 to 60 days" in shell.run("match", "tranches")[1]
    for args in (
        ("request", "M", "--tranche", "2020-05-01"),
        ("request", "M", "--tranche", "2020-05-02"),
        ("request", "M", "--tranche", "then"),
        ("request", "M", "--amount", "0.00"),
        ("request", "M", "--amount", "40000.01"),
        ("request", "M", "--amount", "-1"),
        ("request", "NONE"),
    ):
        shell.refused("match", *args, "--out", str(out))
    shell.refused("match", "request", "M", "--out", str(path))
    shell.refused("match", "cancel-request", "M-R9")
    assert shell.json("match", "cancel-request", "M-R1")["state"] == "cancelled"
    assert shell.json("audit", "verify")["ok"]


def test_the_database_itself_refuses_a_changed_request(runtime: Runtime) -> None:
    """Its bytes, amount and day, whoever writes; and it is never deleted."""
    in_advance(runtime)
    ask(runtime)
    for change in (
        "UPDATE payment_request SET sha256 = 'x'",
        "UPDATE payment_request SET amount_minor = 1",
        "DELETE FROM payment_request",
    ):
        with pytest.raises(DBAPIError):
            run_sql(runtime, change)
    assert request_of(runtime, "M-R1").amount_minor == pounds("60,000")


def run_sql(runtime: Runtime, statement: str) -> None:
    """Change rows past the services."""
    runtime.transact(operator(), lambda tx: tx.session.connection().execute(text(statement)))


def test_a_changed_request_is_noticed(runtime: Runtime) -> None:
    """Whoever takes the guard away: a state that no event tells is found by the log, other bytes by the doctor."""
    in_advance(runtime)
    ask(runtime)
    with runtime.read() as session:
        assert frozen(session, runtime) == []
    on = " ON payment_request" if runtime.database.dialect == "postgresql" else ""
    run_sql(runtime, f"DROP TRIGGER payment_request_is_frozen{on}")
    run_sql(runtime, f"UPDATE payment_request SET state = 'received', sha256 = '{'0' * 64}'")
    with runtime.read() as session:
        assert frozen(session, runtime) == ["request M-R1 is not what was issued"]
        assert not verify(session, runtime.vault).ok
