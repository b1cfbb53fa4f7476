"""Closing an agreement after its window: the unearned advance goes back, is carried on, or lapses; two people decide."""

import pytest
from sqlmodel import select

from hardship.audit.verify import verify
from hardship.core.actor import operator
from hardship.core.errors import BadInput, Conflict, Forbidden
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund, lock_fund
from hardship.ledger.models import Account, AccountKind
from hardship.ledger.queries import figures
from hardship.matching import requesting
from hardship.matching.closing import Closed, close
from hardship.matching.drafting import vary
from hardship.matching.models import AgreementState, RequestState
from hardship.matching.queries import agreement_by_ref
from hardship.matching.requesting import Asked, issue_request
from hardship.matching.service import redistribute
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    books,
    events,
    everything_in,
    fund_toml,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    set_clock,
    sponsor_pays,
    status_of,
    why,
)
from tests.integration.matching.papers import Office

ADVANCE = {"paid": "in_advance", "reclaimable": True, "unused": "return"}
AFTER = "2021-01-04T10:00:00Z"


def closed(runtime: Runtime, successor: str = "", agreement: str = "M") -> Closed:
    """Close an agreement as the machine's operator."""
    done = runtime.transact(operator(), close, agreement=agreement, successor=successor).result
    assert isinstance(done, Closed)
    return done


def balance(runtime: Runtime, kind: AccountKind, agreement: str = "M") -> int:
    """What stands on an account of an agreement's pot, as people read it."""
    with runtime.read() as session:
        pot = agreement_by_ref(session, agreement).pot_id
        minor = session.exec(
            select(Account.balance_minor).where(Account.pot_id == pot, Account.kind == kind)
        ).one()
    return abs(minor)


def funded(runtime: Runtime, **terms: object) -> None:
    """£100,000.00 in advance, £30,000.00 earned, and the time is over."""
    load(runtime, ADVANCE | terms)
    sponsor_pays(runtime, "100,000")
    give(runtime, new_gift("G-1", "30,000"))
    set_clock(runtime, AFTER)


def test_return_what_was_not_earned_is_due_and_repaid(runtime: Runtime) -> None:
    """Dr unearned / Cr sponsor refunds due; the repayment clears it; nothing of it was ever spendable."""
    funded(runtime)
    done = closed(runtime)
    assert (done.due_minor, done.rolled_minor, done.lapsed_minor) == (pounds("70,000"), 0, 0)
    assert balance(runtime, AccountKind.UNEARNED_MATCH) == 0
    assert balance(runtime, AccountKind.SPONSOR_REFUNDS_DUE) == pounds("70,000")
    assert (books(runtime).spendable, books(runtime).unearned) == (pounds("60,000"), 0)
    assert status_of(runtime).due_back_minor == pounds("70,000")
    assert status_of(runtime).sponsor_account_minor == pounds("70,000")
    sponsor_pays(runtime, -pounds("70,000"), ref="BACK", at=AFTER)
    assert balance(runtime, AccountKind.SPONSOR_REFUNDS_DUE) == 0
    assert (status_of(runtime).due_back_minor, books(runtime).spendable) == (0, pounds("60,000"))


def test_a_refund_after_the_close_is_due_back_as_well(runtime: Runtime) -> None:
    """The totals decide, not the order of events."""
    funded(runtime)
    closed(runtime)
    give_back(runtime, "G-1", "100", at="2021-01-03T10:00:00Z")
    assert balance(runtime, AccountKind.SPONSOR_REFUNDS_DUE) == pounds("70,100")
    assert books(runtime).spendable == pounds("59,800")


def test_lapse_makes_it_income(runtime: Runtime) -> None:
    """What the sponsor gave up is the fund's, restricted as the match was; the headroom is given up."""
    funded(runtime, unused="lapse")
    done = closed(runtime)
    assert (done.lapsed_minor, done.due_minor, done.given_up_minor) == (pounds("70,000"), 0, pounds("70,000"))
    assert (books(runtime).matched, books(runtime).spendable) == (pounds("100,000"), pounds("130,000"))


def test_an_advance_that_cannot_be_reclaimed_is_income_before_and_after(runtime: Runtime) -> None:
    """Closing moves nothing, whatever the agreement says of what is unused."""
    funded(runtime, reclaimable=False)
    assert books(runtime).matched == pounds("100,000")
    done = closed(runtime)
    assert (done.due_minor, done.lapsed_minor, done.given_up_minor) == (0, 0, pounds("70,000"))
    assert books(runtime).matched == pounds("100,000")


def test_roll_carries_it_to_the_sponsors_next_agreement(runtime: Runtime) -> None:
    """Out of one pot and into the other, in the books only; there it settles tranches and what is owed first."""
    load(
        runtime,
        ADVANCE | {"unused": "roll"},
        {"ref": "NEXT", "paid": "in_arrears", "priority": 2, "unused": "roll", "cap": "200000.00"},
        {"ref": "OTHER", "sponsor": "Somebody else", "priority": 3},
    )
    sponsor_pays(runtime, "100,000")
    give(runtime, new_gift("G-1", "30,000"), new_gift("G-2", "80,000", at="2020-04-02T10:00:00Z"))
    give_back(runtime, "G-1", "30,000")
    set_clock(runtime, AFTER)
    owed = status_of(runtime, "NEXT").outstanding_minor
    issue_request(runtime, operator(), asked=Asked("NEXT"))
    before = books(runtime)
    for wrong in ("OTHER", "M"):
        with pytest.raises(BadInput, match="same sponsor"):
            runtime.transact(operator(), close, agreement="M", successor=wrong)
    with pytest.raises(BadInput, match="no agreement is named"):
        runtime.transact(operator(), close, agreement="M")
    ahead = status_of(runtime).unearned_minor
    done = closed(runtime, "NEXT")
    assert (done.rolled_minor, done.rolled_to, done.due_minor) == (ahead, "NEXT", 0)
    assert status_of(runtime).sponsor_account_minor == 0
    assert status_of(runtime, "NEXT").received_minor == ahead
    assert status_of(runtime, "NEXT").outstanding_minor == max(0, owed - ahead)
    assert books(runtime).cash == before.cash
    with runtime.read() as session:
        row = agreement_by_ref(session, "M")
        assert row.rolled_to_id == agreement_by_ref(session, "NEXT").id
        assert requesting.request_named(session, "NEXT-R1")[0].received_minor == min(owed, ahead)
        assert verify(session, runtime.vault).ok


def test_roll_reaches_into_the_sponsors_next_fund(runtime: Runtime) -> None:
    """Each fund's books sum to what they were less, or more, what was carried; both are locked in one order."""
    funded(runtime, unused="roll")
    next_fund = fund_toml({"ref": "NEXT", "paid": "in_advance"}).replace('slug = "f"', 'slug = "a-next"')
    document = read_document(next_fund.replace('slug = "spring"', 'slug = "autumn"').encode())
    runtime.transact(operator(), load_fund, document=document)
    assert closed(runtime, "NEXT").rolled_minor == pounds("70,000")
    with runtime.read() as session:
        assert figures(session, "f").cash == pounds("60,000")
        assert figures(session, "a-next").cash == pounds("70,000")
        assert figures(session, "a-next").unearned == pounds("70,000")
        assert verify(session, runtime.vault).ok
    assert_sound(runtime)


def test_closing_takes_two_people_and_happens_once(runtime: Runtime) -> None:
    """Finance proposes, an approver carries it out; a closed agreement is closed."""
    funded(runtime)
    office = Office(runtime)
    for name in ("roy", "eve", "kim", "ida"):
        with pytest.raises(Forbidden):
            runtime.transact(office.staff[name], close, agreement="M")
    proposed = runtime.transact(office.staff["ann"], close, agreement="M")
    assert status_of(runtime).agreement.state is AgreementState.OPEN
    with pytest.raises(Conflict, match="waits already"):
        runtime.transact(office.staff["ann"], close, agreement="M")
    office.approve(proposed.ref)
    with pytest.raises(Conflict, match="closed already"):
        runtime.transact(operator(), close, agreement="M")
    facts = [one["facts"] for one in events(runtime, "agreement:M") if one["kind"] == "match.closed"]
    assert [(one["state"], one["due_minor"]) for one in facts] == [("closed", pounds("70,000"))]


def test_nothing_is_closed_while_gifts_may_come_or_match_waits(runtime: Runtime) -> None:
    """Before the end of its window, and while gifts have to clear."""
    load(runtime, ADVANCE | {"clear_days": 30})
    give(runtime, new_gift("G-1", "100", at="2020-12-30T10:00:00Z"))
    with pytest.raises(Conflict, match="takes gifts until"):
        runtime.transact(operator(), close, agreement="M")
    set_clock(runtime, AFTER)
    with pytest.raises(Conflict, match="£100.00 of its match is conditional"):
        runtime.transact(operator(), close, agreement="M")
    set_clock(runtime, "2021-02-01T10:00:00Z")
    runtime.run_due()
    closed(runtime)


def test_a_closed_agreement_gives_nothing_more(runtime: Runtime) -> None:
    """Not to a gift entered late, not by redistribution, and it is varied no more; its requests are cancelled."""
    load(runtime, ADVANCE | {"cap": "100.00"})
    give(runtime, new_gift("G-1", "100"), new_gift("G-2", "50", at="2020-04-02T10:00:00Z"))
    issue_request(runtime, operator(), asked=Asked("M"))
    set_clock(runtime, AFTER)
    closed(runtime)
    with runtime.read() as session:
        assert requesting.request_named(session, "M-R1")[0].state is RequestState.CANCELLED
    give_back(runtime, "G-1", "100")
    runtime.transact(operator(), lambda tx: redistribute(tx, fund=lock_fund(tx, "f")))
    give(runtime, new_gift("G-3", "10"))
    assert status_of(runtime).agreement.allocated_minor == 0
    assert [code.value for _, code in why(runtime, "G-3").reasons] == ["cap_exhausted"]
    with pytest.raises(Conflict, match="is closed"):
        runtime.transact(operator(), vary, agreement="M", fields={"cap": "200.00"})


def test_after_the_close_only_what_is_earned_is_outstanding(runtime: Runtime) -> None:
    """A sponsor who paid too little of an advance owes the match, not the rest of the cap; and may be asked for it."""
    load(runtime, ADVANCE)
    sponsor_pays(runtime, "10,000")
    give(runtime, new_gift("G-1", "30,000"))
    assert status_of(runtime).outstanding_minor == pounds("90,000")
    set_clock(runtime, AFTER)
    closed(runtime)
    assert status_of(runtime).outstanding_minor == pounds("20,000")
    assert issue_request(runtime, operator(), asked=Asked("M")).amount_minor == pounds("20,000")
    assert_sound(runtime)


def test_the_command(shell: Shell) -> None:
    """`match close`, with `--as` as a proposal; what is refused changes nothing."""
    funded(shell.runtime)
    Office(shell.runtime)
    shell.refused("match", "close", "NONE")
    shell.refused("match", "close", "M", "--successor", "M")
    shell.refused("match", "close", "M", "--as", "eve@example.org")
    waits = shell.json("match", "close", "M", "--as", "ann@example.org")
    assert (waits["done"], bool(waits["proposal"])) == (False, True)
    before = everything_in(shell.runtime)
    shell.line("proposals", "approve", waits["proposal"], "--as", "ann@example.org")
    assert everything_in(shell.runtime) == before
    shell.json("proposals", "withdraw", waits["proposal"], "--as", "ann@example.org")
    done = shell.json("match", "close", "M")
    assert done == {
        "agreement": "M",
        "due_back": pounds("70,000"),
        "rolled": 0,
        "rolled_to": None,
        "lapsed": 0,
        "given_up": pounds("70,000"),
        "proposal": None,
        "done": True,
    }
    shell.refused("match", "close", "M")
    shell.json("match", "repay", "M", "--amount", "70000.00", "--paid-at", AFTER, "--bank-ref", "B-1")
    assert shell.json("ledger", "check")["balanced"]
    assert shell.json("audit", "verify")["ok"]
