"""The pages for documents, as browsers without JavaScript use them: the applicant's and the panel's."""

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from hardship.applications.evidence import service, views
from hardship.applications.evidence.models import Evidence, EvidencePage
from hardship.applications.evidence.redraw import MAX_BYTES
from hardship.core.actor import Actor, ActorKind, Role
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime
from hardship.review.casework import declare_conflict
from hardship.web import limits
from tests.integration.applications.helpers import bodies, everything_in, mark_of, token
from tests.integration.applications.test_journey import app_over, page
from tests.integration.applications.test_secrets import everywhere
from tests.integration.review.helpers import PASSWORD, Panel, a_panel
from tests.integration.staff.signing import post as press
from tests.integration.staff.signing import sign_in
from tests.support import pictures

PATH = "/status/document"


@pytest.fixture
def panel(sqlite_runtime: Runtime) -> Panel:
    made = a_panel(sqlite_runtime)
    made.join("dee", Role.REVIEWER, password=PASSWORD)
    return made


@pytest.fixture
def app(panel: Panel) -> Flask:
    return app_over(panel.runtime)


@pytest.fixture
def ref(panel: Panel) -> str:
    return panel.case()


@pytest.fixture
def client(app: Flask, ref: str) -> FlaskClient:
    """A browser whose applicant has shown reference and claim code."""
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["case"], session["code"] = ref, mark_of(app, ref)
    return browser


@pytest.fixture
def reviewer(app: Flask, panel: Panel) -> FlaskClient:
    """A browser in which dee is signed in."""
    browser = app.test_client()
    sign_in(browser, panel.runtime, "dee@example.org")
    return browser


def fields(client: FlaskClient) -> dict[str, str]:
    """What the form carries unseen."""
    text = client.get(PATH).get_data(as_text=True)
    once = re.search(r'name="once"[^>]*value="([^"]+)"', text)
    assert once
    return {"csrf_token": token(client, PATH), "once": once[1]}


def form(
    given: dict[str, str], content: bytes | None, name: str = "photo.jpg", kind: str = "image/jpeg"
) -> bytes:
    """A form as a browser sends it, made in memory: the test client would put a large one into a file."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in given.items()
    ]
    if content is not None:
        head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n"


def post(client: FlaskClient, body: bytes, **options: Any) -> TestResponse:
    """Send a form that was made by `form`."""
    return client.post(PATH, data=body, content_type="multipart/form-data; boundary=edge", **options)


def show(client: FlaskClient, content: bytes, *, once: str = "", **options: str) -> TestResponse:
    """Send a file by the page's form."""
    return post(client, form(fields(client) | ({"once": once} if once else {}), content, **options))


def documents(panel: Panel) -> list[Evidence]:
    with panel.runtime.read() as session:
        return list(session.exec(select(Evidence).order_by(Evidence.id)).all())  # type: ignore[arg-type]


def kept(panel: Panel, ref: str, pages: int = 1) -> str:
    """A document that was shown already."""
    drawn = [pictures.photo() for _ in range(pages)]
    actor = Actor(ActorKind.APPLICANT, ref)
    return panel.runtime.transact(
        actor, service.keep, application_id=panel.number(ref), pages=drawn, once=new_key()
    ).ref


# --- The applicant ------------------------------------------------------------------------------------------------


def test_a_photo_is_taken_and_the_page_says_how_it_stands(client: FlaskClient, panel: Panel) -> None:
    first = page(client.get(PATH))
    assert "You do not have to" in first
    assert "Cover what we do not need to see" in first
    assert show(client, pictures.photo()).status_code == 302
    text = page(client.get(PATH))
    assert "Thank you. We have it." in text
    assert "A person has not looked at it yet" in text
    assert "A person has not looked at it yet" in page(client.get("/status/case"))
    assert len(documents(panel)) == 1


def test_nobody_is_asked_for_a_document(client: FlaskClient) -> None:
    """It is an offer among others, in the list of what one can do."""
    text = page(client.get("/status/case"))
    assert text.index("What you can do") < text.index("Show us a document")
    assert "Your document" not in text


def test_what_was_sent_is_found_nowhere_only_what_we_drew(
    client: FlaskClient, panel: Panel, caplog: pytest.LogCaptureFixture
) -> None:
    """Attack 21: neither the file, nor its name, place, maker or comments are in the database, the log or a file."""
    content = pictures.phone_photo()
    assert show(client, content, name="CANARY my letter.jpg").status_code == 302
    found = everywhere(panel.runtime) + caplog.text.encode()
    assert b"CANARY" not in found
    assert content[-400:] not in found
    with panel.runtime.read() as session:
        sealed = session.exec(select(EvidencePage.image)).one()
    assert sealed is not None
    assert b"\xff\xd8\xff" not in sealed[:64]


def test_a_large_file_is_never_written_to_disk_on_its_way_in(
    client: FlaskClient, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past half a megabyte Werkzeug would take a temporary file."""

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, never)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", never)
    assert show(client, pictures.photo() + b"\0" * 2_000_000).status_code == 302
    assert len(documents(panel)) == 1


@pytest.mark.parametrize(
    ("content", "name", "kind", "said"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "photo.jpg",
            "image/jpeg",
            "We could not open this file",
        ),
        (b"MZ" + b"\0" * 99, "letter.pdf", "application/pdf", "We could not open this file"),
        (pictures.moving("GIF"), "photo.gif", "image/gif", "moving picture"),
        (pictures.bomb(), "photo.png", "image/png", "This file is too large"),
        (pictures.pdf(password="x"), "letter.pdf", "application/pdf", "has a password"),
        (b"", "photo.jpg", "image/jpeg", "This file is empty"),
    ],
    ids=["svg", "program", "gif", "bomb", "locked", "empty"],
)
def test_what_is_not_taken_is_said_and_nothing_is_kept(
    client: FlaskClient, panel: Panel, content: bytes, name: str, kind: str, said: str
) -> None:
    client.get(PATH)
    before = everything_in(panel.runtime)
    answer = show(client, content, name=name, kind=kind)
    assert answer.status_code == 422
    text = page(answer)
    assert "There is a problem" in text
    assert said in text
    after = everything_in(panel.runtime)
    for table in ("evidence", "evidence_page", "audit_event", "application"):
        assert after[table] == before[table]


def test_what_a_file_calls_itself_does_not_count(client: FlaskClient, panel: Panel) -> None:
    assert show(client, pictures.photo(), name="../../etc/x.svg", kind="image/svg+xml").status_code == 302
    assert show(client, pictures.pdf(2), name="photo.jpg", kind="image/jpeg").status_code == 302
    assert [one.pages for one in documents(panel)] == [1, 2]


def test_no_file_is_said_at_the_field(client: FlaskClient) -> None:
    answer = post(client, form(fields(client), None))
    assert answer.status_code == 422
    assert 'href="#file"' in page(answer)


def test_attack_22_what_is_too_large_is_refused_with_the_page_that_says_what_to_do(
    client: FlaskClient, panel: Panel
) -> None:
    for body in (form({}, b"\xff" * (MAX_BYTES + 100_000)), form({"once": "x" * 10_000_000}, None)):
        answer = post(client, body)
        assert answer.status_code == 413
        text = page(answer)
        assert "This file is too large" in text
        assert "take" in text.lower()
        assert 'type="file"' in text
        assert answer.headers["Cache-Control"] == "no-store"
    assert documents(panel) == []


def test_the_same_form_twice_is_one_document(client: FlaskClient, panel: Panel) -> None:
    once = new_key()
    for _ in range(2):
        assert show(client, pictures.photo(), once=once).status_code == 302
    assert len(documents(panel)) == 1


def test_a_forged_or_foreign_form_does_nothing(client: FlaskClient, panel: Panel) -> None:
    assert post(client, form({}, pictures.photo())).status_code == 400
    assert documents(panel) == []


def test_many_tries_in_an_hour_have_to_wait(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert views.MOST.count >= 3 * service.MOST_WAITING
    monkeypatch.setattr(views, "MOST", limits.Limit("document", 2, 3600))
    for _ in range(2):
        assert show(client, b"no picture").status_code == 422
    answer = show(client, b"no picture")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_one_can_take_it_away_again(client: FlaskClient, panel: Panel, ref: str) -> None:
    document = kept(panel, ref)
    answer = client.post(
        f"{PATH}/{document}/remove", data={"csrf_token": token(client, PATH)}, follow_redirects=True
    )
    assert "You took it away. It is destroyed." in page(answer)
    with panel.runtime.read() as session:
        assert session.exec(select(EvidencePage)).all() == []


def test_attack_17_strangers_and_other_applicants_reach_nothing(
    app: Flask, client: FlaskClient, panel: Panel
) -> None:
    theirs = kept(panel, panel.case())
    stranger = app.test_client()
    assert stranger.get(PATH).headers["Location"] == "/status"
    mine = {"csrf_token": token(client, PATH)}
    answers = [client.post(f"{PATH}/{name}/remove", data=mine) for name in (theirs, "AAAA-AAAA")]
    assert [answer.status_code for answer in answers] == [404, 404]
    for browser in (stranger, client):
        for path in (f"/staff/documents/{theirs}", f"/staff/documents/{theirs}/1.jpg", "/staff/documents"):
            answer = browser.get(path)
            assert answer.status_code in {302, 303, 403}
            assert b"\xff\xd8" not in answer.get_data()
    assert documents(panel)[0].state.value == "waiting"


def test_a_closed_case_takes_no_document(client: FlaskClient, panel: Panel, ref: str) -> None:
    body = form(fields(client), pictures.photo())
    panel.vote("ash", ref)
    client.post("/status/withdraw", data={"csrf_token": token(client, "/status/withdraw"), "sure": "y"})
    answer = post(client, body, follow_redirects=True)
    assert "closed" in page(answer)
    assert "We do not need a document any more." in page(client.get(PATH))
    assert "Show us a document" not in page(client.get("/status/case"))
    assert documents(panel) == []


# --- The panel ----------------------------------------------------------------------------------------------------


def test_a_reviewer_sees_it_says_what_it_shows_and_it_is_gone(
    reviewer: FlaskClient, client: FlaskClient, panel: Panel, ref: str
) -> None:
    assert show(client, pictures.phone_photo()).status_code == 302
    document = documents(panel)[0].ref
    assert "document waits to be looked at" in reviewer.get("/staff/").text
    assert document in reviewer.get("/staff/documents").text
    assert f"/staff/documents/{document}" in reviewer.get(f"/staff/cases/{ref}").text
    path = f"/staff/documents/{document}"
    assert f"{path}/1.jpg" in page(reviewer.get(path))
    picture = reviewer.get(f"{path}/1.jpg")
    assert pictures.opened(picture.get_data()).size == (80, 120)
    refused = press(reviewer, path, {"shows": "supports"})
    assert refused.status_code == 422
    assert len(documents(panel)) == 1
    done = press(reviewer, path, {"shows": "supports", "sure": "y", "note": "A letter of <March>."})
    assert done.headers["Location"] == f"/staff/cases/{ref}"
    case = reviewer.get(f"/staff/cases/{ref}").text
    assert "by you, then destroyed." in case
    assert "it supports what was told" in case
    assert "A letter of &lt;March&gt;." in case
    assert "A page of a document was looked at" in case
    assert reviewer.get(f"{path}/1.jpg").status_code == 404
    assert reviewer.get(path).headers["Location"] == f"/staff/cases/{ref}"
    assert "No document waits" in reviewer.get("/staff/documents").text
    assert "A person looked at it on" in page(client.get("/status/case"))


def test_a_page_is_sent_as_a_picture_and_nothing_else_and_kept_by_nobody(
    reviewer: FlaskClient, panel: Panel, ref: str
) -> None:
    document = kept(panel, ref)
    answer = reviewer.get(f"/staff/documents/{document}/1.jpg")
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Disposition": 'inline; filename="page.jpg"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert "ETag" not in answer.headers
    assert reviewer.get(f"/staff/documents/{document}/2.jpg").status_code == 404
    assert reviewer.get(f"/staff/documents/{document}/x.jpg").status_code == 404


def test_somebody_with_a_conflict_is_told_that_there_is_no_such_document(
    reviewer: FlaskClient, panel: Panel, ref: str
) -> None:
    document = kept(panel, ref)
    panel.runtime.transact(panel["dee"], declare_conflict, application_id=panel.number(ref))
    for path in (f"/staff/documents/{document}", f"/staff/documents/{document}/1.jpg"):
        answer = reviewer.get(path)
        assert answer.status_code == 404
        assert ref not in answer.text
    assert document not in reviewer.get("/staff/documents").text
    assert "No document waits" in reviewer.get("/staff/documents").text
    with panel.runtime.read() as session:
        kinds = [one["kind"] for one in bodies(session)]
    assert kinds.count("staff.denied") == 2
    assert "evidence.read" not in kinds


def test_an_auditor_sees_that_there_was_one_and_not_what(app: Flask, panel: Panel, ref: str) -> None:
    document = kept(panel, ref)
    panel.join("eve", Role.AUDITOR, password=PASSWORD)
    with app.test_client() as browser:
        sign_in(browser, panel.runtime, "eve@example.org")
        text = browser.get(f"/staff/cases/{ref}").text
        assert document in text
        assert "/staff/documents" not in text
        assert browser.get(f"/staff/documents/{document}/1.jpg").status_code == 403


def test_no_file_is_left_anywhere(client: FlaskClient, panel: Panel, tmp_path: Path) -> None:
    """Nothing but the database changes in the folders that the application may write to."""

    def files() -> set[Path]:
        return {
            one
            for folder in (tmp_path, Path(tempfile.gettempdir()))
            for one in folder.iterdir()
            if not one.name.startswith(("pytest", "PostgreSQL"))
        }

    client.get(PATH)
    before = files()
    show(client, pictures.photo() + b"\0" * 1_000_000)
    show(client, b"no picture")
    assert {one for one in files() - before if tmp_path in one.parents} <= {
        one for one in files() if ".db-" in one.name
    }
