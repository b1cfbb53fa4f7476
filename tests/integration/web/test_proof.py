"""A little work or a little patience before a form is taken; attacks 11, 12 and 13 on the start page."""

import base64
import datetime as dt
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape

import altcha
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from hardship.app import create_app
from hardship.applications.models import Draft
from hardship.config import from_environment
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.web import proof
from hardship.web.models import RateLimit, SpentProof
from tests.integration.applications.helpers import hidden, load

TICKED = {"for_me": "y"}


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, with fewer iterations."""
    monkeypatch.setattr(proof, "COST", 20)


@pytest.fixture
def client(sqlite_runtime: Runtime) -> FlaskClient:
    """A browser at a fund whose round is open."""
    load(sqlite_runtime)
    return create_app(sqlite_runtime, testing=True).test_client()


def visit(client: FlaskClient) -> dict[str, str]:
    """What the start page's form carries, with its challenge solved."""
    text = client.get("/apply").get_data(as_text=True)
    found = re.search(r'data-challenge="([^"]+)"', text)
    assert found
    return hidden_of(text) | {"altcha": solve(json.loads(unescape(found[1])))}


def hidden_of(text: str) -> dict[str, str]:
    return {
        name: value[1]
        for name in ("csrf_token", "ticket")
        if (value := re.search(rf'name="{name}"[^>]*value="([^"]+)"', text))
    }


def solve(challenge: dict[str, object]) -> str:
    """A solution, as the page's script hands it in."""
    asked = altcha.Challenge.from_dict(challenge)
    found = altcha.solve_challenge(asked)
    assert found is not None
    return str(altcha.Payload(asked, found).to_base64())


def press(client: FlaskClient, fields: Mapping[str, str]) -> int:
    return client.post("/apply", data=dict(fields) | TICKED).status_code


def wait(runtime: Runtime, seconds: int) -> None:
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(seconds=seconds))


def drafts_of(runtime: Runtime) -> int:
    with runtime.read() as session:
        return len(session.exec(select(Draft.id)).all())


def test_a_solution_opens_the_form_at_once(client: FlaskClient) -> None:
    assert press(client, visit(client)) == 302


def test_without_javascript_a_few_seconds_open_it(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    unseen = hidden(client, "/apply")
    early = client.post("/apply", data=unseen | TICKED)
    assert early.status_code == 429
    assert early.headers["Retry-After"] == str(proof.PATIENCE)
    text = early.get_data(as_text=True)
    assert "Nothing you wrote is lost" in text
    assert re.search(r'name="for_me"[^>]*checked', text) or re.search(r'checked[^>]*name="for_me"', text)
    assert unseen["ticket"] in text  # the seconds that passed count
    wait(sqlite_runtime, proof.PATIENCE)
    assert press(client, unseen) == 302


def test_attack_11_fifty_people_behind_one_address_are_slowed_and_none_is_refused(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    waited = []
    for _ in range(50):
        person = client.application.test_client()
        fields = visit(person)
        answer = person.post("/apply", data=fields | TICKED)
        waited.append(int(answer.headers.get("Retry-After", "0")))
        if answer.status_code == 429:
            assert "Many people are using this connection" in answer.get_data(as_text=True)
            wait(sqlite_runtime, min(waited[-1] + proof.STEP, proof.LONGEST))
            answer = person.post("/apply", data=fields | TICKED)
        assert answer.status_code == 302
    assert drafts_of(sqlite_runtime) == 50
    assert waited[: proof.CROWD] == [0] * proof.CROWD
    assert max(waited) <= proof.LONGEST
    assert sum(1 for one in waited if one) >= 5


def waits(web: FlaskClient, said: str) -> int:
    """For how long somebody has to wait at their first try, of whom the proxy says where they come from."""
    answer = web.post("/apply", data=hidden(web, "/apply") | TICKED, headers={"X-Forwarded-For": said})
    return int(answer.headers["Retry-After"])


def test_behind_a_proxy_each_address_is_counted_by_itself_and_nobody_makes_theirs_up(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    sqlite_runtime.settings = replace(sqlite_runtime.settings, proxies=1)
    app = create_app(sqlite_runtime, testing=True)
    here = [waits(app.test_client(), f"198.51.100.{n}, 203.0.113.9") for n in range(proof.CROWD + 2)]
    assert here[-1] == proof.PATIENCE + 2 * proof.STEP  # one address, whatever it wrote before the proxy did
    assert waits(app.test_client(), "203.0.113.10") == proof.PATIENCE
    alone = client.application.test_client()  # no proxy: nobody is believed
    assert waits(alone, "203.0.113.11") == waits(alone, "203.0.113.12") == proof.PATIENCE
    with sqlite_runtime.read() as session:
        assert len(session.exec(select(RateLimit.key)).all()) == 3


def test_a_public_address_with_tls_has_a_proxy_in_front_unless_it_is_said_otherwise() -> None:
    def of(**given: str) -> int:
        return from_environment({f"HARDSHIP_{name}": value for name, value in given.items()}).proxies

    assert of() == of(BASE_URL="http://localhost:8000") == of(BASE_URL="https://a.example", PROXIES="0") == 0
    assert of(BASE_URL="https://a.example") == 1
    assert of(PROXIES="2") == 2
    for wrong in ("-1", "4", "one", "١"):
        with pytest.raises(BadInput, match="number of proxies"):
            of(PROXIES=wrong)


def test_attack_12_a_solution_opens_one_form(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    first = visit(client)
    assert press(client, first) == 302
    other = client.application.test_client()
    again = hidden(other, "/apply") | {"altcha": first["altcha"]}
    answer = other.post("/apply", data=again | TICKED)
    assert answer.status_code == 400
    assert "checked" in answer.get_data(as_text=True)
    assert drafts_of(sqlite_runtime) == 1
    old_ticket = hidden(other, "/apply") | {"ticket": first["ticket"]}
    wait(sqlite_runtime, proof.LONGEST)
    assert press(other, old_ticket) == 400
    assert press(other, hidden_of(answer.get_data(as_text=True))) == 302


def test_attack_12_at_the_same_moment_opens_one_form_too(runtime: Runtime) -> None:
    with ThreadPoolExecutor(4) as pool:
        tries = [
            pool.submit(runtime.transact, SYSTEM, proof._spend, ("one", "two"), 2_000_000_000)
            for _ in range(4)
        ]
    assert sorted(one.result() for one in tries) == [False, False, False, True]


def forged(payload: str) -> dict[str, str]:
    """Payloads that were not earned, by name."""
    told = json.loads(base64.b64decode(payload))
    easier = json.loads(json.dumps(told))
    easier["challenge"]["parameters"]["keyPrefix"] = ""
    later = json.loads(json.dumps(told))
    later["challenge"]["parameters"]["data"]["until"] = 4_000_000_000
    wrong = json.loads(json.dumps(told))
    wrong["solution"]["derivedKey"] = "00" * 32
    broken = {
        "not base64": "%%%",
        "not JSON": base64.b64encode(b"{").decode(),
        "a list": base64.b64encode(b"[]").decode(),
    }
    odd = {
        name: base64.b64encode(json.dumps(one).encode()).decode()
        for name, one in (("easier", easier), ("later", later), ("wrong", wrong))
    }
    own = altcha.create_challenge("SHA-256", 1, hmac_secret="somebody else's")
    return broken | odd | {"of another house": solve(own.to_dict()), "huge": "A" * 100_000}


def test_attack_13_a_forged_solution_is_400_with_what_was_typed(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    fields = visit(client)
    for name, payload in forged(fields["altcha"]).items():
        answer = client.post("/apply", data=fields | TICKED | {"altcha": payload})
        assert answer.status_code == 400, name
        text = answer.get_data(as_text=True)
        assert "Your device could not be checked" in text
        assert re.search(
            r'<input[^>]*name="for_me"[^>]*checked|<input[^>]*checked[^>]*name="for_me"', text
        ), name
    assert drafts_of(sqlite_runtime) == 0
    assert press(client, fields) == 302


def test_attack_13_an_expired_page_is_400_and_the_page_it_answers_with_goes_on(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    fields = visit(client)
    wait(sqlite_runtime, proof.LIFETIME + 1)
    answer = client.post("/apply", data=fields | TICKED)
    assert answer.status_code == 400
    assert "open too long" in answer.get_data(as_text=True)
    wait(sqlite_runtime, proof.PATIENCE)
    assert press(client, fields | hidden_of(answer.get_data(as_text=True)) | {"altcha": ""}) == 302


@pytest.mark.parametrize(
    "ticket", ["", "1", "1.a.b", "-1.a.b", "9" * 30 + ".a.b", "x.y.z", "1" * 5000, "²2.a.b", "1.é.ü"]
)
def test_a_ticket_that_is_not_ours_is_400(client: FlaskClient, sqlite_runtime: Runtime, ticket: str) -> None:
    assert press(client, hidden(client, "/apply") | {"ticket": ticket}) == 400
    assert drafts_of(sqlite_runtime) == 0


def test_spent_proofs_are_forgotten_when_they_have_expired(runtime: Runtime) -> None:
    now = int(runtime.clock.now().timestamp())
    for key, until in (("old", now), ("new", now + 60)):
        assert runtime.transact(SYSTEM, proof._spend, (key,), until)
    assert proof.purge_spent(runtime) == 1
    assert proof.purge_spent(runtime) == 0
    with runtime.read() as session:
        assert session.exec(select(SpentProof.key)).all() == ["new"]


@given(st.integers(1, 100_000), st.booleans())
def test_nobody_ever_waits_longer_than_the_longest_wait(count: int, solved: bool) -> None:
    now, later = proof.wait_for(count, solved=solved), proof.wait_for(count + 1, solved=solved)
    assert 0 <= now <= later <= proof.LONGEST
    assert proof.wait_for(count, solved=True) <= proof.wait_for(count, solved=False)
