"""Help by others: on the web with or for somebody, and entered by a colleague who then keeps away from the case."""

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from sqlmodel import select

from hardship.applications.helping.models import ApplicationHelp, Consent, Helped
from hardship.applications.helping.queries import help_with
from hardship.applications.helping.service import AGAIN, Entry, enter
from hardship.applications.models import Application, SafeContact, Source
from hardship.applications.owndata import copying, erasing
from hardship.applications.queries import answers_of, by_claim, by_ref
from hardship.applications.service import open_answers
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import PUBLIC, Actor, ActorKind, Role, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.refs import new_claim_code
from hardship.core.runtime import Runtime
from hardship.jobs.doctor import examine
from hardship.payouts.rails import RailName
from hardship.payouts.service import approve_batch, make_batch
from hardship.payouts.service.external import propose_external
from hardship.review import queries
from hardship.review.casework import Conflicted, open_case
from hardship.review.service import vote_from_shell
from hardship.review.votes import Outcome, ReasonCode
from hardship.web import proof
from tests.integration.applications.helpers import bodies, hidden, person, stored
from tests.integration.applications.test_journey import STEPS, app_over, begin, current_of, page, post, send
from tests.integration.payouts.guarding import handed
from tests.integration.review.helpers import PASSWORD, Panel, a_panel
from tests.integration.staff.signing import sign_in

DAY = dt.date(2020, 3, 25)


@pytest.fixture
def panel(runtime: Runtime) -> Panel:
    """A panel whose lead can sign in."""
    made = a_panel(runtime, gifts=100_000)
    made.join("chief", Role.LEAD, password=PASSWORD)
    return made


def entry(number: int = 50, /, **changed: Any) -> Entry:
    """What a colleague types from a paper."""
    given = {name: text for name, text in person(number).items() if name != "phone"}
    first = Entry(
        round="spring",
        answers=given | {"safe_contact": "email"},
        how=Helped.TYPED,
        consent=Consent.SIGNED,
        on=DAY,
        key=new_claim_code(),
        group="Drop-in on the lane",
    )
    return replace(first, **changed)


def case_of(runtime: Runtime, ref: str) -> int:
    """The number of a case."""
    with runtime.read() as session:
        return by_ref(session, ref).id or 0


# --- On the web ---


@pytest.fixture
def client(panel: Panel) -> FlaskClient:
    return app_over(panel.runtime).test_client()


def begin_helping(client: FlaskClient, **fields: str) -> Any:
    """The page before the questions, read as slowly as people read."""
    unseen = hidden(client, "/apply/helping")
    clock = current_of(client).clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(seconds=proof.LONGEST))
    given = {"how": "for", "agreed": "y", "group": "The Lane Centre"} | fields
    return client.post("/apply/helping", data=unseen | given)


def fill_in(client: FlaskClient, **steps: dict[str, str]) -> None:
    """Answer every question."""
    for number, fields in (
        dict(STEPS) | {name.removeprefix("q"): one for name, one in steps.items()}
    ).items():
        answer = post(client, f"/apply/{number}", fields)
        assert answer.status_code == 302, page(answer)


def test_a_helper_fills_it_in_for_somebody_and_it_is_recorded_as_such(
    client: FlaskClient, panel: Panel
) -> None:
    assert 'href="/apply/helping"' in page(client.get("/apply"))
    assert begin_helping(client).location == "/apply/1"
    fill_in(client)
    ref, code = send(client)
    assert "belong to the person" in page(client.get("/apply/sent"))
    with panel.runtime.read() as session:
        case = by_ref(session, ref)
        helped = help_with(session, panel.runtime.vault, case)
        assert by_claim(session, panel.runtime.vault, ref, code) is not None
        event = next(one for one in bodies(session, f"application:{ref}") if "helped" in one["facts"])
    assert case.source is Source.ASSISTED
    assert helped is not None
    assert (helped.how, helped.consent, helped.group, helped.entered_by_id) == (
        Helped.FOR,
        Consent.AGREED,
        "The Lane Centre",
        None,
    )
    assert (event["facts"]["source"], event["facts"]["helped"]) == ("assisted", "for")
    assert "Lane Centre" not in str(event)


def test_every_page_speaks_of_the_person(client: FlaskClient) -> None:
    begin_helping(client, how="with")
    said = {number: page(client.get(f"/apply/{number}")) for number in STEPS}
    assert "person’s own and safe for them" in said["2"]
    assert "account has to be the person’s own" in said["10"]
    assert all("“You” means the person you help" in said[one] for one in STEPS if one not in {"2", "10"})
    fill_in(client)
    assert "Go through it with the person" in page(client.get("/apply/check"))


def test_without_the_persons_consent_nothing_begins_and_what_was_typed_stays(client: FlaskClient) -> None:
    answer = begin_helping(client, agreed="")
    assert answer.status_code == 422
    text = page(answer)
    assert "ask them first" in text
    assert 'value="The Lane Centre"' in text
    assert client.get("/apply/1").location == "/apply"


def test_a_contact_that_looks_like_the_helpers_is_asked_about_once(client: FlaskClient, panel: Panel) -> None:
    begin_helping(client)
    given = {"safe_contact": "email", "email": "jo@lanecentre.com"}
    answer = post(client, "/apply/2", given)
    assert answer.status_code == 422
    text = page(answer)
    assert "If it is the person’s own, tick the box" in text
    assert 'value="jo@lanecentre.com"' in text
    assert post(client, "/apply/2", given | {"own": "y"}).status_code == 302
    assert "is the person’s own, and" not in page(client.get("/apply/2"))
    fill_in(client, q2=given | {"own": "y"})
    ref, _ = send(client)
    with panel.runtime.read() as session:
        case, row = by_ref(session, ref), answers_of(session, case_of(panel.runtime, ref))
        assert row is not None
        sealer = panel.runtime.vault.person(session, case.data_key_id)
        assert open_answers(sealer, ref, row)["email"] == "jo@lanecentre.com"


def test_a_persons_own_contact_is_taken_without_a_word_and_others_are_not_asked(client: FlaskClient) -> None:
    begin_helping(client)
    assert post(client, "/apply/2", {"safe_contact": "sms", "phone": "07700 900123"}).status_code == 302
    assert post(client, "/apply/2", {"safe_contact": "none", "email": "info@a.org"}).status_code == 302


def test_who_asks_for_themselves_is_never_asked_whose_it_is(client: FlaskClient) -> None:
    begin(client)
    assert "means the person you help" not in page(client.get("/apply/1"))
    assert post(client, "/apply/2", {"safe_contact": "email", "email": "info@a.org"}).status_code == 302


def test_help_with_one_draft_is_not_help_with_the_next(client: FlaskClient, panel: Panel) -> None:
    begin_helping(client)
    begin(client)
    fill_in(client)
    ref, _ = send(client)
    assert stored(panel.runtime, ref).source is Source.WEB


# --- By a colleague ---


def test_what_came_on_paper_is_taken_in_as_if_it_had_been_sent_on_its_day(panel: Panel) -> None:
    receipt = panel.runtime.transact(panel["ash"], enter, entry=entry())
    panel.runtime.run_due("checks")
    case = stored(panel.runtime, receipt.ref)
    assert (case.source, case.state, case.safe_contact) == (
        Source.PAPER,
        ApplicationState.IN_REVIEW,
        SafeContact.EMAIL,
    )
    assert case.submitted_at == dt.datetime(2020, 3, 25, 12, tzinfo=dt.UTC)
    assert case.recorded_at == panel.runtime.clock.now()
    with panel.runtime.read() as session:
        assert by_claim(session, panel.runtime.vault, receipt.ref, receipt.claim_code) is not None


@pytest.mark.parametrize(("how", "source"), [(Helped.WITH, "assisted"), (Helped.FOR, "assisted")])
def test_what_was_said_is_assisted(panel: Panel, how: Helped, source: str) -> None:
    told = entry(how=how, consent=Consent.SPOKEN, other_way=True, language="ro")
    case = stored(panel.runtime, panel.runtime.transact(panel["ash"], enter, entry=told).ref)
    assert (case.source.value, case.other_way, case.language) == (source, True, "ro")


def test_whoever_entered_it_neither_sees_nor_decides_it(panel: Panel) -> None:
    """A conflict from the start: for the votes, the queue, and everything that money asks before it pays."""
    ref = panel.runtime.transact(panel["ash"], enter, entry=entry()).ref
    panel.runtime.run_due("checks")
    with pytest.raises(Conflicted, match="entered it yourself"):
        panel.vote("ash", ref)
    with pytest.raises(Conflicted):
        panel.runtime.transact(panel["ash"], open_case, application_id=case_of(panel.runtime, ref))
    me = panel["ash"].staff_id or 0
    with panel.runtime.read() as session:
        round_id = by_ref(session, ref).round_id
        assert queries.queue(session, round_id, me, queries.QueueFilter()).items == []
        assert queries.conflicts_of(session, me, [by_ref(session, ref).id or 0])
        kinds = [one["kind"] for one in bodies(session, f"application:{ref}")]
    assert kinds.count("conflict.entered") == 1
    panel.vote("bryn", ref)
    assert panel.vote("chief", ref).state is ApplicationState.APPROVED
    assert [one for one in examine(panel.runtime, ("I",)) if not one.ok] == []


def test_doctor_names_whoever_entered_a_case_and_is_not_kept_from_it(panel: Panel) -> None:
    ref = panel.runtime.transact(panel["ash"], enter, entry=entry()).ref
    with panel.runtime.database.writer.begin() as connection:
        connection.execute(text("DELETE FROM conflict_of_interest"))
    (found,) = examine(panel.runtime, ("I9 four eyes: entered",))
    assert not found.ok
    assert ref in found.detail


def test_the_same_page_is_one_application_however_often_it_is_sent(panel: Panel) -> None:
    page_ = entry()
    first = panel.runtime.transact(panel["ash"], enter, entry=page_)
    assert panel.runtime.transact(panel["ash"], enter, entry=page_) == first
    with pytest.raises(Conflict, match="sent already"):
        panel.runtime.transact(panel["bryn"], enter, entry=page_)
    with panel.runtime.read() as session:
        assert len(session.exec(select(ApplicationHelp)).all()) == 1
    assert isinstance(panel.runtime.clock, SetClock)
    panel.runtime.clock.advance(AGAIN)
    panel.runtime.run_due("drafts")
    assert stored(panel.runtime, first.ref).source is Source.PAPER


def test_two_presses_at_one_moment_are_one_application(panel: Panel) -> None:
    page_ = entry()
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: panel.runtime.transact(panel["ash"], enter, entry=page_), range(4)))
    assert len({one.ref for one in sent}) == 1
    with panel.runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 1


def test_only_named_staff_who_may_enter_it(panel: Panel) -> None:
    finance = panel.join("fin", Role.FINANCE)
    for actor in (finance, PUBLIC, operator(), Actor(ActorKind.APPLICANT, "X")):
        with pytest.raises(Forbidden):
            panel.runtime.transact(actor, enter, entry=entry())


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"on": dt.date(2020, 4, 2)}, "on"),
        ({"on": dt.date(2020, 3, 19)}, "on"),
        ({"consent": Consent.AGREED}, "consent"),
        ({"group": "x" * 121}, "group"),
        ({"answers": {"birth_year": "nineteen"}}, "birth_year"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_stored(
    panel: Panel, changed: dict[str, Any], where: str
) -> None:
    with pytest.raises(BadInput) as refused:
        panel.runtime.transact(panel["ash"], enter, entry=entry(**changed))
    assert refused.value.where == where
    with panel.runtime.read() as session:
        assert session.exec(select(Application)).all() == []


def test_a_copy_says_who_helped_and_erasure_forgets_the_group(panel: Panel) -> None:
    runtime = panel.runtime
    ref = runtime.transact(panel["ash"], enter, entry=entry()).ref
    number, me = case_of(runtime, ref), Actor(ActorKind.APPLICANT, ref)
    with runtime.read() as session:
        row = session.get(ApplicationHelp, number)
        assert row is not None
        assert b"lane" not in (row.helper_group or b"")
    told = runtime.transact(me, lambda tx: copying.gather(tx, by_ref(tx.session, ref)))
    assert told["somebody_helped"] == {
        "how": "typed",
        "how_you_agreed": "signed",
        "their_group": "Drop-in on the lane",
    }
    runtime.transact(me, erasing.ask, application_id=number)
    with runtime.read() as session:
        row = session.get(ApplicationHelp, number)
        assert row is not None
        assert row.helper_group is None
        helped = help_with(session, runtime.vault, by_ref(session, ref))
    assert helped is not None
    assert helped.group == ""


# --- The desk's pages ---


@pytest.fixture
def desk(sqlite_runtime: Runtime) -> Panel:
    """A panel on one database: pages do not depend on it."""
    made = a_panel(sqlite_runtime, gifts=100_000)
    made.join("chief", Role.LEAD, password=PASSWORD)
    made.join("clerk", Role.REVIEWER, password=PASSWORD)
    made.join("fin", Role.FINANCE, password=PASSWORD)
    return made


@pytest.fixture
def browser(desk: Panel) -> Iterator[FlaskClient]:
    """A browser in which the clerk is signed in."""
    with app_over(desk.runtime).test_client() as client:
        sign_in(client, desk.runtime, "clerk@example.org")
        yield client


FORM = {
    "round": "spring",
    "how": "typed",
    "consent": "signed",
    "on": ["25", "3", "2020"],
    "language": "ro",
    "group": "Drop-in on the lane",
    "working_name": "Mae",
    "safe_contact": "sms",
    "phone": "07700 900123",
    "email": "helper@centre.org",
    "outward_postcode": "E8",
    "birth_year": "1990",
    "income_before": "1,200",
    "income_now": "0",
    "reason": "livelihood",
    "statement": "The bookings stopped.",
    "vouching": "membership",
    "voucher": "M-17, the union",
    "connected": "no",
    "money": "bank",
    "legal_name": "Maya Example",
    "sort_code": "20-29-59",
    "account_number": "12345678",
}


def fresh(browser: FlaskClient) -> dict[str, str]:
    """What the page carries unseen: its token and its key."""
    text = page(browser.get("/staff/desk/enter"))
    key = re.search(r'name="key"[^>]*value="([^"]+)"', text)
    assert key
    return hidden(browser, "/staff/desk/enter") | {"key": key[1]}


def test_the_desk_enters_all_on_one_page_and_gets_a_slip_in_the_persons_language(
    browser: FlaskClient, desk: Panel
) -> None:
    sent = {**FORM, **fresh(browser)}
    answer = browser.post("/staff/desk/enter", data=sent)
    text = page(answer)
    assert answer.status_code == 200
    slip = text.partition('class="app-slip"')[2].partition("</pre>")[0]
    assert "Lane Support" in slip
    assert "Cod:" in slip
    assert not re.search(r"grant|money|fund\b|bani|ajutor", slip, re.IGNORECASE)
    with desk.runtime.read() as session:
        (case,) = session.exec(select(Application)).all()
        assert case.ref in slip
        row = answers_of(session, case.id or 0)
        assert row is not None
        told = open_answers(desk.runtime.vault.person(session, case.data_key_id), case.ref, row)
    assert case.safe_contact is SafeContact.SMS
    assert "email" not in told
    assert (told["phone"], told["income_now"], told["sort_code"]) == ("+447700900123", "0.00", "202959")
    assert (told["vouching"], told["voucher"]) == ("membership", "M-17, the union")
    assert case.ref in page(browser.post("/staff/desk/enter", data=sent))  # the same press again
    with desk.runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 1


def test_all_errors_are_shown_at_once_and_nothing_typed_is_lost(browser: FlaskClient, desk: Panel) -> None:
    wrong = {
        "how": "",
        "birth_year": "199",
        "outward_postcode": "?",
        "phone": "12",
        "account_number": "12",
        "vouching": "call_back",
        "on": ["1", "1", "2030"],
    }
    unseen = fresh(browser)
    answer = browser.post("/staff/desk/enter", data={**FORM, **unseen, **wrong})
    text = page(answer)
    assert answer.status_code == 422
    summary = text.partition("govuk-error-summary")[2].partition("<form")[0]
    for name in ("how", "birth_year", "outward_postcode", "phone", "call_when", "account_number"):
        assert f'href="#{name}"' in summary, name
    assert "The bookings stopped." in text
    assert unseen["key"] in text
    late = browser.post("/staff/desk/enter", data={**FORM, **unseen, "on": ["1", "1", "2030"]})
    assert late.status_code == 422
    assert "The day has not come yet" in page(late)
    with desk.runtime.read() as session:
        assert session.exec(select(Application)).all() == []


def test_a_page_filled_in_anew_is_not_answered_with_the_first_persons_code(
    browser: FlaskClient, desk: Panel
) -> None:
    """Back, other answers, send: the next person must not be handed the code of the one before."""
    sent = {**FORM, **fresh(browser)}
    slip = page(browser.post("/staff/desk/enter", data=sent)).partition('class="app-slip"')[2]
    (code,) = re.findall(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}", slip.partition("</pre>")[0])
    other = sent | {"statement": "Mine is another story."}
    answer = browser.post("/staff/desk/enter", data=other)
    text = page(answer)
    with desk.runtime.read() as session:
        (case,) = session.exec(select(Application)).all()
    assert answer.status_code == 422
    assert f"entered already, with other answers, as {case.ref}" in text
    assert "Mine is another story." in text
    assert code not in text
    assert str(sent["key"]) not in text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', text)
    assert key
    assert browser.post("/staff/desk/enter", data=other | {"key": key[1]}).status_code == 200
    with desk.runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 2


def test_the_desk_asks_once_about_a_groups_address_and_takes_no_landline_for_texts(
    browser: FlaskClient, desk: Panel
) -> None:
    groups = {**FORM, **fresh(browser), "safe_contact": "email", "email": "jo@lane.org.uk"}
    answer = browser.post("/staff/desk/enter", data=groups)
    assert answer.status_code == 422
    assert "This looks like the address of a group" in page(answer)
    landline = {**FORM, **fresh(browser), "phone": "020 7946 0000"}
    assert "need a mobile number" in page(browser.post("/staff/desk/enter", data=landline))
    with desk.runtime.read() as session:
        assert session.exec(select(Application)).all() == []
    assert browser.post("/staff/desk/enter", data=groups | {"own": "y"}).status_code == 200


@pytest.mark.parametrize("money", ["later", "other"])
def test_details_that_are_not_wanted_are_forgotten(browser: FlaskClient, desk: Panel, money: str) -> None:
    browser.post("/staff/desk/enter", data={**FORM, **fresh(browser), "money": money})
    with desk.runtime.read() as session:
        (case,) = session.exec(select(Application)).all()
    assert (case.has_bank, case.other_way) == (False, money == "other")


def test_the_case_page_says_how_it_came_and_its_clerk_does_not_see_it(
    browser: FlaskClient, desk: Panel
) -> None:
    browser.post("/staff/desk/enter", data={**FORM, **fresh(browser)})
    desk.runtime.run_due("checks")
    with desk.runtime.read() as session:
        (case,) = session.exec(select(Application)).all()
    assert "The bookings stopped." not in browser.get(f"/staff/cases/{case.ref}").text
    with app_over(desk.runtime).test_client() as other:
        sign_in(other, desk.runtime, "chief@example.org")
        text = page(other.get(f"/staff/cases/{case.ref}"))
    assert "The person wrote it on paper. The person signed the paper." in text
    assert "A colleague entered it" in text
    assert "Drop-in on the lane" in text
    assert "clerk@example.org" not in text.partition("Help by others")[2].partition("</section>")[0]
    assert "Whoever entered it keeps away" in text


def test_only_whoever_may_enter_sees_these_pages(desk: Panel) -> None:
    with app_over(desk.runtime).test_client() as client:
        sign_in(client, desk.runtime, "fin@example.org")
        assert client.get("/staff/desk/enter").status_code == 403
        assert client.get("/staff/desk/paper-form").status_code == 403


@pytest.mark.parametrize(("code", "said"), [("en", "What year were you born?"), ("ro", "Nu mă contactați")])
def test_the_paper_form_asks_what_the_journey_asks_and_is_neutral_outside(
    browser: FlaskClient, code: str, said: str
) -> None:
    answer = browser.get(f"/staff/desk/paper-form?lang={code}")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="form-{code}.pdf"'
    read = PdfReader(BytesIO(answer.data))
    assert read.metadata is not None
    assert read.metadata.title == "Lane Support"
    text = " ".join("".join(one.extract_text() for one in read.pages).split())
    assert said in text
    for number in range(1, 11):
        assert f"{number}. " in text
    assert browser.get(f"/staff/desk/paper-form?lang={code}").data == answer.data


def test_a_vote_from_the_shell_is_refused_as_well(panel: Panel) -> None:
    ref = panel.runtime.transact(panel["ash"], enter, entry=entry()).ref
    panel.runtime.run_due("checks")
    with pytest.raises(Conflicted):
        panel.runtime.transact(
            panel["ash"],
            vote_from_shell,
            ref=ref,
            outcome=Outcome.DECLINE,
            reason=ReasonCode.NOT_ELIGIBLE,
        )


def test_whoever_entered_it_pays_it_no_more_than_they_decide_it(panel: Panel) -> None:
    """Somebody with every role makes no batch with it, approves none, and proposes no payment by hand."""
    runtime, roles = panel.runtime, (Role.REVIEWER, Role.FINANCE, Role.APPROVER)
    both = panel.join("both", *roles)
    ref = runtime.transact(both, enter, entry=entry()).ref
    runtime.run_due("checks")
    assert panel.approve(ref).state is ApplicationState.APPROVED
    with pytest.raises(Refused, match="nothing is ready"):
        runtime.transact(both, make_batch, fund="small", rail=RailName.SANDBOX)
    with pytest.raises(Conflicted):
        runtime.transact(both, propose_external, award_ref=panel.award(ref).ref, handed=handed())
    made = runtime.transact(panel["finance"], make_batch, fund="small", rail=RailName.SANDBOX)
    with pytest.raises(Refused, match="in this batch, or entered it"):
        runtime.transact(both, approve_batch, batch_ref=made.ref)
    runtime.transact(panel["approver"], approve_batch, batch_ref=made.ref)
    assert [one for one in examine(runtime, ("I9",)) if not one.ok] == []
