"""Agreements as documents: drafted and varied by two people, every version kept, what is allocated never touched."""

import json
from typing import Any

import pytest
from sqlmodel import col, select

from hardship.core.actor import operator
from hardship.core.errors import BadInput, Conflict, Forbidden, HardshipError
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.matching.drafting import draft, present_terms, vary
from hardship.matching.models import AgreementKind, Allocation, MatchAgreement, MatchTerms
from hardship.matching.queries import agreement_by_ref
from hardship.matching.standing import terms_in_words, versions_of
from hardship.staff import proposals
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    books,
    events,
    everything_in,
    fund_toml,
    give,
    load,
    new_gift,
    pounds,
    sponsor_pays,
    status_of,
    why,
)
from tests.integration.matching.papers import FIELDS, TRANCHES, Office, tranches_toml

ALL_TERMS = """
[[match]]
ref = "ALL"
sponsor = "Every term"
ratio = "2:1"
kind = "challenge"
threshold = "500.00"
cap = "90000.00"
per_contribution_cap = "1000.00"
per_donor_cap = "2000.00"
minimum = "5.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["card", "bank"]
exclude_donors = ["Every term", "Its chair"]
clear_days = 14
priority = 3
paid = "in_advance"
reclaimable = false
unused = "lapse"
restricted_to = "spring"
purchase_order = "PO 4711"
payment_days = 14
contact = { name = "Pat Payer", email = "pat@sponsor.example", address = "1 High Street, Leeds" }
[[match.tranche]]
due = 2020-05-01
amount = "50000.00"
[[match.tranche]]
due = 2020-04-01
amount = "40000.00"
"""


def row_of(runtime: Runtime, ref: str) -> MatchAgreement:
    """An agreement's row."""
    with runtime.read() as session:
        return agreement_by_ref(session, ref)


def load_text(runtime: Runtime, text: str) -> list[str]:
    """Load a fund's file; returns the changes as they are printed."""
    done = runtime.transact(operator(), load_fund, document=read_document(text.encode()))
    return [str(one) for one in done.changes]


def test_every_term_of_a_file_is_kept_and_read_back(runtime: Runtime) -> None:
    """Each field of `[[match]]` is in the row, in the version's document and in words; loading it again changes nothing."""
    text = fund_toml({}) + ALL_TERMS
    load_text(runtime, text)
    assert load_text(runtime, text) == []
    with runtime.read() as session:
        row = agreement_by_ref(session, "ALL")
        said = dict(terms_in_words(session, row))
        assert present_terms(session, runtime.vault, row) == read_document(text.encode()).matches[1]
    assert row.kind is AgreementKind.CHALLENGE
    assert (row.threshold_minor, row.per_donor_cap_minor, row.clear_days) == (50_000, 200_000, 14)
    assert said["Threshold of the challenge"] == "£500.00"
    assert said["Cap on one donor"] == "£2,000.00"
    assert said["Earned"] == "14 days after the gift"
    assert said["Tranches"] == "£40000.00 on 1 April 2020; £50000.00 on 1 May 2020"
    assert said["Purchase order"] == "PO 4711"
    assert said["Donors left out"] == "2 names"
    assert said["Contact"] == "On file"
    for name in ("Pat Payer", "pat@sponsor.example", "High Street", "Its chair"):
        assert name not in str(everything_in(runtime)), "sealed"


def test_a_file_says_what_a_variation_changes(runtime: Runtime) -> None:
    """One readable line for each term that differs; a name that is sealed is counted."""
    load_text(runtime, fund_toml({"paid": "in_advance"}) + tranches_toml(*TRANCHES))
    moved = [{"due": "2020-05-01", "amount": "50000.00"}, TRANCHES[1]]
    text = fund_toml(
        {"paid": "in_advance", "cap": "120000.00", "per_donor_cap": "10.00", "exclude_donors": ["X"]}
    )
    assert load_text(runtime, text + tranches_toml(*moved)) == [
        "~ match M: cap 100000.00 → 120000.00",
        "~ match M: per_donor_cap none → 10.00",
        "~ match M: excluded_tokens 0 names → 1 name",
        "~ match M: tranches 2020-05-01 60000.00, 2020-07-01 40000.00 → 2020-05-01 50000.00, 2020-07-01 40000.00",
    ]
    with runtime.read() as session:
        newest, first = versions_of(session, agreement_by_ref(session, "M"))
    assert (newest.number, first.number, first.changes) == (2, 1, [])
    assert ("Cap", "£100,000.00", "£120,000.00") in newest.changes
    assert ("Donors left out", "Nobody", "1 name") in newest.changes


def test_drafting_takes_two_people(runtime: Runtime) -> None:
    """Finance proposes; nothing is agreed until somebody else, an approver, says so."""
    load(runtime)
    office = Office(runtime)
    proposed = runtime.transact(
        office.staff["ann"], draft, fund_slug="f", fields=FIELDS, why="asked by the board"
    )
    with runtime.read() as session:
        assert session.exec(select(MatchAgreement).where(MatchAgreement.ref == "N")).first() is None
        (waits,) = proposals.waiting(session)
    assert waits.ref == proposed.ref
    with pytest.raises(Forbidden):
        office.approve(proposed.ref, by="ann")
    with pytest.raises(Forbidden):
        office.approve(proposed.ref, by="roy")
    office.approve(proposed.ref)
    row = row_of(runtime, "N")
    assert (row.version, row.cap_minor, row.paid.value) == (1, pounds("100,000"), "in_advance")
    agreed = [one for one in events(runtime, "agreement:N") if one["kind"] == "match.agreed"]
    assert len(agreed) == 1
    assert agreed[0]["facts"]["state"] == "open"
    assert_sound(runtime)


def test_somebody_of_both_roles_is_still_one_person(runtime: Runtime) -> None:
    """Nobody approves what they proposed, whatever roles they hold."""
    load(runtime)
    office = Office(runtime)
    from hardship.core.actor import Role

    office.join("both", Role.FINANCE, Role.APPROVER)
    proposed = runtime.transact(office.staff["both"], draft, fund_slug="f", fields=FIELDS)
    with pytest.raises(Forbidden, match="you proposed this yourself"):
        office.approve(proposed.ref, by="both")


def test_the_operator_may_agree_alone_and_the_log_shows_it(runtime: Runtime) -> None:
    """Whoever has the shell is trusted: it is done at once, as the operator's act."""
    load(runtime)
    assert runtime.transact(operator(), draft, fund_slug="f", fields=FIELDS).done
    assert row_of(runtime, "N").version == 1
    assert events(runtime, "agreement:N")[-1]["actor"]["kind"] == "operator"


def test_only_finance_drafts_and_varies(runtime: Runtime) -> None:
    """A reviewer, an approver, an admin and an auditor may not propose."""
    load(runtime)
    office = Office(runtime)
    before = everything_in(runtime)
    for who in ("roy", "eve", "ida", "kim"):
        with pytest.raises(Forbidden):
            runtime.transact(office.staff[who], draft, fund_slug="f", fields=FIELDS)
        with pytest.raises(Forbidden):
            runtime.transact(office.staff[who], vary, agreement="M", fields={"cap": "1.00"})
    assert everything_in(runtime) == before


def test_a_file_loaded_in_a_persons_name_waits_for_a_second_one(runtime: Runtime) -> None:
    """An admin may load the file; its agreements are proposed, once, and an approver agrees."""
    load(runtime)
    office = Office(runtime)
    document = read_document(fund_toml({"cap": "120000.00"}).encode())
    done = runtime.transact(office.staff["ida"], load_fund, document=document)
    assert [str(one) for one in done.changes][0] == "~ match M: cap 100000.00 → 120000.00"
    assert "waits as proposal" in str(done.changes[-1])
    assert row_of(runtime, "M").cap_minor == pounds("100,000")
    again = runtime.transact(office.staff["ida"], load_fund, document=document)
    assert again.changes == []
    with runtime.read() as session:
        (waits,) = proposals.waiting(session)
    office.approve(waits.ref)
    assert row_of(runtime, "M").cap_minor == pounds("120,000")


def test_a_variation_is_a_new_version_and_touches_nothing_that_is_allocated(runtime: Runtime) -> None:
    """Another ratio holds for later gifts; the allocation made by the first one stays as it was, and explains so."""
    load(runtime)
    give(runtime, new_gift("G-1", "100"))
    office = Office(runtime)
    with runtime.read() as session:
        before = session.exec(select(Allocation)).one().model_dump()
    proposed = runtime.transact(
        office.staff["ann"], vary, agreement="M", fields={"ratio": "1:2"}, why="half from now on"
    )
    office.approve(proposed.ref)
    assert row_of(runtime, "M").version == 2
    with runtime.read() as session:
        assert session.exec(select(Allocation)).one().model_dump() == before
    give(runtime, new_gift("G-2", "100", at="2020-04-02T10:00:00Z"))
    assert [one.amount_minor for one in why(runtime, "G-1").allocations] == [10_000]
    assert [one.amount_minor for one in why(runtime, "G-2").allocations] == [5_000]
    with runtime.read() as session:
        kept = session.exec(select(MatchTerms).order_by(col(MatchTerms.version))).all()
    assert [json.loads(one.document)["den"] for one in kept] == [1, 2]
    assert_sound(runtime)


def test_what_was_proposed_is_checked_anew_when_it_is_approved(runtime: Runtime) -> None:
    """A cap that was right on Monday is refused on Tuesday, when more is allocated: the proposal waits on."""
    load(runtime)
    office = Office(runtime)
    proposed = runtime.transact(office.staff["ann"], vary, agreement="M", fields={"cap": "150.00"})
    give(runtime, new_gift("G-1", "200"))
    with pytest.raises(Conflict, match="below the £200.00"):
        office.approve(proposed.ref)
    assert row_of(runtime, "M").version == 1
    with runtime.read() as session:
        assert len(proposals.waiting(session)) == 1


def test_making_an_advance_the_funds_own_books_it_as_income(runtime: Runtime) -> None:
    """What may be reclaimed decides what is income: the variation posts the difference."""
    load(runtime, {"paid": "in_advance"})
    sponsor_pays(runtime, "1,000")
    assert (books(runtime).unearned, books(runtime).matched) == (pounds("1,000"), 0)
    runtime.transact(operator(), vary, agreement="M", fields={"reclaimable": False})
    assert (books(runtime).unearned, books(runtime).matched) == (0, pounds("1,000"))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ratio": "0:1"}, "ratio"),
    ({"cap": "12.345"}, "cap"),
    ({"cap": "-1.00"}, "cap"),
    ({"closes": FIELDS["opens"]}, "closes"),
    ({"channels": ["pigeon"]}, "channels"),
    ({"kind": "challenge"}, "threshold"),
    ({"threshold": "5.00"}, "threshold"),
    ({"clear_days": -1}, "clear_days"),
    ({"restricted_to": "autumn"}, "restricted_to"),
    ({"ref": "../N"}, "ref"),
    ({"ref": "M"}, "ref"),
    ({"sponsor": " "}, "sponsor"),
    ({"tranche": [{"due": FIELDS["opens"].date(), "amount": "100001.00"}]}, "tranche"),
    ({"tranche": [{"due": "soon", "amount": "1.00"}]}, "due"),
    ({"colour": "blue"}, "colour"),
]


def test_a_draft_that_cannot_be_meant_names_its_field(sqlite_runtime: Runtime) -> None:
    """The error ends in the field, and nothing is proposed."""
    load(sqlite_runtime)
    before = everything_in(sqlite_runtime)
    for fields, field in WRONG:
        with pytest.raises(HardshipError) as refused:
            sqlite_runtime.transact(operator(), draft, fund_slug="f", fields=FIELDS | fields)
        assert refused.value.where.rsplit(".", 1)[-1] == field, fields
    assert everything_in(sqlite_runtime) == before


def test_what_decides_when_match_is_earned_stays_once_something_is_matched(runtime: Runtime) -> None:
    """Kind, threshold and clearing days; and nothing is varied to what it is already."""
    load(runtime)
    with pytest.raises(BadInput, match="nothing would change"):
        runtime.transact(operator(), vary, agreement="M", fields={"cap": "100000.00"})
    give(runtime, new_gift("G-1", "200"))
    with pytest.raises(Conflict, match="matched gifts on other terms"):
        runtime.transact(operator(), vary, agreement="M", fields={"clear_days": 3})
    with pytest.raises(Conflict, match="matched gifts on other terms"):
        runtime.transact(operator(), vary, agreement="M", fields={"kind": "challenge", "threshold": "1.00"})


def test_several_sponsors_are_asked_in_the_order_of_their_priority(runtime: Runtime) -> None:
    """A variation of a priority counts from the next gift on."""
    load(runtime, {"ref": "A", "priority": 1}, {"ref": "B", "priority": 2})
    give(runtime, new_gift("G-1", "10"))
    runtime.transact(operator(), vary, agreement="A", fields={"priority": 3})
    give(runtime, new_gift("G-2", "20", at="2020-04-02T10:00:00Z"))
    assert status_of(runtime, "A").agreement.allocated_minor == pounds("10")
    assert status_of(runtime, "B").agreement.allocated_minor == pounds("20")


def test_the_commands_show_and_vary_terms(shell: Shell) -> None:
    """`match terms` and `match vary`, with the versions and their differences; bad fields change nothing."""
    load(shell.runtime)
    done = shell.json(
        "match", "vary", "M", "--set", "cap=120000.00", "--set", "channels=card, bank", "--why", "more"
    )
    assert (done["version"], done["done"], done["proposal"]) == (2, True, None)
    assert done["changes"] == [
        "~ match M: cap 100000.00 → 120000.00",
        "~ match M: channels bank,card,cash,other → bank,card",
    ]
    shell.json("match", "vary", "M", "--set", "tranche=2020-05-01 50000.00, 2020-06-01 70000.00")
    shell.json("match", "vary", "M", "--set", "cap=", "--set", "reclaimable=false")
    found = shell.json("match", "terms", "M")
    assert (found["version"], found["state"]) == (4, "open")
    assert {"term": "Cap", "value": "None"} in found["terms"]
    assert found["versions"][0]["changes"][0] == {"term": "Cap", "before": "£120,000.00", "after": "None"}
    assert "version 2" in shell.run("match", "terms", "M")[1]
    for setting in (
        "cap",
        "cap=12.345",
        "priority=x",
        "reclaimable=maybe",
        "opens=then",
        "colour=blue",
        "ratio=0:0",
    ):
        shell.refused("match", "vary", "M", "--set", setting)
    shell.refused("match", "vary", "NONE", "--set", "cap=1.00")
    shell.refused("match", "vary", "M", "--set", "closes=2019-01-01T00:00:00Z")
    shell.refused("match", "terms", "NONE")


def test_a_variation_named_for_a_person_waits(shell: Shell) -> None:
    """`--as` finance proposes, `proposals approve` by another carries it out."""
    load(shell.runtime)
    Office(shell.runtime)
    done = shell.json("match", "vary", "M", "--set", "cap=120000.00", "--as", "ann@example.org")
    assert (done["done"], done["version"]) == (False, 1)
    shell.refused("match", "vary", "M", "--set", "cap=130000.00", "--as", "ann@example.org")
    shell.json("proposals", "approve", done["proposal"], "--as", "eve@example.org")
    assert shell.json("match", "terms", "M")["version"] == 2
    assert shell.json("audit", "verify")["ok"]
