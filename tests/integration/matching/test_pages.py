"""The pages of gifts and match, and the front page: who sees them, what they say, what they never say."""

import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.contributions.models import Channel
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.matching.helpers import give, give_back, load, new_gift, set_clock, sponsor_pays
from tests.integration.review.helpers import PASSWORD, SECRET
from tests.integration.staff.signing import sign_in

PAGES = ("/staff/gifts", "/staff/gifts/G-1", "/staff/agreements", "/staff/agreements/M")


def client_of(runtime: Runtime, *roles: Role) -> FlaskClient:
    """A browser, signed in with these roles (without any: not signed in)."""
    client = create_app(runtime, testing=True).test_client()
    if roles:
        runtime.transact(operator(), add, "someone@example.org", roles, PASSWORD, SECRET)
        assert sign_in(client, runtime, "someone@example.org").status_code == 303
    return client


def words(client: FlaskClient, path: str, status: int = 200) -> str:
    """A page's text on one line."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).replace("&#39;", "’").split())


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.APPROVER])
def test_who_may_see_money_sees_every_page(sqlite_runtime: Runtime, role: Role) -> None:
    """Finance, approvers and auditors; and no page names a donor."""
    load(sqlite_runtime)
    give(sqlite_runtime, new_gift("G-1", "10", donor_name="Secret Donor", note="from Secret"))
    client = client_of(sqlite_runtime, role)
    for page in PAGES:
        assert "Secret" not in words(client, page)


def test_nobody_else_sees_them(sqlite_runtime: Runtime) -> None:
    """A reviewer is refused; whoever is not signed in is sent to sign in."""
    load(sqlite_runtime)
    give(sqlite_runtime, new_gift("G-1", "10"))
    reviewer, stranger = client_of(sqlite_runtime, Role.REVIEWER), client_of(sqlite_runtime)
    for page in PAGES:
        assert reviewer.get(page).status_code == 403
        assert stranger.get(page).status_code in {302, 303}


def test_the_gift_page_says_why(runtime: Runtime) -> None:
    """The figures of the first scenario, in a sentence and by agreement."""
    load(runtime)
    give(runtime, new_gift("G-1", "99,930"), new_gift("G/2 x", "200", at="2020-04-02T10:00:00Z"))
    client = client_of(runtime, Role.FINANCE)
    said = words(client, f"/staff/gifts/{quote('G/2 x')}")
    assert "a gift of £200.00 is matched with £70.00 by M; £130.00 is unmatched" in said
    assert "what was agreed is used up" in said
    assert "There is no gift" in words(client, "/staff/gifts/none", 404)
    assert "There is no match agreement" in words(client, "/staff/agreements/none", 404)


def test_the_agreement_page_shows_three_balances_and_the_months(runtime: Runtime) -> None:
    """Headroom, sponsor account and unspent match; and what went back after it closed."""
    load(runtime, {"paid": "in_advance"})
    sponsor_pays(runtime, "100,000")
    give(runtime, new_gift("G-1", "30,000"), new_gift("G-2", "100", at="2020-05-02T10:00:00Z"))
    give_back(runtime, "G-2", "100", at="2020-06-02T10:00:00Z")
    client = client_of(runtime, Role.AUDITOR)
    said = words(client, "/staff/agreements/M")
    assert "Headroom £70,000.00" in said
    assert "Sponsor account £70,000.00 received and not earned" in said
    assert "Unspent match £30,000.00" in said
    assert "June 2020 £0.00 £0.00 £0.00 £100.00 £30,000.00 £70,000.00" in said
    assert "due back" not in said


def test_what_was_not_earned_is_shown_as_due_after_the_close(sqlite_runtime: Runtime) -> None:
    """With `unused = return`, the unearned advance goes back."""
    load(sqlite_runtime, {"paid": "in_advance"})
    sponsor_pays(sqlite_runtime, "100,000")
    set_clock(sqlite_runtime, "2021-01-02T00:00:00Z")
    client = client_of(sqlite_runtime, Role.FINANCE)
    assert "£100,000.00 was not earned and is due back" in words(client, "/staff/agreements/M")


def test_the_list_of_gifts_is_filtered_by_its_address_and_paged(runtime: Runtime) -> None:
    """The latest first, fifty a page; every gift on exactly one page."""
    load(runtime)
    give(
        runtime,
        *[
            new_gift(
                f"G-{number:03d}",
                100 + number,
                at=f"2020-04-{1 + number // 9:02d}T10:00:00Z",
                channel=channel,
            )
            for number in range(120)
            for channel in [Channel.CARD if number % 4 == 0 else Channel.BANK]
        ],
    )
    give_back(runtime, "G-008", 50, at="2020-05-01T10:00:00Z")
    client = client_of(runtime, Role.FINANCE)
    seen: list[str] = []
    path: str | None = "/staff/gifts"
    while path:
        page = client.get(path).get_data(as_text=True)
        seen += re.findall(r">(G-\d{3})</a>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 120
    cards = client.get("/staff/gifts?channel=card").get_data(as_text=True)
    assert len(re.findall(r">(G-\d{3})</a>", cards)) == 30
    assert re.findall(r">(G-\d{3})</a>", client.get("/staff/gifts?refunded=y").get_data(as_text=True)) == [
        "G-008"
    ]
    assert (
        re.findall(r">(G-\d{3})</a>", client.get("/staff/gifts?ref=G-11").get_data(as_text=True))[-1]
        == "G-110"
    )
    assert "Nothing matches" in words(client, "/staff/gifts?ref=%25")
    assert client.get("/staff/gifts?channel=nonsense&fund=none").status_code == 200
    assert client.get("/staff/gifts?after=nonsense").status_code == 422


def test_pages_without_anything_say_so(sqlite_runtime: Runtime) -> None:
    """No fund yet: an empty state, not an error."""
    client = client_of(sqlite_runtime, Role.FINANCE)
    assert "There is no fund yet" in words(client, "/staff/gifts")
    assert "No agreement yet" in words(client, "/staff/agreements")
    assert "There is no fund here yet" in words(client, "/")


def test_the_front_page_says_what_was_given_and_where_to_apply(runtime: Runtime) -> None:
    """Sums of the fund that is open; a count under ten is not told; the tab says only the public name."""
    load(runtime)
    client = client_of(runtime)
    give(runtime, new_gift("G-1", "150"), new_gift("G-2", "50", at="2020-04-02T10:00:00Z"))
    page = client.get("/").get_data(as_text=True)
    assert 'href="/apply"' in page
    assert 'href="/status"' in page
    said = words(client, "/")
    assert "Given by the community £200 fewer than ten gifts" in said
    assert "Added by match funding £200" in said
    assert "A grant is £200." in said
    assert "Lane Support" in said
    set_clock(runtime, "2020-12-01T00:00:00Z")
    assert "closed for applications on 30 June 2020" in words(client, "/")
