"""`hardship match …`: the contract's figures, and what is refused."""

import re

from hardship.core.runtime import Runtime
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    events,
    give,
    give_back,
    load,
    new_gift,
    pounds,
)

AT = "2020-04-02T10:00:00+01:00"


def test_status_has_the_contracts_figures(runtime: Runtime, shell: Shell) -> None:
    """remaining = cap − allocated − held; outstanding = allocated − received in arrears, cap − received in advance."""
    load(
        runtime,
        {"ref": "ARR", "priority": 1, "cap": "100.00"},
        {"ref": "ADV", "priority": 2, "paid": "in_advance"},
    )
    give(runtime, new_gift("G-1", "100"), new_gift("G-2", "50", at=AT), new_gift("G-3", "20", at=AT))
    give_back(runtime, "G-1", "30")
    shell.json("match", "receive", "ARR", "--amount", "40.00", "--received-at", AT, "--bank-ref", "P-1")
    shell.json("match", "receive", "ADV", "--amount", "90.00", "--received-at", AT, "--bank-ref", "P-2")
    assert shell.json("match", "status") == {
        "agreements": [
            {
                "ref": "ARR",
                "cap": 10_000,
                "allocated": 7_000,
                "held": 0,
                "remaining": 3_000,
                "reversed": 3_000,
                "contributions": 1,
                "received": 4_000,
                "outstanding": 3_000,
                "unearned": 0,
            },
            {
                "ref": "ADV",
                "cap": 10_000_000,
                "allocated": 7_000,
                "held": 0,
                "remaining": 9_993_000,
                "reversed": 0,
                "contributions": 2,
                "received": 9_000,
                "outstanding": 9_991_000,
                "unearned": 2_000,
            },
        ]
    }
    assert [one["ref"] for one in shell.json("match", "status", "--agreement", "ADV")["agreements"]] == [
        "ADV"
    ]
    code, out, _ = shell.run("match", "status")
    assert code == 0
    assert "£30.00 left" in out


def test_explain_says_each_line_and_what_it_takes_back(runtime: Runtime, shell: Shell) -> None:
    """The contract's keys, and a sentence."""
    load(runtime, {"cap": "100.00"})
    give(runtime, new_gift("G-1", "60"), new_gift("G-2", "60", at=AT))
    give_back(runtime, "G-1", "20")
    found = shell.json("match", "explain", "G-1")
    at = "2020-04-01T09:00:00+00:00"
    assert found == {
        "contribution": "G-1",
        "amount": 6_000,
        "net": 4_000,
        "allocations": [
            {"agreement": "M", "amount": 6_000, "at": at, "reverses": None},
            {"agreement": "M", "amount": -2_000, "at": at, "reverses": 1},
        ],
        "unmatched": 0,
        "reasons": [{"agreement": "M", "code": "refunded"}],
    }
    assert shell.json("match", "explain", "G-2")["reasons"] == [{"agreement": "M", "code": "cap_exhausted"}]
    code, out, _ = shell.run("match", "explain", "G-2")
    assert code == 0
    assert out.strip() == (
        "G-2: a gift of £60.00 is matched with £40.00 by M; £20.00 is unmatched. "
        "M gives no more: what was agreed is used up."
    )


def test_redistribute_gives_freed_cap_to_the_earliest_and_again_is_no_change(
    runtime: Runtime, shell: Shell
) -> None:
    """A refund frees £20.00; the gift that had gone short gets it, and one event says so."""
    load(runtime, {"cap": "100.00"})
    give(runtime, new_gift("G-1", "60"), new_gift("G-2", "60", at=AT), new_gift("G-3", "60", at=AT))
    give_back(runtime, "G-1", "30")
    done = shell.json("match", "redistribute", "--fund", "f")
    assert done["given"] == [
        {"contribution": "G-2", "agreement": "M", "amount": pounds("20")},
        {"contribution": "G-3", "agreement": "M", "amount": pounds("10")},
    ]
    assert events(runtime)[-1]["kind"] == "match.redistributed"
    seen = len(events(runtime))
    assert shell.json("match", "redistribute", "--fund", "f")["total"] == 0
    assert shell.run("match", "redistribute", "--fund", "f")[1] == "No change.\n"
    assert len(events(runtime)) == seen
    assert_sound(runtime)


def test_a_payment_is_taken_once(runtime: Runtime, shell: Shell) -> None:
    """The same payment again is no change; another under its reference is refused."""
    load(runtime)
    args = ["match", "receive", "M", "--received-at", AT, "--bank-ref", "P-1", "--amount"]
    assert shell.json(*args, "40.00")["changed"] is True
    assert shell.json(*args, "40.00") == {
        "agreement": "M",
        "bank_ref": "P-1",
        "amount": 4_000,
        "received": 4_000,
        "changed": False,
    }
    assert "other content" in shell.refused(*args, "41.00")
    assert len([event for event in events(runtime) if event["kind"] == "match.payment_received"]) == 1


def test_what_is_paid_back_is_recorded_up_to_what_was_received(runtime: Runtime, shell: Shell) -> None:
    """A repayment lowers what was received; more than that is refused."""
    load(runtime, {"ref": "ADV", "paid": "in_advance"})
    shell.json("match", "receive", "ADV", "--amount", "90.00", "--received-at", AT, "--bank-ref", "P-1")
    back = ["match", "repay", "ADV", "--paid-at", AT, "--bank-ref", "R-1", "--amount"]
    assert "go back" in shell.refused(*back, "90.01")
    assert shell.json(*back, "40.00")["received"] == 5_000
    assert shell.json(*back, "40.00")["changed"] is False
    assert shell.json("match", "status", "--agreement", "ADV")["agreements"][0]["unearned"] == 5_000


def test_what_cannot_be_is_refused_in_one_line(runtime: Runtime, shell: Shell) -> None:
    """Each with what is wrong and where, and an unchanged database."""
    load(runtime)
    good = {"--amount": "40.00", "--received-at": AT, "--bank-ref": "P-1"}
    for option, value, said in (
        ("--amount", "NaN", "not an amount"),
        ("--amount", "1234567890123.00", "not an amount"),
        ("--amount", "0.00", "nothing"),
        ("--amount", "-1.00", "negative"),
        ("--received-at", "2020-04-02T10:00:00", "offset"),
        ("--received-at", "soon", "time"),
        ("--received-at", "2020-04-04T00:00:00Z", "still to come"),
        ("--received-at", "9999-12-31T23:59:59Z", "year"),
        ("--bank-ref", " ", "reference"),
        ("--bank-ref", "P" * 81, "reference"),
        ("--bank-ref", "P\n1", "reference"),
    ):
        args = [part for pair in (good | {option: value}).items() for part in pair]
        assert said in shell.refused("match", "receive", "M", *args), (option, value)
    args = [part for pair in good.items() for part in pair]
    assert "no match agreement" in shell.refused("match", "receive", "X", *args)
    assert "no match agreement" in shell.refused("match", "status", "--agreement", "X")
    assert "no gift" in shell.refused("match", "explain", "X")
    assert "no such fund" in shell.refused("match", "redistribute", "--fund", "X")
    assert re.search(
        "staff", shell.refused("match", "redistribute", "--fund", "f", "--as", "nobody@example.org")
    )
