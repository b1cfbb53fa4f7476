"""The front page: what each fund has raised, what was matched, what is left; nothing that points at anybody."""

import re

import pytest
from sqlalchemy import event

from hardship.app import create_app
from hardship.contributions.front import FEWEST, told
from hardship.core.actor import operator
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.matching.queries import pots_of
from tests.integration.matching.helpers import fund_toml, give, give_back, load, new_gift


def front(runtime: Runtime) -> str:
    """The page's text on one line."""
    page = create_app(runtime, testing=True).test_client().get("/").get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def grant(runtime: Runtime, number: int, minor: int = 20_000) -> None:
    """Book so many awards on the community's pot."""

    def awards(tx):  # type: ignore[no-untyped-def]
        pot = pots_of(tx.session, 1)[-1].pot_id
        lines = transfer(pot, AccountKind.GRANTS, AccountKind.GRANTS_PAYABLE, minor)
        post(
            tx,
            [
                JournalDraft(f"award:{n}", "award.offered", "f", f"award:{n}", tx.at.date(), lines)
                for n in range(number)
            ],
        )

    runtime.transact(operator(), awards)


def test_it_says_what_was_raised_matched_granted_and_is_left(runtime: Runtime) -> None:
    """In figures, as bars, and in a table that adds up; a gift wholly given back counts no more."""
    load(runtime)
    give(runtime, *[new_gift(f"G-{n}", "300") for n in range(12)])
    give_back(runtime, "G-0", "300")
    grant(runtime, 10)
    said = front(runtime)
    assert "Given by the community £3,300 11 gifts" in said
    table = "Given by the community £3,300.00 Added by match funding £3,300.00 Granted −£2,000.00 Left to give £4,600.00"
    assert table in said


@pytest.mark.parametrize("number", [1, FEWEST - 1])
def test_few_grants_are_not_told_by_any_of_the_figures(runtime: Runtime, number: int) -> None:
    """Neither their count nor their sum, nor what is left, which would give it away."""
    load(runtime)
    give(runtime, *[new_gift(f"G-{n}", "300") for n in range(12)])
    grant(runtime, number, 12_345)
    said = front(runtime)
    assert "fewer than ten" in said
    assert "not said yet" in said
    for amount in (123_45 * number, 360_000 + 360_000 - 123_45 * number):
        assert f"{amount // 100:,}" not in said
    assert told(0) == 0


def test_every_fund_stands_there_by_its_public_name(runtime: Runtime) -> None:
    """The open one first; the others in a table."""
    load(runtime)
    text = (
        fund_toml({"ref": "M2"})
        .replace('slug = "f"', 'slug = "g"')
        .replace('slug = "spring"', 'slug = "autumn"')
    )
    text = text.replace('public_name = "Lane Support"', 'public_name = "Hill Support"').replace(
        'name = "Fund"', 'name = "Secret nature"'
    )
    runtime.transact(operator(), load_fund, document=read_document(text.encode()))
    give(runtime, new_gift("G-1", "300"))
    said = front(runtime)
    assert "Other funds" in said
    assert "Secret nature" not in said
    assert "Hill Support" in said
    assert "Lane Support" in said


def test_it_asks_the_database_a_few_times_however_many_gifts_there_are(sqlite_runtime: Runtime) -> None:
    """The same statements for two gifts and for two hundred."""
    load(sqlite_runtime)
    asked: list[str] = []
    event.listen(
        sqlite_runtime.database.reader, "before_cursor_execute", lambda *args: asked.append(str(args[2]))
    )
    counts = []
    for batch in range(2):
        give(sqlite_runtime, *[new_gift(f"G-{batch}-{n}", "3") for n in range(2 + 198 * batch)])
        asked.clear()
        front(sqlite_runtime)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] <= 12
