"""What takes two people: never one, never twice, and never half."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from hardship.app import create_app
from hardship.core.actor import PUBLIC, Actor, Role, operator
from hardship.core.errors import Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.staff import proposals
from hardship.staff.models import Proposal, ProposalState
from hardship.staff.permissions import Permission, require
from tests.integration.applications.helpers import Command, bodies, everything_in
from tests.integration.review.helpers import PASSWORD, Panel
from tests.integration.staff.signing import post, sign_in

CANARY = "a reason that only two people read"


@pytest.fixture
def done() -> list[dict[str, Any]]:
    """What was carried out."""
    return []


@pytest.fixture
def house(runtime: Runtime, done: list[dict[str, Any]]) -> Panel:
    """A house with a kind of proposal that notes what it does, and refuses to do the impossible."""

    def carry_out(tx: Transaction, payload: proposals.Payload) -> str:
        if payload["what"] == "the impossible":
            raise Refused("this cannot be done")
        done.append(dict(payload))
        tx.record("lamp.lit", "lamp:1", by=tx.actor.id)
        return "lit"

    def describe(_session: Session, payload: proposals.Payload) -> list[tuple[str, str]]:
        return [("What", payload["what"])]

    proposals.kinds(runtime)["lamp"] = proposals.Kind(
        "lamp", "Lighting a lamp", Permission.SECOND_MONEY, carry_out, describe
    )
    made = Panel(runtime)
    made.join("fay", Role.FINANCE, password=PASSWORD)
    made.join("both", Role.FINANCE, Role.APPROVER, password=PASSWORD)
    made.join("abe", Role.APPROVER, password=PASSWORD)
    made.join("ash", Role.REVIEWER, password=PASSWORD)
    made.join("aud", Role.AUDITOR, password=PASSWORD)
    return made


def light(tx: Transaction, what: str = CANARY) -> proposals.Proposed:
    """A use case that takes two."""
    require(tx.actor, Permission.RECORD_GIFTS)
    return proposals.propose(tx, kind="lamp", subject="lamp:1", payload={"what": what})


def waits(runtime: Runtime) -> list[str]:
    with runtime.read() as session:
        return [proposal.ref for proposal in proposals.waiting(session, "lamp")]


def test_it_happens_when_a_second_person_approves_and_not_before(house: Panel, done: list[Any]) -> None:
    proposed = house.runtime.transact(house["fay"], light)
    assert (proposed.done, done, waits(house.runtime)) == (False, [], [proposed.ref])
    assert house.runtime.transact(house["abe"], proposals.approve, ref=proposed.ref) == "lit"
    assert (done, waits(house.runtime)) == ([{"what": CANARY}], [])
    with house.runtime.read() as session:
        kept = session.exec(select(Proposal)).one()
        states = [body["facts"]["state"] for body in bodies(session, f"proposal:{proposed.ref}")]
    assert kept.decided_by_id == house["abe"].staff_id
    assert states == ["proposed", "approved"]


def test_nobody_approves_or_refuses_what_they_proposed_whatever_their_roles(
    house: Panel, done: list[Any]
) -> None:
    ref = house.runtime.transact(house["both"], light).ref
    before = everything_in(house.runtime)
    with pytest.raises(Forbidden, match="yourself"):
        house.runtime.transact(house["both"], proposals.approve, ref=ref)
    with pytest.raises(Forbidden, match="yourself"):
        house.runtime.transact(house["both"], proposals.refuse, ref=ref, why="I thought again")
    assert everything_in(house.runtime) == before
    assert done == []


@pytest.mark.parametrize("who", ["fay", "ash", "aud", "public"])
def test_only_somebody_with_the_permission_is_a_second_person(house: Panel, who: str) -> None:
    house.join("gil", Role.FINANCE)
    ref = house.runtime.transact(house["gil"], light).ref
    actor: Actor = PUBLIC if who == "public" else house[who]
    with pytest.raises(Forbidden):
        house.runtime.transact(actor, proposals.approve, ref=ref)
    assert waits(house.runtime) == [ref]


def test_the_database_itself_refuses_one_person_twice(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light).ref

    def forge(tx: Transaction) -> None:
        kept = tx.session.exec(select(Proposal).where(Proposal.ref == ref)).one()
        kept.state, kept.decided_by_id, kept.decided_at = ProposalState.APPROVED, kept.made_by_id, tx.at
        tx.session.add(kept)
        tx.session.flush()

    with pytest.raises(IntegrityError):
        house.runtime.transact(operator(), forge)


def test_what_was_decided_is_not_decided_again(house: Panel, done: list[Any]) -> None:
    ref = house.runtime.transact(house["fay"], light).ref
    house.runtime.transact(house["abe"], proposals.refuse, ref=ref, why="Not now")
    for again in (
        lambda tx: proposals.approve(tx, ref=ref),
        lambda tx: proposals.refuse(tx, ref=ref, why="Not now"),
    ):
        with pytest.raises(Conflict, match="refused already"):
            house.runtime.transact(house["abe"], again)
    with pytest.raises(Conflict):
        house.runtime.transact(house["fay"], proposals.withdraw, ref=ref)
    assert done == []


def test_what_can_not_be_done_waits_on(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light, what="the impossible").ref
    before = everything_in(house.runtime)
    with pytest.raises(Refused, match="cannot be done"):
        house.runtime.transact(house["abe"], proposals.approve, ref=ref)
    assert everything_in(house.runtime) == before
    assert waits(house.runtime) == [ref]


def test_a_subject_has_one_proposal_of_a_kind_at_a_time(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light).ref
    with pytest.raises(Conflict, match=ref):
        house.runtime.transact(house["both"], light)
    house.runtime.transact(house["fay"], proposals.withdraw, ref=ref)
    assert house.runtime.transact(house["both"], light).ref != ref


def test_only_its_maker_withdraws_a_proposal(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light).ref
    for other in (house["abe"], house["both"], operator()):
        with pytest.raises(Forbidden):
            house.runtime.transact(other, proposals.withdraw, ref=ref)


def test_the_machines_operator_does_alone_what_takes_two_and_it_is_recorded_so(
    house: Panel, done: list[Any]
) -> None:
    proposed = house.runtime.transact(operator(), light)
    assert (proposed.done, proposed.result, len(done)) == (True, "lit", 1)
    with house.runtime.read() as session:
        (event,) = bodies(session, "lamp:1")
    assert event["actor"]["kind"] == "operator"


def test_reading_one_is_an_event_and_a_stranger_to_it_finds_none(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light).ref
    for reader in ("fay", "abe", "aud"):
        read = house.runtime.transact(house[reader], proposals.read, ref=ref.lower().replace("-", " "))
        assert read.lines == [("What", CANARY)]
    with house.runtime.read() as session:
        kinds = [body["kind"] for body in bodies(session, f"proposal:{ref}")]
    assert kinds == ["proposal.made", *["proposal.opened"] * 3]
    with pytest.raises(NotFound):
        house.runtime.transact(house["ash"], proposals.read, ref=ref)
    with pytest.raises(NotFound):
        house.runtime.transact(house["abe"], proposals.read, ref="NOPE-NOPE")


def test_what_was_typed_is_in_no_row_and_no_event(house: Panel) -> None:
    ref = house.runtime.transact(house["fay"], light).ref
    house.runtime.transact(house["abe"], proposals.refuse, ref=ref, why=CANARY + " again")
    assert CANARY not in str(everything_in(house.runtime))
    assert CANARY.encode() not in str(everything_in(house.runtime)).encode()


def test_the_pages_list_open_approve_and_refuse(house: Panel, done: list[Any]) -> None:
    app = create_app(house.runtime, testing=True)
    maker, second, stranger = app.test_client(), app.test_client(), app.test_client()
    ref = house.runtime.transact(house["fay"], light).ref
    for client, name in ((maker, "fay"), (second, "abe"), (stranger, "ash")):
        assert sign_in(client, house.runtime, f"{name}@example.org").status_code == 303
    path = f"/staff/proposals/{ref}"
    assert "proposal waits for a second person" in second.get("/staff/").get_data(as_text=True)
    assert ref in second.get("/staff/proposals").get_data(as_text=True)
    assert "Nothing here" in stranger.get("/staff/proposals").get_data(as_text=True)
    assert stranger.get(path).status_code == 404
    own = maker.get(path).get_data(as_text=True)
    assert "Another person has to approve it" in own
    assert "Approve and do it" not in own

    unanswered = post(second, path, {"say_no": "Refuse", "why": "  "})
    assert unanswered.status_code == 422
    assert "Say why it is refused" in unanswered.get_data(as_text=True)
    assert post(second, path, {"approve": "Approve and do it"}).status_code == 303
    assert len(done) == 1
    assert "Approved by abe@example.org" in " ".join(second.get(path).get_data(as_text=True).split())
    assert ref in second.get("/staff/proposals?state=approved").get_data(as_text=True)

    another = house.runtime.transact(house["fay"], light).ref
    assert (
        post(second, f"/staff/proposals/{another}", {"say_no": "Refuse", "why": "Too dear"}).status_code
        == 303
    )
    assert "Too dear" in maker.get(f"/staff/proposals/{another}").get_data(as_text=True)
    third = house.runtime.transact(house["fay"], light).ref
    assert post(maker, f"/staff/proposals/{third}", {"withdraw": "Withdraw it"}).status_code == 303
    assert len(done) == 1


def test_the_maker_can_not_post_an_approval(house: Panel, done: list[Any]) -> None:
    client = create_app(house.runtime, testing=True).test_client()
    ref = house.runtime.transact(house["both"], light).ref
    sign_in(client, house.runtime, "both@example.org")
    assert post(client, f"/staff/proposals/{ref}", {"approve": "Approve and do it"}).status_code == 403
    assert done == []


def test_commands_list_approve_refuse_and_withdraw(
    house: Panel,
    done: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command: Callable[..., tuple[int, str, str]] = Command(house.runtime, capsys, monkeypatch)
    assert "Nothing waits" in command("proposals", "list")[1]
    ref = house.runtime.transact(house["fay"], light).ref
    (listed,) = json.loads(command("proposals", "list", "--json")[1])["proposals"]
    assert (listed["ref"], listed["kind"], listed["made_by"]) == (ref, "lamp", "fay@example.org")
    assert command("proposals", "approve", ref, "--as", "fay@example.org")[0] == 2
    assert command("proposals", "refuse", ref, "--why", " ", "--as", "abe@example.org")[0] == 2
    assert command("proposals", "approve", "NONE-NONE", "--as", "abe@example.org")[0] == 2
    assert done == []
    assert command("proposals", "approve", ref, "--as", "abe@example.org")[0] == 0
    assert len(done) == 1
    ref = house.runtime.transact(house["fay"], light).ref
    assert command("proposals", "withdraw", ref, "--as", "fay@example.org")[0] == 0
    assert command("proposals", "refuse", ref, "--why", "no", "--as", "abe@example.org")[0] == 2


def test_whoever_comes_second_finds_it_approved(house: Panel, done: list[Any]) -> None:
    """Its row is locked and read anew."""
    ref = house.runtime.transact(house["fay"], light).ref
    house.runtime.transact(house["abe"], proposals.approve, ref=ref)
    with pytest.raises(Conflict, match="approved already"):
        house.runtime.transact(house["both"], proposals.approve, ref=ref)
    assert len(done) == 1


def test_of_many_who_propose_the_same_at_once_one_is_heard(
    make_runtime: Callable[[str], Runtime], done: list[dict[str, Any]]
) -> None:
    """On PostgreSQL, where they look before any of them has written."""
    runtime = make_runtime("postgresql")
    proposals.kinds(runtime)["lamp"] = proposals.Kind(
        "lamp",
        "Lighting a lamp",
        Permission.SECOND_MONEY,
        lambda _tx, payload: done.append(dict(payload)),
        lambda *_: [],
    )
    house = Panel(runtime)
    people = [house.join(f"f{number}", Role.FINANCE) for number in range(4)]
    start = threading.Barrier(len(people))
    said: list[str] = []

    def go(who: Actor) -> None:
        once = iter([True])

        def together(tx: Transaction) -> str:
            tx.session.exec(select(Proposal.id)).all()  # the transaction has begun
            if next(once, False):
                start.wait(timeout=60)
            return light(tx).ref

        try:
            said.append(runtime.transact(who, together))
        except Conflict as error:
            said.append(str(error))

    threads = [threading.Thread(target=go, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum("waits already" in one for one in said) == len(people) - 1, said
    with runtime.read() as session:
        assert len(proposals.waiting(session)) == 1
