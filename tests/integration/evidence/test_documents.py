"""Documents that applicants show: kept sealed, seen by a person without a conflict, destroyed; on both databases."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlmodel import select

from hardship.applications.evidence import service
from hardship.applications.evidence.models import Evidence, EvidencePage, GoneFor, Shows
from hardship.applications.evidence.queries import by_ref, of_case, page_of, supported
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.messages import asking
from hardship.applications.messages.models import Direction, Message, Wants
from hardship.applications.owndata import copying, erasing
from hardship.applications.service import lock_application, withdraw
from hardship.applications.transitions import ApplicationState
from hardship.audit.verify import Verdict, verify
from hardship.core.actor import SYSTEM, Actor, ActorKind
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Broken, Conflict, Forbidden, NotFound
from hardship.core.models import OutboxMail
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime, Transaction
from hardship.eligibility.queries import facts_of, outcomes_of
from hardship.jobs import doctor, retention
from hardship.review import evidence
from hardship.review.casework import Conflicted, declare_conflict
from tests.integration.applications.helpers import bodies, everything_in, stored
from tests.integration.applications.test_secrets import everywhere
from tests.integration.review.helpers import Panel, a_panel

PAGE = b"\xff\xd8\xff CANARY-PICTURE \xff\xd9"
RULE = """
[[round.rule]]
id = "document"
field = "evidence_seen"
op = "=="
value = true
on_fail = "refer"
reason = "Somebody looked at a document."
"""


@pytest.fixture
def panel(runtime: Runtime) -> Panel:
    return a_panel(runtime, gifts=100_000, more=RULE)


def applicant(ref: str) -> Actor:
    return Actor(ActorKind.APPLICANT, ref)


def show(panel: Panel, ref: str, *, pages: int = 2, once: str = "") -> str:
    """The applicant of a case shows a document; returns its reference."""
    kept = panel.runtime.transact(
        applicant(ref),
        service.keep,
        application_id=panel.number(ref),
        pages=[PAGE + b"%d" % number for number in range(pages)],
        once=once or new_key(),
    )
    return kept.ref


def look(panel: Panel, who: str, document: str, number: int = 1) -> bytes:
    return panel.runtime.transact(panel[who], evidence.look, ref=document, number=number)


def judge(panel: Panel, who: str, document: str, shows: Shows = Shows.SUPPORTS, note: str = "") -> None:
    look(panel, who, document)
    panel.runtime.transact(panel[who], evidence.judge, ref=document, shows=shows, note=note)


def document(panel: Panel, ref: str) -> Evidence:
    with panel.runtime.read() as session:
        return by_ref(session, ref)


def pages_left(panel: Panel) -> int:
    with panel.runtime.read() as session:
        return len(session.exec(select(EvidencePage.number)).all())


def kinds(panel: Panel, subject: str) -> list[str]:
    with panel.runtime.read() as session:
        return [one["kind"] for one in bodies(session, subject)]


def checked(panel: Panel) -> Verdict:
    """The event log against the live rows."""
    with panel.runtime.read() as session:
        return verify(session, panel.runtime.vault)


def in_order(panel: Panel) -> None:
    """The chain verifies with the live rows, and the doctor finds no document amiss."""
    assert not checked(panel).problems
    assert all(one.ok for one in doctor.examine(panel.runtime, only=("I10",)))


def test_a_document_is_sealed_seen_and_destroyed(panel: Panel) -> None:
    ref = panel.case()
    version = stored(panel.runtime, ref).version
    shown = show(panel, ref)
    assert stored(panel.runtime, ref).version == version + 1
    assert b"CANARY-PICTURE" not in everywhere(panel.runtime)
    assert look(panel, "ash", shown, 2) == PAGE + b"1"
    judge(panel, "ash", shown, note="CANARY-NOTE: a letter of March.")
    found = document(panel, shown)
    assert (found.state, found.shows, found.gone_for) == (
        EvidenceState.DESTROYED,
        Shows.SUPPORTS,
        GoneFor.SEEN,
    )
    assert (str(found.seen_by), found.seen_at) == (panel["ash"].id, panel.runtime.clock.now())
    assert pages_left(panel) == 0
    assert b"CANARY" not in everywhere(panel.runtime)
    for who in ("ash", "bryn"):
        with pytest.raises(NotFound):
            look(panel, who, shown)
    assert kinds(panel, f"evidence:{shown}") == ["evidence.sent", "evidence.seen", "evidence.destroyed"]
    in_order(panel)


def test_each_look_is_one_event_and_shows_in_the_copy(panel: Panel) -> None:
    ref = panel.case()
    shown = show(panel, ref)
    for number in (1, 2, 1):
        look(panel, "bryn", shown, number)
    with panel.runtime.read() as session:
        read = [one for one in bodies(session, f"application:{ref}") if one["kind"] == "evidence.read"]
    assert [(one["actor"]["id"], one["facts"]) for one in read] == [
        (panel["bryn"].id, {"document": shown, "page": number}) for number in (1, 2, 1)
    ]
    copied, _names = copy_of(panel, ref)
    assert [one["fields"] for one in copied["opened_by_staff"]] == [[f"document {shown}"]]


def copy_of(panel: Panel, ref: str) -> tuple[dict[str, list[dict[str, object]]], dict[str, bytes]]:
    """The copy of somebody's data: what it says, and the files beside it."""
    packed = panel.runtime.transact(applicant(ref), copying.copy, application_id=panel.number(ref))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name.endswith(".jpg")}
        return json.loads(archive.read("data.json")), files


def test_a_copy_holds_the_pictures_that_are_held_and_says_of_others_what_became_of_them(panel: Panel) -> None:
    ref = panel.case()
    first, second = show(panel, ref), show(panel, ref, pages=1)
    judge(panel, "ash", first, Shows.DOES_NOT_SUPPORT, note="Of another year.")
    told, files = copy_of(panel, ref)
    assert files == {f"document-{second}-1.jpg": PAGE + b"0"}
    one, two = told["documents"]
    assert (one["what_a_person_found"], one["what_a_person_wrote"]) == (
        "does_not_support",
        "Of another year.",
    )
    assert (one["destroyed_because"], one["files"]) == ("seen", [])
    assert (two["state"], two["files"]) == ("waiting", list(files))
    assert "staff" not in json.dumps(told["documents"])


def test_the_same_form_twice_is_one_document(panel: Panel) -> None:
    ref, once = panel.case(), new_key()
    first = show(panel, ref, once=once)
    before = everything_in(panel.runtime)
    assert show(panel, ref, once=once) == first
    assert everything_in(panel.runtime) == before
    assert show(panel, ref) != first


def test_there_is_room_for_a_few(panel: Panel) -> None:
    ref = panel.case()
    shown = [show(panel, ref, pages=1) for _ in range(service.MOST_WAITING)]
    before = everything_in(panel.runtime)
    with pytest.raises(Conflict, match="enough"):
        show(panel, ref)
    assert everything_in(panel.runtime) == before
    panel.runtime.transact(applicant(ref), service.remove, application_id=panel.number(ref), ref=shown[0])
    show(panel, ref)


def test_nobody_else_may_look_or_judge(panel: Panel) -> None:
    ref = panel.case()
    shown = show(panel, ref)
    for who in ("auditor", "finance", "approver", "admin"):
        with pytest.raises(Forbidden):
            look(panel, who, shown)
        with pytest.raises(Forbidden):
            panel.runtime.transact(panel[who], evidence.judge, ref=shown, shows=Shows.SUPPORTS)
    for actor in (applicant(ref), SYSTEM):
        with pytest.raises(Forbidden):
            panel.runtime.transact(actor, evidence.look, ref=shown, number=1)
    panel.runtime.transact(panel["cam"], declare_conflict, application_id=panel.number(ref))
    before = everything_in(panel.runtime)
    with pytest.raises(Conflicted):
        look(panel, "cam", shown)
    with pytest.raises(Conflicted):
        panel.runtime.transact(panel["cam"], evidence.judge, ref=shown, shows=Shows.SUPPORTS)
    assert everything_in(panel.runtime) == before
    with panel.runtime.read() as session:
        assert evidence.waiting(session, panel["cam"].staff_id or 0) == []
        assert [one.ref for one, _case in evidence.waiting(session, panel["ash"].staff_id or 0)] == [shown]
    panel.approve(ref)
    with panel.runtime.read() as session:
        assert evidence.waiting(session, panel["ash"].staff_id or 0) == []
    assert look(panel, "ash", shown)  # until its time is over, for whoever has to answer for the decision


def test_only_who_looked_can_say_what_it_shows_and_only_once(panel: Panel) -> None:
    ref = panel.case()
    shown = show(panel, ref)
    with pytest.raises(Conflict, match="not looked"):
        panel.runtime.transact(panel["ash"], evidence.judge, ref=shown, shows=Shows.SUPPORTS)
    look(panel, "bryn", shown)
    with pytest.raises(BadInput):
        panel.runtime.transact(panel["bryn"], evidence.judge, ref=shown, shows=Shows.SUPPORTS, note="x" * 501)
    assert pages_left(panel) == 2
    judge(panel, "ash", shown, Shows.DOES_NOT_SUPPORT)
    before = everything_in(panel.runtime)
    with pytest.raises(Conflict, match="destroyed already"):
        panel.runtime.transact(panel["bryn"], evidence.judge, ref=shown, shows=Shows.SUPPORTS)
    assert everything_in(panel.runtime) == before


def test_attack_17_another_applicants_document_does_not_exist(panel: Panel) -> None:
    mine, theirs = panel.case(), panel.case()
    shown = show(panel, theirs)
    for number in (panel.number(mine), panel.number(theirs)):
        with pytest.raises(NotFound):
            panel.runtime.transact(applicant(mine), service.remove, application_id=number, ref=shown)
    with pytest.raises(NotFound):
        panel.runtime.transact(
            applicant(mine),
            service.keep,
            application_id=panel.number(theirs),
            pages=[PAGE],
            once=new_key(),
        )
    assert pages_left(panel) == 2


def test_attack_24_a_page_moved_to_another_document_does_not_open(panel: Panel) -> None:
    ref = panel.case()
    first, second = show(panel, ref, pages=1), show(panel, ref, pages=1)
    with panel.runtime.database.writer.begin() as connection:
        moved = connection.execute(
            text("SELECT image FROM evidence_page WHERE evidence_id = :id"), {"id": document(panel, first).id}
        ).scalar_one()
        table = EvidencePage.__table__  # type: ignore[attr-defined]
        connection.execute(
            update(table).where(table.c.evidence_id == document(panel, second).id).values(image=moved)
        )
    with pytest.raises(Broken, match="does not open"):
        look(panel, "ash", second)


def test_what_a_person_found_is_a_fact_and_the_rules_are_run_again(panel: Panel) -> None:
    ref = panel.case()
    number = panel.number(ref)

    def known() -> tuple[object, str]:
        with panel.runtime.read() as session:
            application = stored(panel.runtime, ref)
            rules = {one.rule: one.result.value for one in outcomes_of(session, number)}
            return facts_of(session, panel.runtime.vault, application)["evidence_seen"], rules["document"]

    assert known() == (False, "not_met")
    judge(panel, "ash", show(panel, ref), Shows.UNREADABLE)
    judge(panel, "ash", show(panel, ref), Shows.DOES_NOT_SUPPORT)
    assert known() == (False, "not_met")
    judge(panel, "ash", show(panel, ref))
    assert known() == (True, "met")
    assert kinds(panel, f"application:{ref}").count("application.assessed_again") == 3
    with panel.runtime.read() as session:
        assert supported(session, number)
    in_order(panel)


def test_a_document_that_comes_before_the_checks_counts_in_them(panel: Panel) -> None:
    panel.runtime.run_due("checks")
    panel.people += 1
    from tests.integration.applications.helpers import apply, person

    ref = apply(panel.runtime, person(panel.people)).ref
    judge(panel, "ash", show(panel, ref))
    panel.runtime.run_due("checks")
    with panel.runtime.read() as session:
        rules = {one.rule: one.result.value for one in outcomes_of(session, panel.number(ref))}
    assert rules["document"] == "met"


def test_somebody_whose_document_cannot_be_read_is_told_that_there_is_news(panel: Panel) -> None:
    ref = panel.case(safe_contact="email")
    judge(panel, "ash", show(panel, ref), Shows.UNREADABLE)
    judge(panel, "ash", show(panel, ref), Shows.SUPPORTS)
    with panel.runtime.read() as session:
        assert [mail.template for mail in session.exec(select(OutboxMail))] == ["news"]


def test_taking_the_application_back_destroys_its_documents(panel: Panel) -> None:
    ref = panel.case()
    shown = show(panel, ref)
    panel.runtime.transact(applicant(ref), withdraw, application_id=panel.number(ref))
    assert document(panel, shown).gone_for is GoneFor.WITHDRAWN
    assert pages_left(panel) == 0
    with pytest.raises(Conflict, match="closed"):
        show(panel, ref)
    in_order(panel)


def test_erasing_destroys_documents_and_what_was_noted_of_them(panel: Panel) -> None:
    ref = panel.case()
    judged, waits = show(panel, ref), show(panel, ref)
    judge(panel, "ash", judged, note="CANARY-NOTE")
    panel.approve(ref)
    panel.runtime.transact(applicant(ref), erasing.ask, application_id=panel.number(ref))
    assert stored(panel.runtime, ref).decided_at is not None
    assert document(panel, judged).note is None
    assert document(panel, waits).gone_for in {GoneFor.ERASED, GoneFor.WITHDRAWN}
    assert pages_left(panel) == 0
    in_order(panel)


def test_a_restored_copy_is_rid_of_an_erased_persons_pages_again(panel: Panel) -> None:
    ref = panel.case()
    show(panel, ref)
    panel.runtime.transact(applicant(ref), erasing.ask, application_id=panel.number(ref))
    with panel.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE data_key SET wrapped = created_at WHERE wrapped IS NULL")) if (
            panel.runtime.database.dialect == "sqlite"
        ) else connection.execute(text("UPDATE data_key SET wrapped = '\\x00' WHERE wrapped IS NULL"))
        connection.execute(
            text(
                "INSERT INTO evidence_page (evidence_id, number, application_id) SELECT id, 1, application_id FROM evidence"
            )
        )
    assert panel.runtime.transact(SYSTEM, erasing.replay) == 1
    assert pages_left(panel) == 0


def test_what_nobody_looked_at_is_destroyed_on_schedule(panel: Panel) -> None:
    """Ninety days after the decision; without one, ninety days after the round closed."""
    clock = panel.runtime.clock
    assert isinstance(clock, SetClock)
    decided, open_ = panel.case(), panel.case()
    of_decided, of_open = show(panel, decided), show(panel, open_)
    panel.approve(decided)
    clock.advance(dt.timedelta(days=89, hours=23))
    assert retention.due(panel.runtime)["evidence"] == 0
    assert retention.run(panel.runtime)["evidence"] == 0
    clock.advance(dt.timedelta(hours=1))
    before = everything_in(panel.runtime)
    assert retention.due(panel.runtime)["evidence"] == 1
    assert everything_in(panel.runtime) == before
    assert retention.run(panel.runtime)["evidence"] == 1
    assert document(panel, of_decided).gone_for is GoneFor.SCHEDULE
    assert document(panel, of_open).state is EvidenceState.WAITING
    clock.advance(dt.timedelta(days=89))  # the round closed on 30 June; it is 27 September
    assert retention.run(panel.runtime)["evidence"] == 0
    clock.advance(dt.timedelta(days=2))
    assert retention.run(panel.runtime)["evidence"] == 1
    assert pages_left(panel) == 0
    assert kinds(panel, f"evidence:{of_open}")[-1] == "evidence.destroyed"
    in_order(panel)


def test_the_doctor_finds_pages_that_should_be_gone(panel: Panel) -> None:
    ref = panel.case()
    shown = show(panel, ref)
    with panel.runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE evidence SET state = 'destroyed'"))
    (found,) = doctor.examine(panel.runtime, only=("I10 sealed: documents",))
    assert not found.ok
    assert shown in found.detail
    assert any(problem.kind.value == "edited" for problem in checked(panel).problems)


@pytest.mark.parametrize(
    "plain", [b"\xff\xd8\xff\xe0" + b"\0" * 90_000, "Ești în siguranță. ".encode() * 900]
)
def test_the_doctor_finds_pages_that_are_not_sealed(panel: Panel, plain: bytes) -> None:
    show(panel, panel.case(), pages=1)
    in_order(panel)
    with panel.runtime.database.writer.begin() as connection:
        connection.execute(update(EvidencePage.__table__).values(image=plain))  # type: ignore[attr-defined]
    (found,) = doctor.examine(panel.runtime, only=("I10 sealed: columns",))
    assert found.detail == "evidence_page.image holds 1 values that are not sealed"


def test_the_bytes_of_a_destroyed_page_are_overwritten_in_the_file(sqlite_runtime: Runtime) -> None:
    """What is deleted from SQLite would stay in free pages of the file; they are overwritten as it happens."""
    panel = a_panel(sqlite_runtime, more=RULE)
    ref = panel.case()
    shown = show(panel, ref)
    with sqlite_runtime.read() as session:
        page = page_of(session, of_case(session, panel.number(ref))[0].id or 0, 1)
        assert page is not None
        assert page.image is not None
        sealed = page.image
    path = Path(str(sqlite_runtime.database.url.database))

    def in_file() -> bool:
        with sqlite_runtime.database.writer.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        return sealed in path.read_bytes()

    assert in_file()
    judge(panel, "ash", shown)
    assert not in_file()


def test_a_document_answers_the_question_for_one(panel: Panel) -> None:
    """The case goes back to the panel, and earlier votes are known to be older than the document."""
    ref = panel.case()

    def put(tx: Transaction) -> None:
        application = lock_application(tx, ref)
        message = Message(
            application_id=application.id or 0,
            ref=new_key(),
            once=new_key(),
            direction=Direction.FUND,
            staff_id=panel["ash"].staff_id,
            at=tx.at,
        )
        tx.session.add(message)
        tx.session.flush()
        asking.put(tx, application, message=message, wants=Wants.EVIDENCE)

    panel.runtime.transact(panel["ash"], put)
    assert stored(panel.runtime, ref).state is ApplicationState.INFO_REQUESTED
    show(panel, ref)
    found = stored(panel.runtime, ref)
    assert (found.state, found.changed_at) == (ApplicationState.IN_REVIEW, panel.runtime.clock.now())
    in_order(panel)
