"""Receipts, Gift Aid declared at the checkout, and what the processor pays out."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import select

from hardship.contributions.giftaid.models import Declaration
from hardship.contributions.models import Held
from hardship.contributions.receipts import send_for_gift
from hardship.core.actor import PUBLIC, SYSTEM, Role
from hardship.core.errors import Conflict, Forbidden
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.ledger.models import AccountKind
from tests.integration.contributions.cards import Cards, cards_on, form_token
from tests.integration.contributions.desk import sound
from tests.integration.contributions.test_card_refunds import ask
from tests.integration.jobs.test_mails import Post, free_port
from tests.integration.matching.helpers import Shell, everything_in, fund_toml, give, new_gift
from tests.integration.matching.test_pages import client_of
from tests.integration.review.helpers import PASSWORD, Panel
from tests.integration.staff.signing import post as send_form
from tests.integration.staff.signing import sign_in

REGISTERED = 'public_name = "Lane Support"\npublisher = { prefix = "Ex", org_id = "GB-CHC-1000000", name = "Lane Charity" }'
K = AccountKind


def registered(runtime: Runtime) -> None:
    """The fund of a registered charity, with a plain agreement of £100.00."""
    toml = fund_toml({"cap": "100.00"}).replace('public_name = "Lane Support"', REGISTERED)
    runtime.transact(SYSTEM, load_fund, document=read_document(toml.encode()))


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund of a registered charity."""
    with cards_on(runtime, set_up=registered) as found:
        yield found


@pytest.fixture
def lite(sqlite_runtime: Runtime) -> Iterator[Cards]:
    """The same, for what does not depend on the database."""
    with cards_on(sqlite_runtime, set_up=registered) as found:
        yield found


@pytest.fixture
def post() -> Iterator[Post]:
    """A running mail server."""
    box = Post()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.port = controller.port  # type: ignore[attr-defined]
    yield box
    controller.stop()


def send(cards: Cards, post: Post) -> None:
    """Have the mails sent through the server."""
    port = post.port  # type: ignore[attr-defined]
    cards.runtime.settings = replace(
        cards.runtime.settings, smtp_url=f"smtp://127.0.0.1:{port}?from=gifts@example.org"
    )
    cards.runtime.run_due("mails")


def test_a_receipt_goes_to_who_asked_for_it_in_discreet_words(cards: Cards, post: Post) -> None:
    """Amount, day, reference, match, and the charity's registration; the subject is the public name; then it is deleted."""
    ref = cards.give("50", email="canary-ann@example.org")
    assert "canary-ann" not in str(everything_in(cards.runtime))
    send(cards, post)
    ((to, mail),) = post.mails
    assert to == ["canary-ann@example.org"]
    assert mail["Subject"] == "Lane Support"
    text = mail.get_content()
    for words in (
        "Amount: £50.00",
        "Date: 1 April 2020",
        f"Reference: {ref}",
        "Added by match funding: £50.00",
        "Lane Charity",
        "Registered charity in England and Wales, number 1000000",
    ):
        assert words in text
    for word in ("hardship", "grant", "emergency", "donation"):
        assert word not in text.lower()
    cards.deliver()
    cards.runtime.run_due("mails")
    assert len(post.mails) == 1
    with cards.runtime.read() as session:
        (kept,) = session.exec(select(OutboxMail)).all()
    assert (kept.address, kept.letter) == (None, None)
    assert cards.checkout().email is None
    cards.sound()


def test_a_receipt_for_a_late_payment_says_what_had_lapsed(lite: Cards, post: Post) -> None:
    """£80.00 was held, £30.00 was left."""
    lite.on(lite.wish("80", email="ann@example.org"))
    lite.later(minutes=46)
    give(lite.runtime, new_gift("OTHER", "70.00", at=lite.runtime.clock.now().isoformat()))
    lite.api.pay()
    lite.deliver()
    send(lite, post)
    text = " ".join(post.mails[0][1].get_content().split())
    assert "Added by match funding: £30.00" in text
    assert "after the match held for it had lapsed: £50.00 of it was not added" in text


def test_a_receipt_can_be_asked_for_afterwards(lite: Cards, post: Post) -> None:
    """On the page that the donor comes back to; what is no address is kept in the field with an error."""
    place = lite.wish("50")
    lite.on(place)
    lite.api.pay()
    page = lite.client.get(f"{place}/done").text
    bad = lite.client.post(f"{place}/receipt", data={"csrf_token": form_token(page), "email": "ann@"})
    assert bad.status_code == 422
    assert 'value="ann@"' in bad.text
    good = lite.client.post(
        f"{place}/receipt", data={"csrf_token": form_token(page), "email": "ann@example.org"}
    )
    assert good.status_code == 303
    send(lite, post)
    assert [to for to, _ in post.mails] == [["ann@example.org"]]


def test_a_receipt_that_waits_for_the_mail_server_outlives_the_deletion_of_details(
    lite: Cards, post: Post
) -> None:
    """The key is destroyed only once the mail is sent, or given up."""
    lite.give("50", email="ann@example.org")
    lite.later(days=4)
    assert lite.runtime.run_due("donor-details") == 0
    send(lite, post)
    assert len(post.mails) == 1
    assert lite.runtime.run_due("donor-details") == 1


AID = {
    "gift_aid": "y",
    "title": "Ms",
    "first_name": "Canary",
    "last_name": "Donor",
    "house": "12",
    "postcode": "s1 9bd",
    "covers": "this",
}


def test_gift_aid_declared_at_the_checkout_stands_with_the_gift(cards: Cards) -> None:
    """£100.00, fee £1.70: income £100.00, cost £1.70, Gift Aid receivable £25.00; sealed, never sent to the processor."""
    cards.give("100", fee=170, **AID)
    assert cards.balance(K.GIFT_AID_RECEIVABLE) == 2500
    assert cards.balance(K.FEES) == 170
    with cards.runtime.read() as session:
        assert len(session.exec(select(Declaration)).all()) == 1
    assert "Canary" not in str(everything_in(cards.runtime))
    assert "Canary" not in str(cards.api.session())
    cards.sound()


def test_a_declaration_that_could_not_be_claimed_on_is_refused_at_its_field(lite: Cards) -> None:
    """What was typed is kept; an organisation cannot declare."""
    page = lite.client.get("/donate").text
    from tests.integration.contributions.cards import key_of

    sent = {"csrf_token": form_token(page), "key": key_of(page), "amount": "100", **AID}
    bad = lite.client.post("/donate", data=sent | {"postcode": "nowhere"})
    assert bad.status_code == 422
    assert "Check the postcode" in bad.text
    assert 'value="nowhere"' in bad.text
    both = lite.client.post("/donate", data=sent | {"for_organisation": "y"})
    assert "Gift Aid is for people" in both.text
    without = lite.client.post("/donate", data=sent | {"first_name": ""})
    assert "Check the first name" in without.text


def test_what_the_processor_pays_out_empties_card_clearing_once(cards: Cards, shell: Shell) -> None:
    """Dr bank / Cr card clearing; again is no change; more than there is, other content, nonsense is refused."""
    cards.give("50", fee=90)
    pay = ("contributions", "payout", "--fund", "f", "--received-on", "2020-04-01", "--ref", "po_1")
    for _ in range(2):
        told = shell.json(*pay, "--amount", "49.10")
        assert told == {"ref": "po_1", "amount": 4910, "received_on": "2020-04-01", "clearing": 0}
    assert cards.balance(K.BANK) == 4910
    assert "other content" in shell.refused(*pay, "--amount", "49.00")
    more = ("contributions", "payout", "--fund", "f", "--received-on", "2020-04-01", "--ref", "po_2")
    assert "card clearing holds £0.00" in shell.refused(*more, "--amount", "0.01", code=1)
    assert "above 0.00" in shell.refused(*more, "--amount", "0.00")
    assert "not an amount" in shell.refused(*more, "--amount", "lots")
    assert "still to come" in shell.refused(
        "contributions",
        "payout",
        "--fund",
        "f",
        "--received-on",
        "2020-05-01",
        "--ref",
        "x",
        "--amount",
        "1.00",
    )
    assert "no such fund" in shell.refused(
        "contributions",
        "payout",
        "--fund",
        "none",
        "--received-on",
        "2020-04-01",
        "--ref",
        "x",
        "--amount",
        "1.00",
    )
    assert shell.json("contributions", "card-refunds") == {"refunds": []}
    cards.sound()


def test_finance_sees_what_could_not_be_handled_and_has_it_tried_again(lite: Cards) -> None:
    """On the first page, in a list with a filter in the address; an auditor sees it without the button."""
    panel = Panel(lite.runtime)
    panel.join("fin", Role.FINANCE, password=PASSWORD)
    panel.join("aud", Role.AUDITOR, password=PASSWORD)
    lite.give("20")
    ask(lite, 2000)
    lite.api.refund()
    lite.work()
    lite.on(lite.wish("50"))
    lite.api.session()["amount_total"] = 6000
    lite.api.pay()
    lite.deliver()
    for _ in range(3):
        lite.later(days=1)
        lite.work()
    sign_in(lite.client, lite.runtime, "fin@example.org")
    assert "message of the card processor could not be handled" in lite.client.get("/staff/").text
    assert "refund to a card needs a look" in lite.client.get("/staff/").text
    page = lite.client.get("/staff/webhooks?state=trouble").text
    assert "another amount" in page
    assert "charge_already_refunded" in page
    lite.api.session()["amount_total"] = 5000
    event = lite.inbox()[-1].event_id
    answer = lite.client.post(f"/staff/webhooks/{event}/retry", data={"csrf_token": form_token(page)})
    assert answer.status_code == 303
    lite.work()
    assert len(lite.gifts()) == 2
    assert "No message here" in lite.client.get("/staff/webhooks?state=trouble").text
    assert event in lite.client.get("/staff/webhooks?state=odd").text
    lite.client.get("/exit")
    sign_in(lite.client, lite.runtime, "aud@example.org")
    assert "Try again now" not in lite.client.get("/staff/webhooks").text


def test_several_funds_are_a_choice(lite: Cards) -> None:
    """Each by its public name alone."""
    second = fund_toml().replace('slug = "f"', 'slug = "second-hardship"').replace("Lane Support", "Mill Aid")
    second = second.replace('slug = "spring"', 'slug = "summer"').replace('ref = "M"', 'ref = "N"')
    lite.runtime.transact(SYSTEM, load_fund, document=read_document(second.encode()))
    page = lite.client.get("/donate").text
    assert "Lane Support" in page
    assert "Mill Aid" in page
    assert lite.client.get("/donate/to/second-hardship").status_code == 200
    assert lite.client.get("/donate/to/none").status_code == 404
    assert (
        lite.client.post(
            "/donate", data={"csrf_token": form_token(lite.client.get("/donate/to/f").text)}
        ).status_code
        == 303
    )


def test_the_day_on_a_receipt_is_londons(lite: Cards, post: Post) -> None:
    """Half past eleven in the evening, UTC, is the next day in summer."""
    lite.runtime.clock.set(dt.datetime(2020, 5, 1, 23, 30, tzinfo=dt.UTC))  # type: ignore[attr-defined]
    lite.give("5", email="ann@example.org")
    send(lite, post)
    assert "Date: 2 May 2020" in post.mails[0][1].get_content()


def test_finance_sends_a_receipt_for_a_gift_that_came_another_way(
    sqlite_runtime: Runtime, post: Post
) -> None:
    """On the gift's page: discreet, with the registration, without a name; the address goes with the mail."""
    runtime = sqlite_runtime
    registered(runtime)
    give(runtime, new_gift("G-1", "75", donor_name="Ann Example"), new_gift("G-2", "5", held=Held.ELSEWHERE))
    client = client_of(runtime, Role.FINANCE)
    path, page = "/staff/gifts/G-1/receipt", "/staff/gifts/G-1"
    bad = send_form(client, path, {"email": "ann@"}, page=page)
    assert (bad.status_code, 'value="ann@"' in bad.text) == (422, True)
    assert send_form(client, path, {"email": "ann@example.org"}, page=page).status_code == 303
    assert "Send a receipt" not in client.get("/staff/gifts/G-2").text
    with pytest.raises(Conflict):
        runtime.transact(SYSTEM, send_for_gift, gift_ref="G-2", address="ann@example.org")
    with pytest.raises(Forbidden):
        runtime.transact(PUBLIC, send_for_gift, gift_ref="G-1", address="ann@example.org")
    assert "ann@example.org" not in str(everything_in(runtime))
    port = post.port  # type: ignore[attr-defined]
    runtime.settings = replace(runtime.settings, smtp_url=f"smtp://127.0.0.1:{port}?from=gifts@example.org")
    runtime.run_due("mails")
    ((to, mail),) = post.mails
    assert (to, mail["Subject"]) == (["ann@example.org"], "Lane Support")
    text = mail.get_content()
    for words in ("£75.00", "Paid by bank transfer", "Lane Support", "Lane Charity", "1000000", "G-1"):
        assert words in text
    assert "Ann" not in text
    with runtime.read() as session:
        (kept,) = session.exec(select(OutboxMail)).all()
    assert (kept.address, kept.letter) == (None, None)
    sound(runtime)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_command_sends_a_receipt(runtime: Runtime, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address comes on standard input, never as an argument; what is no address is an error and queues nothing."""
    registered(runtime)
    give(runtime, new_gift("G-1", "20"))
    for typed in ("no address\n", "", "a@example.org\x00\n"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        assert shell.run("gifts", "receipt", "G-1")[0] == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"ann@example.org\n")))
    assert shell.json("gifts", "receipt", "G-1") == {"gift": "G-1", "queued": True}
    with runtime.read() as session:
        assert len(session.exec(select(OutboxMail)).all()) == 1
