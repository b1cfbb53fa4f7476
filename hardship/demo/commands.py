"""`hardship demo load`."""

import time
from dataclasses import replace
from typing import Any

import click
from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.awards.models import Award
from hardship.awards.transitions import NOT_LIVE
from hardship.core.clock import SetClock
from hardship.core.command import Report, group, progress, reports, the_runtime
from hardship.core.errors import Conflict, Forbidden
from hardship.core.money import display
from hardship.core.runtime import Runtime
from hardship.demo import AGREEMENT, FUND, logins
from hardship.funds.queries import funds
from hardship.ledger.queries import figures
from hardship.statements.models import Statement

SEED = 2020


def register(root: click.Group) -> None:
    """Add `demo load`."""
    group(root, "demo", "A whole fund to look at.").add_command(load)


@click.command("load", help="Replay the fund of spring 2020 with synthetic people.")
@click.option("--seed", default=SEED, show_default=True, type=click.IntRange(0, 2**31))
@reports
def load(seed: int) -> Report:
    """Replay the fund; when it is there already, only say what it came to."""
    runtime = the_runtime()
    if runtime.settings.production:
        raise Forbidden(
            "the demo does not run in production", fix="Unset HARDSHIP_ENV, or use another instance."
        )
    started = time.monotonic()
    if not _loaded(runtime):
        _replay(runtime, seed)
    with runtime.read() as session:
        data = _figures(session) | {"seconds": round(time.monotonic() - started, 1)}
    return Report(data, [*_told(data), *logins.lines()])


def _loaded(runtime: Runtime) -> bool:
    """Whether the demo is there; raises `Conflict` when half of it is, or another fund of its name."""
    with runtime.read() as session:
        if FUND not in {fund.slug for fund in funds(session)}:
            return False
        if session.exec(select(func.count()).select_from(Statement)).one():
            return True
    raise Conflict(
        "a replay was broken off here",
        where=FUND,
        fix="Use an empty instance: delete its folder, then hardship init.",
    )


def _replay(runtime: Runtime, seed: int) -> None:
    from hardship.demo.cast import OPENS_AT  # here, so that other commands start without the demo's people
    from hardship.demo.replay import Replay

    clock = SetClock(OPENS_AT)
    then = replace(runtime, clock=clock)  # the same instance, in another time
    Replay(then, clock, logins.make(then), seed, lambda text: progress(f"demo: {text}")).run()


def _figures(session: Session) -> dict[str, Any]:
    """The figures of the contract, counted from what is stored."""
    by_state = dict(
        session.exec(
            select(Application.state, func.count())
            .group_by(col(Application.state))
            .order_by(col(Application.state))
        ).all()
    )
    live = select(func.count(), func.coalesce(func.sum(Award.amount_minor), 0)).where(
        col(Award.state).not_in(NOT_LIVE)
    )
    grants, granted = session.exec(live).one()
    books = figures(session, FUND)
    return {
        "applications": sum(by_state.values()),
        "approved": by_state.get(ApplicationState.APPROVED, 0),
        "declined": by_state.get(ApplicationState.DECLINED, 0),
        "referred": session.exec(
            select(func.count()).select_from(Application).where(col(Application.referred))
        ).one(),
        "grants": grants,
        "granted": int(granted),
        "community": books.income,
        "matched": books.matched,
    }


def _told(data: dict[str, Any]) -> list[str]:
    return [
        f"{data['applications']} applications: {data['approved']} approved, {data['declined']} declined;"
        f" {data['referred']} were referred to a person's look.",
        f"{data['grants']} grants, {display(data['granted'])}: {display(data['community'])} from the community,"
        f" {display(data['matched'])} matched by {AGREEMENT}.",
    ]
