"""A fund in full swing."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlmodel import select

from hardship.applications.models import Application
from hardship.core.actor import SYSTEM, Role
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.matching.service import receive_payment
from hardship.review.casework import declare_conflict, open_case
from hardship.review.models import Outcome, ReasonCode
from hardship.review.service import vote
from hardship.statements.service import issue
from hardship.wiring import build
from tests.conftest import DATABASES
from tests.integration.applications.helpers import apply, person
from tests.integration.statements.home import Home, a_home


@pytest.fixture
def swing(runtime: Runtime) -> Home:
    """A fund in full swing, of its own."""
    return in_full_swing(runtime)


@pytest.fixture(scope="module")
def swings() -> dict[str, Runtime]:
    """The fund in full swing on each database, made once, to be copied."""
    return {}


@pytest.fixture(params=DATABASES)
def swing_copy(
    request: pytest.FixtureRequest,
    make_runtime: Callable[[str], Runtime],
    tmp_path: Path,
    swings: dict[str, Runtime],
) -> Iterator[Runtime]:
    """A copy of the fund in full swing, to be broken."""
    kind = request.param
    if kind not in swings:
        first = in_full_swing(make_runtime(kind)).runtime
        first.database.dispose()
        kept = copied(first, tmp_path)  # the database of the first test goes with that test
        swings[kind] = replace(first, settings=replace(first.settings, database_url=kept))
    original = swings[kind]
    url = copied(original, tmp_path)
    runtime = build(replace(original.settings, database_url=url), SetClock(original.clock.now()), check=False)
    yield runtime
    runtime.database.dispose()


def copied(original: Runtime, folder: Path) -> str:
    """The address of a copy of a database that nobody is connected to."""
    if original.database.dialect == "sqlite":
        path = folder / f"copy-{uuid4().hex}.db"
        shutil.copy(original.settings.database_url.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"
    url = make_url(original.settings.database_url)
    name = f"c_{uuid4().hex}"
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {url.database}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def in_full_swing(runtime: Runtime) -> Home:
    """Gifts matched and paid for, a panel's decision, batches paid, returned and failed, an issued statement."""
    home = a_home(runtime)
    home.give(300_000)
    at = runtime.clock.now()
    runtime.transact(SYSTEM, receive_payment, agreement="LC", ref="P-1", received_at=at, amount_minor=40_000)
    decide(home)
    home.submit(home.ready("01", "02", "91", "92", "93", "94"))
    for _ in range(3):
        home.work()
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(hours=2))
    home.work()
    day = at.date()
    issue(runtime, home["finance"], agreement="LC", from_on=day, to_on=day)
    runtime.run_due()
    return home


def decide(home: Home) -> None:
    """Two reviewers approve a case; a third has a conflict with it."""
    runtime = home.runtime
    receipt = apply(runtime, person(77))
    runtime.run_due()
    with runtime.read() as session:
        case = session.exec(select(Application.id).where(Application.ref == receipt.ref)).one() or 0
    third = home.join("third", Role.REVIEWER)
    runtime.transact(third, declare_conflict, application_id=case)
    for who in (home.join("first", Role.REVIEWER), home.join("second", Role.REVIEWER)):
        runtime.transact(who, open_case, application_id=case)
        runtime.transact(
            who, vote, application_id=case, outcome=Outcome.APPROVE, reason=ReasonCode.MEETS_POLICY, note=None
        )
