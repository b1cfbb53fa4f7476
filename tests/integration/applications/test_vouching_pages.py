"""Question 8 as a browser without JavaScript sees it, the pages of those who issue codes, and the case page's part."""

import base64
import html
import re
from collections.abc import Mapping

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from hardship.applications import drafts
from hardship.applications.models import Draft
from hardship.applications.vouching import issuing, question
from hardship.applications.vouching.models import VoucherBatch, VoucherCode
from hardship.core.actor import PUBLIC, SYSTEM, Role
from hardship.core.runtime import Runtime
from hardship.review.service import open_case
from tests.integration.applications.helpers import apply, load, person, stored
from tests.integration.applications.test_journey import STEPS, app_over, page, post, send, write
from tests.integration.applications.vouchers import a_group, codes, states, vouching
from tests.integration.review.helpers import PASSWORD, Panel, a_panel
from tests.integration.staff.signing import form_token, sign_in
from tests.integration.staff.signing import post as staff_post

TO_EIGHT = {number: fields for number, fields in STEPS.items() if int(number) < 8}
REFUSED = "We do not know this code"


@pytest.fixture
def app(sqlite_runtime: Runtime) -> Flask:
    load(sqlite_runtime)
    return app_over(sqlite_runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who has come to question 8, and may be told by text."""
    client = app.test_client()
    write(client, TO_EIGHT | {"2": {"safe_contact": "sms", "phone": "07700 900123"}})
    return client


def kept(client: FlaskClient, runtime: Runtime) -> dict[str, str]:
    """What the draft holds of question 8."""
    with client.session_transaction() as state:
        identity = drafts.draft_id(runtime.vault, state["draft"])
    with runtime.read() as session:
        draft = session.get(Draft, identity)
        assert draft is not None
        answers = drafts.written(session, runtime.vault, draft).answers
    names = {"vouching", "voucher", "voucher_name", "voucher_contact", "call_phone", "call_when"}
    return {name: text for name, text in answers.items() if name in names}


def answer(client: FlaskClient, **fields: str) -> TestResponse:
    return post(client, "/apply/8", fields)


WAYS: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    "membership": ({"voucher": "Union 12"}, {"voucher": "Union 12"}),
    "person": (
        {"voucher_name": "Vera", "voucher_contact": "vera@example.org"},
        {"voucher_name": "Vera", "voucher_contact": "vera@example.org"},
    ),
    "call_back": (
        {"call_phone": "07700 900777", "call_when": "after six"},
        {"call_phone": "07700 900777", "call_when": "after six"},
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "only typed"])
def test_each_way_keeps_its_own_fields_and_no_others(
    client: FlaskClient, sqlite_runtime: Runtime, way: str, chosen: bool
) -> None:
    typed, wanted = WAYS[way]
    others = {"voucher": "left over", "voucher_name": "left over"} if chosen else {}
    given = others | typed | ({"vouching": way} if chosen else {})
    assert answer(client, **given).location == "/apply/9"
    assert kept(client, sqlite_runtime) == {"vouching": way} | wanted
    text = page(client.get("/apply/8"))
    assert f'value="{way}" checked' in text
    assert all(f'value="{value}"' in text for value in wanted.values())
    post(client, "/apply/9", {"connected": "no"})
    post(client, "/apply/10", {"when": "later"})
    check = page(client.get("/apply/check"))
    assert all(value in check for value in wanted.values())


@pytest.mark.parametrize("given", [{}, {"vouching": "none"}, {"vouching": "none", "voucher": "left over"}])
def test_none_of_these_is_an_answer(
    client: FlaskClient, sqlite_runtime: Runtime, given: dict[str, str]
) -> None:
    assert answer(client, **given).location == "/apply/9"
    assert kept(client, sqlite_runtime) == {}
    assert 'value="none" checked' in page(client.get("/apply/8"))


WRONG: list[tuple[dict[str, str], str]] = [
    ({"vouching": "code"}, "Enter the code"),
    ({"vouching": "membership"}, "Enter the membership number"),
    ({"vouching": "person", "voucher_name": "Vera"}, "Enter how we can reach them"),
    ({"vouching": "person", "voucher_contact": "vera@example.org"}, "Enter the name of the group"),
    ({"vouching": "call_back", "call_phone": "12", "call_when": "now"}, "Enter a phone number"),
    ({"vouching": "call_back", "call_phone": "07700 900777"}, "Enter when it is safe to ring"),
    ({"voucher": "Union 12", "voucher_name": "Vera"}, "Choose which one we should use"),
    ({"vouching": "witchcraft"}, "Choose one of the answers"),
]


def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    for given, said in WRONG:
        refused = answer(client, **given)
        text = page(refused)
        assert refused.status_code == 422, said
        assert said in text
        assert all(f'value="{value}"' in text for name, value in given.items() if name != "vouching")
        assert kept(client, sqlite_runtime) == {}


def test_the_number_that_is_safe_for_news_stands_there_and_may_be_another(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    text = page(client.get("/apply/8"))
    assert 'value="07700 900123"' in text
    usual = {"call_phone": "07700 900123"}
    assert answer(client, **usual).location == "/apply/9"  # it stands there by itself, and says nothing
    assert kept(client, sqlite_runtime) == {}
    assert answer(client, vouching="call_back", call_when="mornings", **usual).location == "/apply/9"
    assert kept(client, sqlite_runtime)["call_phone"] == "07700 900123"


def test_a_good_code_goes_through_and_is_used_only_when_the_form_is_sent(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    (code,) = codes(sqlite_runtime, 1).codes
    for _ in range(2):  # looked at twice, used by nobody
        assert answer(client, vouching="code", code=code.lower()).location == "/apply/9"
    assert f'value="{code.lower()}"' in page(client.get("/apply/8"))
    post(client, "/apply/9", {"connected": "no"})
    post(client, "/apply/10", {"when": "later"})
    assert code.lower() in page(client.get("/apply/check"))
    ref, _claim = send(client)
    assert states(sqlite_runtime, [stored(sqlite_runtime, ref).id or 0]) == ["code_valid"]


def test_whoever_has_a_code_cannot_find_out_here_whether_it_was_used(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    """A group has the list of its codes, and knows to whom it gave which."""
    fresh, used = codes(sqlite_runtime, 2).codes
    apply(sqlite_runtime, person(1, vouching="code", voucher=used))
    answers = []
    for code in (fresh, used):
        taken = answer(client, vouching="code", code=code)
        answers.append(
            (taken.status_code, taken.location, page(client.get("/apply/8")).replace(code, "CODE"))
        )
    plain = [re.sub(r'(value|nonce)="[^"]{20,}"', "", repr(one)) for one in answers]
    assert plain[0] == plain[1]


def test_a_code_that_we_do_not_know_is_said_so_that_a_slip_can_be_mended(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    over = codes(sqlite_runtime, 1)
    sqlite_runtime.transact(SYSTEM, issuing.cancel, ref=over.ref, why="lost")
    answers = []
    for code in (over.codes[0], "0000-0000-0000-0000", "no code at all"):
        refused = answer(client, vouching="code", code=code)
        text = page(refused)
        assert refused.status_code == 422
        assert REFUSED in text
        answers.append(re.sub(r'value="[^"]{20,}"', "", text.replace(html.escape(code), "CODE")))
    assert answers[0] == answers[1] == answers[2]


def test_a_code_that_does_not_count_refuses_nobody(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    code = "0000-0000-0000-0000"
    assert 'name="anyway"' not in page(client.get("/apply/8"))
    assert 'name="anyway"' in page(answer(client, vouching="code", code=code))
    assert answer(client, vouching="code", code=code, anyway="y").location == "/apply/9"
    post(client, "/apply/9", {"connected": "no"})
    post(client, "/apply/10", {"when": "later"})
    ref, _claim = send(client)
    application = stored(sqlite_runtime, ref)
    assert states(sqlite_runtime, [application.id or 0]) == ["code_unknown"]
    assert application.referred


def test_somebody_who_guesses_is_told_nothing_more_and_held_up_by_nothing(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    for guess in range(question.TRIES.count):
        assert answer(client, vouching="code", code=f"0000-0000-0000-{guess:04}").status_code == 422
    (good,) = codes(sqlite_runtime, 1).codes
    for code in ("0000-0000-0000-9999", good):
        assert answer(client, vouching="code", code=code).location == "/apply/9"


def test_a_word_of_an_earlier_version_is_taken_for_a_membership_number(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    with client.session_transaction() as state:
        identity = drafts.draft_id(sqlite_runtime.vault, state["draft"])
    sqlite_runtime.transact(
        PUBLIC, drafts.keep, identity=identity, question="8", answers={"voucher": "Vera, 07700 900777"}
    )
    text = page(client.get("/apply/8"))
    assert 'value="membership" checked' in text
    assert 'value="Vera, 07700 900777"' in text


def test_a_code_given_with_an_earlier_application_need_not_be_given_again(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    with client.session_transaction() as state:
        identity = drafts.draft_id(sqlite_runtime.vault, state["draft"])
    sqlite_runtime.transact(
        PUBLIC, drafts.keep, identity=identity, question="8", answers={"vouching": "code"}
    )
    text = page(client.get("/apply/8"))
    assert 'value="code" checked' in text
    assert "You gave us a code before" in text
    assert answer(client, vouching="code").location == "/apply/9"
    assert kept(client, sqlite_runtime) == {"vouching": "code"}
    post(client, "/apply/9", {"connected": "no"})
    post(client, "/apply/10", {"when": "later"})
    assert "I have a code" in page(client.get("/apply/check"))


# --- Those who issue codes ------------------------------------------------------------------------------------------


@pytest.fixture
def panel(sqlite_runtime: Runtime) -> Panel:
    """A panel of whom a lead and a reviewer can sign in."""
    made = a_panel(sqlite_runtime)
    made.join("chief", Role.LEAD, password=PASSWORD)
    made.join("dee", Role.REVIEWER, password=PASSWORD)
    return made


def browser(panel: Panel, name: str) -> FlaskClient:
    client = app_over(panel.runtime).test_client()
    sign_in(client, panel.runtime, f"{name}@example.org")
    return client


@pytest.fixture
def chief(panel: Panel) -> FlaskClient:
    """The lead's browser."""
    return browser(panel, "chief")


def strict(text: str) -> str:
    html5lib.HTMLParser(strict=True).parse(text)
    return text


UNTIL = {"expires_on": ["30", "6", "2020"]}


def issue(client: FlaskClient, ref: str, size: str = "3") -> TestResponse:
    """Fill in the form on the group's page."""
    text = client.get(f"/staff/vouchers/{ref}").text
    batch = re.search(r'name="ref"[^>]*value="([^"]+)"', text)
    assert batch
    fields = {"csrf_token": form_token(text), "ref": batch[1], "size": size} | UNTIL
    return client.post(f"/staff/vouchers/{ref}", data=fields)


def test_a_lead_adds_a_group_and_issues_codes_that_are_shown_once(chief: FlaskClient, panel: Panel) -> None:
    assert "No groups yet" in strict(chief.get("/staff/vouchers").text)
    strict(chief.get("/staff/vouchers/new").text)
    fields = {"name": "Night shelter", "kind": "group", "scope": "small/spring"}
    added = staff_post(chief, "/staff/vouchers/new", fields)
    assert added.status_code == 303
    ref = added.location.rpartition("/")[2]
    once = strict(issue(chief, ref).text)
    shown = re.findall(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", once)
    assert len(set(shown)) == 3
    packed = re.search(r'download="list.csv" href="data:text/csv;charset=utf-8;base64,([^"]+)"', once)
    assert packed
    listed = base64.b64decode(html.unescape(packed[1])).decode()
    assert all(code in listed for code in shown)
    assert listed.splitlines()[1].startswith("Lane Support,http://localhost:8000/apply,")
    slips = once.partition("app-slips")[2]
    assert not re.search("hardship|grant|money|fund|shelter", slips.partition("</main>")[0], re.I)
    later = strict(chief.get(f"/staff/vouchers/{ref}").text) + strict(chief.get("/staff/vouchers").text)
    assert not any(code in later for code in shown)


def test_the_page_of_codes_is_not_kept_by_the_browser(chief: FlaskClient, panel: Panel) -> None:
    answer = issue(chief, a_group(panel.runtime).ref)
    assert "no-store" in answer.headers["Cache-Control"]


def test_sending_the_form_again_issues_nothing_more(chief: FlaskClient, panel: Panel) -> None:
    ref = a_group(panel.runtime).ref
    text = chief.get(f"/staff/vouchers/{ref}").text
    batch = re.search(r'name="ref"[^>]*value="([^"]+)"', text)
    assert batch
    fields = {"csrf_token": form_token(text), "ref": batch[1], "size": "2"} | UNTIL
    assert chief.post(f"/staff/vouchers/{ref}", data=fields).status_code == 200
    again = chief.post(f"/staff/vouchers/{ref}", data=fields, follow_redirects=True)
    assert "issued and shown already" in again.text
    with panel.runtime.read() as session:
        assert len(session.exec(select(VoucherCode)).all()) == 2


def test_a_number_of_codes_that_is_none_is_said(chief: FlaskClient, panel: Panel) -> None:
    ref = a_group(panel.runtime).ref
    for size in ("", "0", "-1", "1.5", "ten", "1001", "²"):
        refused = issue(chief, ref, size)
        assert refused.status_code == 422, size
        assert "There is a problem" in strict(refused.text)


def test_the_rest_of_a_batch_is_cancelled_with_a_reason(chief: FlaskClient, panel: Panel) -> None:
    batch = codes(panel.runtime, 3).ref
    path = f"/staff/vouchers/batches/{batch}/cancel"
    assert staff_post(chief, path, {"why": " "}).status_code == 422
    strict(chief.get(path).text)
    done = staff_post(chief, path, {"why": "The sheet was lost"})
    assert done.status_code == 303
    assert "opens nothing any more" in strict(chief.get(done.location).text)
    assert staff_post(chief, path, {"why": "again"}).status_code == 303
    with panel.runtime.read() as session:
        assert session.exec(select(VoucherBatch.state)).one() == "cancelled"


def test_others_do_not_see_these_pages(panel: Panel) -> None:
    dee = browser(panel, "dee")
    for path in ("", "/new", "/AAAA-AAAA", "/batches/AAAA-AAAA/cancel"):
        assert dee.get(f"/staff/vouchers{path}").status_code == 403, path


def test_the_figures_on_the_pages_tell_of_no_single_use(chief: FlaskClient, panel: Panel) -> None:
    group = a_group(panel.runtime)
    issued = codes(panel.runtime, 10, group=group.ref)
    pages = [chief.get(path).text for path in ("/staff/vouchers", f"/staff/vouchers/{group.ref}")]
    apply(panel.runtime, person(1, vouching="code", voucher=issued.codes[0]))
    after = [chief.get(path).text for path in ("/staff/vouchers", f"/staff/vouchers/{group.ref}")]
    for before, now in zip(pages, after, strict=True):
        plain = [re.sub(r'(value|name|nonce)="[^"]*"', "", text) for text in (before, now)]
        assert plain[0] == plain[1]


# --- The case page --------------------------------------------------------------------------------------------------


def test_the_case_page_says_what_is_to_be_confirmed_and_opens_nothing(panel: Panel) -> None:
    ref = panel.case(vouching="person", voucher_name="Vera Voucher", voucher_contact="vera@example.org")
    dee = browser(panel, "dee")
    text = strict(dee.get(f"/staff/cases/{ref}").text)
    assert "Somebody&#39;s word" in text
    assert "Vera" not in text
    assert "vera@" not in text
    path = f"/staff/cases/{ref}/vouching"
    strict(dee.get(path).text)
    assert staff_post(dee, path, {}).status_code == 422
    done = staff_post(dee, path, {"found": "confirm", "note": "A canary knows them"})
    assert done.status_code == 303
    text = strict(dee.get(f"/staff/cases/{ref}").text)
    assert "A person confirmed it" in text
    assert "A canary knows them" in text
    assert "Whether somebody vouches was recorded" in text
    assert panel.vote("dee", ref).votes == 1  # whoever asked may still vote
    found = vouching(panel.runtime, panel.number(ref))
    assert found is not None
    assert found.state == "confirmed"


def test_a_lead_reads_who_vouches_with_a_reason(chief: FlaskClient, panel: Panel) -> None:
    ref = panel.case(vouching="person", voucher_name="Vera Voucher", voucher_contact="vera@example.org")
    fields = {"column": "voucher_name", "why": "to ask her"}
    shown = staff_post(chief, f"/staff/cases/{ref}/reveal", fields, page=f"/staff/cases/{ref}")
    assert "Vera Voucher" in shown.text
    assert "A sealed answer was read" in chief.get(f"/staff/cases/{ref}").text


def test_somebody_with_a_conflict_neither_sees_nor_records_it(panel: Panel) -> None:
    ref = panel.case(vouching="membership", voucher="Union 12")
    dee = browser(panel, "dee")
    dee.get(f"/staff/cases/{ref}")
    panel.runtime.transact(panel["dee"], open_case, application_id=panel.number(ref))
    from hardship.review.service import declare_conflict

    text = dee.get(f"/staff/cases/{ref}/vouching").text
    panel.runtime.transact(panel["dee"], declare_conflict, application_id=panel.number(ref))
    assert dee.get(f"/staff/cases/{ref}/vouching").status_code == 404
    sent = {"csrf_token": form_token(text), "found": "confirm"}
    assert dee.post(f"/staff/cases/{ref}/vouching", data=sent).status_code == 404


def test_a_case_that_was_not_opened_is_not_recorded(panel: Panel) -> None:
    ref = panel.case(vouching="membership", voucher="Union 12")
    refused = staff_post(
        browser(panel, "dee"), f"/staff/cases/{ref}/vouching", {"found": "deny", "note": "N"}
    )
    assert refused.status_code == 422
    assert "You have not opened this case" in strict(refused.text)
    assert ">N</textarea>" in refused.text
