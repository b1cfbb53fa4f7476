"""The pages about one's own data, as a browser without JavaScript sees them."""

import datetime as dt
import io
import json
import zipfile
from dataclasses import replace

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import select

from hardship.applications.models import Application, ApplicationAnswers
from hardship.applications.owndata import complaining, erasing, recovering
from hardship.applications.owndata.models import About, Recovery, Theme
from hardship.applications.owndata.named import NAMES
from hardship.applications.owndata.transitions import RecoveryState
from hardship.applications.queries import by_claim
from hardship.applications.service import Receipt, transition
from hardship.applications.transitions import ApplicationEvent
from hardship.audit.verify import verify
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs import doctor
from hardship.staff import proposals
from hardship.staff.service import add
from tests.integration.applications.helpers import apply, bodies, everything_in, load, person, stored, token
from tests.integration.applications.test_journey import app_over
from tests.integration.applications.test_secrets import CANARIES, everywhere
from tests.integration.review.helpers import PASSWORD, SECRET
from tests.integration.staff.signing import sign_in as sign_in_staff

WORDS = "A canary complained about the coal mine."
TOLD = {"email": "person1@example.org", "phone": "07400 000001"}


@pytest.fixture
def receipt(sqlite_runtime: Runtime) -> Receipt:
    load(sqlite_runtime)
    return apply(sqlite_runtime, person(1, safe_contact="email"))


@pytest.fixture
def app(sqlite_runtime: Runtime, receipt: Receipt) -> Flask:
    return app_over(sqlite_runtime)


@pytest.fixture
def client(app: Flask, receipt: Receipt) -> FlaskClient:
    """A browser whose applicant has shown reference and claim code."""
    browser = app.test_client()
    sign_in(browser, receipt)
    return browser


def sign_in(browser: FlaskClient, receipt: Receipt) -> None:
    form = {
        "csrf_token": token(browser, "/status"),
        "reference": receipt.ref,
        "claim_code": receipt.claim_code,
    }
    assert browser.post("/status", data=form).status_code == 302


def member(runtime: Runtime, name: str, *roles: Role) -> Actor:
    added = runtime.transact(SYSTEM, add, f"{name}@example.org", roles)
    return Actor(ActorKind.STAFF, str(added.id), frozenset(roles))


def applicant(receipt: Receipt) -> Actor:
    return Actor(ActorKind.APPLICANT, receipt.ref)


def post(client: FlaskClient, path: str, page: str = "", **fields: str) -> tuple[int, str]:
    answer = client.post(
        path, data={"csrf_token": token(client, page or path)} | fields, follow_redirects=True
    )
    return answer.status_code, answer.get_data().decode(errors="replace")


def test_a_stranger_sees_none_of_it(app: Flask) -> None:
    stranger = app.test_client()
    for path in ("/status/yours", "/status/erase", "/status/complain", "/status/answer/AAAA-BBBB"):
        assert stranger.get(path).headers["Location"] == "/status"
    for path in ("/staff/recoveries", "/staff/complaints"):
        assert stranger.get(path).status_code in {302, 303, 403}


def test_a_copy_holds_everything_is_recorded_and_has_a_neutral_name(
    client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    answer = client.post("/status/copy", data={"csrf_token": token(client, "/status/yours")})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="copy.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("data.html").decode()
    assert data["what_you_told_us"]["statement"] == "The bookings stopped overnight."
    assert data["what_you_told_us"]["account_number"] == "20000001"
    assert "The bookings stopped overnight." in page
    html5lib.HTMLParser(strict=True).parse(page)
    with sqlite_runtime.read() as session:
        kinds = [one["kind"] for one in bodies(session, f"application:{receipt.ref}")]
    assert kinds.count("application.copy_made") == 1


def test_the_page_in_a_copy_is_in_the_readers_language(client: FlaskClient) -> None:
    client.get("/status/yours?lang=ro")
    answer = client.post("/status/copy", data={"csrf_token": token(client, "/status/yours")})
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        data, page = json.loads(archive.read("data.json")), archive.read("data.html").decode()
    assert '<html lang="ro">' in page
    assert "<dt>Ce ne-ai spus</dt>" in page
    known = {str(name) for name in NAMES}
    assert {as_words(name) for name in names_in(data)} <= known


def names_in(data: object) -> set[str]:
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return (set(data) if isinstance(data, dict) else set()).union(*(names_in(one) for one in inside))


def as_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def test_erasing_takes_a_tick_and_then_nothing_is_left_to_copy(
    client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    before = everything_in(sqlite_runtime)["application_answers"]
    assert post(client, "/status/erase")[0] == 422
    assert everything_in(sqlite_runtime)["application_answers"] == before
    status, page = post(client, "/status/erase", sure="y")
    assert status == 200
    assert "is erased" in page
    with sqlite_runtime.read() as session:
        assert session.get(ApplicationAnswers, receipt.application_id) is None
    status, page = post(client, "/status/copy", "/status/complain")
    assert "were erased" in page
    page = client.get("/status/case").get_data(as_text=True)
    for gone in (
        "/status/bank",
        "/status/contact",
        "/status/messages",
        "/status/withdraw",
        "/status/document",
    ):
        assert gone not in page
    assert post(client, "/status/erase", sure="y")[0] == 200


def test_a_complaint_is_sealed_tracked_and_answered(
    client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    assert post(client, "/status/complain", about="data")[0] == 422
    stays = "What you complained of, and our answer, stay"
    assert stays not in client.get("/status/erase").get_data(as_text=True)
    status, page = post(client, "/status/complain", about="data", words=WORDS)
    assert stays in client.get("/status/erase").get_data(as_text=True)
    assert (status, "We have it." in page) == (200, True)
    assert WORDS not in repr(everything_in(sqlite_runtime))
    post(client, "/status/complain", about="data", words=f"{WORDS} ")  # pressed twice, it is one
    lead = member(sqlite_runtime, "lead", Role.LEAD)
    clock = sqlite_runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(complaining.DUE)
    (late,) = doctor.examine(sqlite_runtime, only=("complaints",))
    assert not late.ok
    with sqlite_runtime.read() as session:
        (ref,) = [one.ref for one in complaining.of_case(session, receipt.application_id)]
    sqlite_runtime.transact(lead, complaining.acknowledge, ref=ref)
    (fine,) = doctor.examine(sqlite_runtime, only=("complaints",))
    assert fine.ok
    with sqlite_runtime.read() as session:
        before = len(session.exec(select(OutboxMail)).all())
    sqlite_runtime.transact(lead, complaining.answer, ref=ref, text="We are sorry.\nIt is put right.")
    with sqlite_runtime.read() as session:
        assert len(session.exec(select(OutboxMail)).all()) == before + 1  # there is news
    sign_in(client, receipt)  # a month has passed
    page = client.get(f"/status/answer/{ref}").get_data(as_text=True)
    assert "We are sorry.<br>It is put right." in page


def test_attack_17_another_applicants_complaint_is_not_there(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    other = apply(sqlite_runtime, person(2))
    made = sqlite_runtime.transact(
        applicant(other),
        complaining.complain,
        application_id=other.application_id,
        about=About.SERVICE,
        words=WORDS,
    )
    answer = client.get(f"/status/answer/{made.ref}")
    unknown = client.get("/status/answer/AAAA-AAAA")
    assert (answer.status_code, unknown.status_code) == (404, 404)
    assert WORDS not in answer.get_data(as_text=True)
    with pytest.raises(NotFound):
        sqlite_runtime.transact(applicant(other), erasing.ask, application_id=other.application_id - 1)


def test_attack_22_a_form_of_ten_megabytes_is_refused(client: FlaskClient) -> None:
    for path in ("/status/lost", "/status/complain"):
        assert client.post(path, data={"words": "x" * 10_000_000}).status_code == 413


def test_only_themes_of_which_people_agreed_are_passed_on(sqlite_runtime: Runtime, receipt: Receipt) -> None:
    lead = member(sqlite_runtime, "lead", Role.LEAD)

    def made(*, agreed: bool, about: About = About.PLATFORM) -> str:
        return sqlite_runtime.transact(
            applicant(receipt),
            complaining.complain,
            application_id=receipt.application_id,
            about=about,
            words=WORDS,
            may_pass_on=agreed,
        ).ref

    for ref in (made(agreed=False), made(agreed=True, about=About.DATA)):
        with pytest.raises(Refused):
            sqlite_runtime.transact(
                lead, complaining.pass_on, ref=ref, redacted="Closed.", theme=Theme.SAFETY
            )
    with pytest.raises(BadInput):
        sqlite_runtime.transact(
            lead, complaining.pass_on, ref=made(agreed=True), redacted=" ", theme=Theme.SAFETY
        )
    for count in range(1, 6):
        ref = made(agreed=True)
        sqlite_runtime.transact(lead, complaining.pass_on, ref=ref, redacted="Closed.", theme=Theme.SAFETY)
        with sqlite_runtime.read() as session:
            assert complaining.themes(session) == [(Theme.SAFETY, 5 if count == 5 else None)]
    with sqlite_runtime.read() as session:
        assert "canary" not in repr(bodies(session))
        assert verify(session, sqlite_runtime.vault).ok
    with pytest.raises(Forbidden):
        sqlite_runtime.transact(member(sqlite_runtime, "r", Role.REVIEWER), complaining.read, ref=ref)


# --- A lost claim code ----------------------------------------------------------------------------------------------


def test_a_new_code_takes_two_people_and_the_old_one_dies(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    worker, lead = member(runtime, "worker", Role.REVIEWER), member(runtime, "lead", Role.REVIEWER, Role.LEAD)
    with pytest.raises(Refused):
        runtime.transact(worker, recovering.start_at_desk, reference="", told={"email": TOLD["email"]})
    asked = runtime.transact(
        worker, recovering.start_at_desk, reference=receipt.ref, told={"email": TOLD["email"]}
    )
    with pytest.raises(Conflict):
        runtime.transact(worker, recovering.hand_over, ref=asked.ref)
    with runtime.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
    with pytest.raises(Forbidden):
        runtime.transact(worker, proposals.approve, ref=waiting.ref)
    runtime.transact(lead, proposals.approve, ref=waiting.ref)
    with pytest.raises(Refused):
        runtime.transact(lead, recovering.hand_over, ref=asked.ref)
    ref, code = runtime.transact(worker, recovering.hand_over, ref=asked.ref)
    with runtime.read() as session:
        assert by_claim(session, runtime.vault, receipt.ref, receipt.claim_code) is None
        found = by_claim(session, runtime.vault, ref, code)
        assert found is not None
        assert found.id == receipt.application_id
        row = session.exec(select(Recovery)).one()
        assert (row.state, row.new_code) == (RecoveryState.HANDED_OVER, None)
        assert verify(session, runtime.vault).ok
    with pytest.raises(Conflict):
        runtime.transact(worker, recovering.hand_over, ref=asked.ref)
    assert code not in repr(everything_in(runtime))


def test_a_new_code_closes_the_pages_that_the_old_one_opened(
    app: Flask, client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    worker, lead = member(sqlite_runtime, "worker", Role.REVIEWER), member(sqlite_runtime, "lead", Role.LEAD)
    told = {"reference": receipt.ref, "told": {"email": TOLD["email"]}}
    asked = sqlite_runtime.transact(worker, recovering.start_at_desk, **told)
    assert client.get("/status/case").status_code == 200
    form = token(client, "/status/bank")
    with sqlite_runtime.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
    sqlite_runtime.transact(lead, proposals.approve, ref=waiting.ref)
    for path in ("/status/case", "/status/bank", "/status/yours", "/status/messages", "/status/document"):
        assert client.get(path).location == "/status"
    assert client.post("/status/bank", data={"csrf_token": form}).location == "/status"
    _, code = sqlite_runtime.transact(worker, recovering.hand_over, ref=asked.ref)
    sign_in(client, replace(receipt, claim_code=code))
    assert client.get("/status/case").status_code == 200


def test_over_the_web_it_takes_the_pickup_code_and_the_word_of_the_safe_channel(
    sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    runtime = sqlite_runtime
    worker, lead = member(runtime, "worker", Role.REVIEWER), member(runtime, "lead", Role.LEAD)
    asked = runtime.transact(PUBLIC, recovering.ask, reference="", told=TOLD)
    runtime.transact(worker, recovering.propose_it, ref=asked.ref)
    with runtime.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
    runtime.transact(lead, proposals.approve, ref=waiting.ref)
    with runtime.read() as session:
        mail = session.exec(select(OutboxMail).where(OutboxMail.template == "word")).one()
        sealer = runtime.vault.person(session, mail.data_key_id)
        letter = json.loads(sealer.open("outbox_mail", "letter", mail.ref, mail.letter) or "{}")
    assert letter["subject"] == "Lane Support"
    word = letter["body"].split("Your word: ")[1].split()[0]
    for pickup, said in ((asked.pickup, "AAAA-AAAA"), ("AAAA", word), (asked.pickup, "")):
        typed = {"ref": asked.ref, "pickup": pickup, "word": said}
        assert runtime.transact(PUBLIC, recovering.collect, **typed) is None
    typed = {"ref": asked.ref.lower(), "pickup": asked.pickup.lower(), "word": word.lower()}
    found = runtime.transact(PUBLIC, recovering.collect, **typed)
    assert found is not None
    assert runtime.transact(PUBLIC, recovering.collect, **typed) is None
    with runtime.read() as session:
        assert by_claim(session, runtime.vault, *found) is not None


def test_attack_18_what_fits_and_what_does_not_get_the_same_answer_and_work(
    sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    runtime = sqlite_runtime
    shapes = []
    statements: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(runtime.database.writer, "before_cursor_execute", listen)
    for told in (TOLD, {"email": "nobody@example.org", "phone": "07400 999999"}):
        statements.clear()
        asked = runtime.transact(PUBLIC, recovering.ask, reference="", told=told)
        asked_for = list(statements)
        with runtime.read() as session:
            (said,) = bodies(session, f"recovery:{asked.ref}")
        shapes.append((len(asked.ref), len(asked.pickup), said["facts"], said["kind"], asked_for))
    event.remove(runtime.database.writer, "before_cursor_execute", listen)
    assert shapes[0] == shapes[1]  # the same words, and statement for statement the same work
    worker = member(runtime, "worker", Role.REVIEWER)
    with runtime.read() as session:
        fitting, other = session.exec(select(Recovery).order_by(Recovery.id)).all()  # type: ignore[arg-type]
    assert (fitting.application_id, other.application_id) == (receipt.application_id, None)
    with pytest.raises(Refused):
        runtime.transact(worker, recovering.propose_it, ref=other.ref)
    runtime.transact(worker, recovering.close, ref=other.ref)
    for value in (*TOLD.values(), "nobody@example.org"):
        assert value not in repr(everything_in(runtime))


def test_two_cases_that_fit_are_none(sqlite_runtime: Runtime, receipt: Receipt) -> None:
    apply(sqlite_runtime, person(1))
    asked = sqlite_runtime.transact(PUBLIC, recovering.ask, reference="", told=TOLD)
    with sqlite_runtime.read() as session:
        assert session.exec(select(Recovery.application_id).where(Recovery.ref == asked.ref)).one() is None


def test_asking_on_the_page_shows_number_and_pickup_code_and_is_slowed(client: FlaskClient) -> None:
    for attempt in range(3):
        status, page = post(client, "/status/lost", **{"email": "a@example.org", "birth_year": "x"})
        assert status == (422 if attempt < 2 else 400)  # from the third on a proof is asked for
    assert "a@example.org" in page  # what was typed is kept


def test_an_erased_case_is_found_by_nothing(sqlite_runtime: Runtime, receipt: Receipt) -> None:
    sqlite_runtime.transact(operator(), erasing.erase, ref=receipt.ref)
    asked = sqlite_runtime.transact(PUBLIC, recovering.ask, reference=receipt.ref, told=TOLD)
    with sqlite_runtime.read() as session:
        assert session.exec(select(Recovery.application_id).where(Recovery.ref == asked.ref)).one() is None
    assert stored(sqlite_runtime, receipt.ref).state == "withdrawn"


# --- The desk's pages, medians, and what is never in plain form ---------------------------------------------------------


def desk(runtime: Runtime, app: Flask, name: str, *roles: Role) -> FlaskClient:
    """A browser in which a member of staff is signed in."""
    runtime.transact(operator(), add, f"{name}@example.org", roles, PASSWORD, SECRET)
    browser = app.test_client()
    sign_in_staff(browser, runtime, f"{name}@example.org")
    return browser


def test_the_desks_pages_lead_from_the_person_to_the_new_code(
    app: Flask, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    worker = desk(sqlite_runtime, app, "worker", Role.REVIEWER)
    lead = desk(sqlite_runtime, app, "lead", Role.LEAD)
    assert "Nothing here" in worker.get("/staff/recoveries").get_data(as_text=True)
    assert post(worker, "/staff/recoveries/start", reference=receipt.ref)[0] == 422
    status, page = post(worker, "/staff/recoveries/start", reference=receipt.ref, phone="07400000001")
    assert (status, "A second person decides" in page) == (200, True)
    with sqlite_runtime.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
        ref = session.exec(select(Recovery.ref)).one()
    path = f"/staff/proposals/{waiting.ref}"
    assert post(lead, path, approve="Approve")[0] == 200
    shown = worker.get("/staff/recoveries?state=approved").get_data(as_text=True)
    assert f"Show the new code of {ref} once" in shown
    status, page = post(worker, f"/staff/recoveries/{ref}/hand-over", "/staff/recoveries?state=approved")
    assert (status, receipt.ref in page) == (200, True)
    assert post(worker, f"/staff/recoveries/{ref}/hand-over", "/staff/recoveries/start")[0] == 409


def test_the_desk_reads_redacts_and_passes_a_theme_on(
    app: Flask, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    ref = sqlite_runtime.transact(
        applicant(receipt),
        complaining.complain,
        application_id=receipt.application_id,
        about=About.PLATFORM,
        words="<script>alert(1)</script>",
        may_pass_on=True,
    ).ref
    lead, reviewer = (
        desk(sqlite_runtime, app, "lead", Role.LEAD),
        desk(sqlite_runtime, app, "r", Role.REVIEWER),
    )
    assert reviewer.get("/staff/complaints").status_code == 403
    path = f"/staff/complaints/{ref}"
    page = lead.get(path).get_data(as_text=True)
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert post(lead, path, redacted="An account was closed.", pass_on="y")[0] == 422
    status, page = post(lead, path, redacted="An account was closed.", theme="account_closed", pass_on="y")
    assert (status, "Fewer than 5" in page) == (200, True)
    assert post(lead, path, text="Thank you.", answer="y")[0] == 200
    with sqlite_runtime.read() as session:
        assert verify(session, sqlite_runtime.vault).ok


def test_medians_are_hidden_while_they_are_few(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    clock = sqlite_runtime.clock
    assert isinstance(clock, SetClock)

    def decide(tx: Transaction) -> None:
        for case in tx.session.exec(select(Application).where(Application.state == "checking")).all():
            transition(tx, case, ApplicationEvent.FINISH_CHECKS, "application.checks_finished")
            transition(tx, case, ApplicationEvent.DECLINE, "application.declined")

    for number in range(2, 10):
        apply(sqlite_runtime, person(number))
    clock.advance(dt.timedelta(hours=20))
    sqlite_runtime.transact(SYSTEM, decide)  # nine
    assert "Half of all" not in client.get("/status/case").get_data(as_text=True)
    apply(sqlite_runtime, person(10))
    sqlite_runtime.transact(SYSTEM, decide)
    assert "Half of all" not in client.get("/status/case").get_data(as_text=True)  # counted every ten minutes
    clock.advance(dt.timedelta(minutes=11))
    assert "Half of all answers came within 1 day." in client.get("/status/case").get_data(as_text=True)


def test_no_canary_of_ones_own_data_is_found_anywhere(
    runtime: Runtime, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    load(runtime)
    receipt = apply(runtime, CANARIES | {"safe_contact": "email"})
    app = app_over(runtime)
    browser = app.test_client()
    sign_in(browser, receipt)
    for about in About:
        post(browser, "/status/complain", about=about.value, words=WORDS, may_pass_on="y")
    post(browser, "/status/copy", "/status/yours")
    told = {name: CANARIES[name] for name in ("email", "phone", "legal_name", "sort_code", "account_number")}
    post(app.test_client(), "/status/lost", **told)
    lead, worker = member(runtime, "lead", Role.LEAD), member(runtime, "worker", Role.REVIEWER)
    with runtime.read() as session:
        ref = session.exec(select(Recovery.ref)).one()
        complaints = [one.ref for one in complaining.of_case(session, receipt.application_id)]
    for one in complaints:
        runtime.transact(lead, complaining.answer, ref=one, text="Canarina, we are sorry.")
    runtime.transact(worker, recovering.propose_it, ref=ref)
    with runtime.read() as session:
        (waiting,) = proposals.waiting(session, recovering.KIND)
    runtime.transact(lead, proposals.approve, ref=waiting.ref)
    _, code = runtime.transact(worker, recovering.hand_over, ref=ref)
    broken = browser.get("/status/answer/AAAA-BBBB")
    runtime.transact(operator(), erasing.erase, ref=receipt.ref)
    out, err = capfd.readouterr()
    found = everywhere(runtime) + (caplog.text + out + err).encode() + broken.get_data()
    hidden = [value for value in CANARIES.values() if len(value) > 5 and value != "homelessness"]
    for value in (*hidden, "Canarina", "7911999777", WORDS, receipt.claim_code, code):
        assert value.encode() not in found, value
    with runtime.read() as session:
        assert verify(session, runtime.vault).ok
