"""Reading funds, rounds and their published policies."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.errors import NotFound, Refused
from hardship.core.vault import Vault
from hardship.funds.grants import Grant, grant_from
from hardship.funds.models import Fund, Policy, Round


def funds(session: Session) -> Sequence[Fund]:
    """Every fund, by slug."""
    return session.exec(select(Fund).order_by(Fund.slug)).all()


def fund_by_slug(session: Session, slug: str) -> Fund:
    """The fund; raises `NotFound`."""
    found = session.exec(select(Fund).where(Fund.slug == slug)).first()
    if found is None:
        raise NotFound(f"there is no fund {_shown(slug)}", fix="See: hardship fund list")
    return found


def rounds_of(session: Session, fund_id: int) -> Sequence[Round]:
    """The rounds of a fund, by opening and slug."""
    return session.exec(
        select(Round).where(Round.fund_id == fund_id).order_by(col(Round.opens_at), Round.slug)
    ).all()


def round_by_slug(session: Session, slug: str) -> Round:
    """The round; raises `NotFound`."""
    found = session.exec(select(Round).where(Round.slug == slug)).first()
    if found is None:
        raise NotFound(f"there is no round {_shown(slug)}", fix="See: hardship fund list")
    return found


def open_round(session: Session, at: dt.datetime) -> Round | None:
    """The round that takes applications at this instant: of several the one that opened last; None when none does."""
    return session.exec(
        select(Round)
        .where(col(Round.opens_at) <= at, col(Round.closes_at) >= at)
        .order_by(col(Round.opens_at).desc(), Round.slug)
    ).first()


def exit_to(session: Session, at: dt.datetime) -> str:
    """Where "Exit this page" leads from the applicant's pages: what the fund of the open round says, or the first fund
    by slug; "" when it says nothing."""
    round_ = open_round(session, at)
    fund = session.get(Fund, round_.fund_id) if round_ else next(iter(funds(session)), None)
    return fund.exit_to if fund else ""


_NEWEST_POLICY = (  # made once: every application that comes in asks for it
    select(Policy).where(Policy.round_id == bindparam("round")).order_by(col(Policy.version).desc()).limit(1)
)


def current_policy(session: Session, round_id: int) -> Policy:
    """The newest published policy of a round; raises `NotFound` when there is none."""
    found = session.exec(_NEWEST_POLICY, params={"round": round_id}).first()
    if found is None:
        raise NotFound("the round has no published policy", fix="Load one with: hardship fund load")
    return found


_NEWEST_POLICY_ID = (
    core_select(col(Policy.id))
    .where(col(Policy.round_id) == bindparam("round"))
    .order_by(col(Policy.version).desc())
    .limit(1)
)


def current_policy_id(session: Session, round_id: int) -> int:
    """The number of the newest published policy of a round; raises `NotFound` when there is none."""
    found = session.connection().execute(_NEWEST_POLICY_ID, {"round": round_id}).scalar()
    return found if found is not None else current_policy(session, round_id).id or 0


def rules_of(policy: Policy) -> list[dict[str, Any]]:
    """A policy's rules as the tables that `hardship.eligibility.rules.read` takes."""
    return list(json.loads(policy.document)["rules"])


def grant_rule_of(policy: Policy) -> Grant:
    """A policy's grant: a fixed amount or bands."""
    return grant_from(json.loads(policy.document)["grant"])


def grant_of(policy: Policy, facts: Mapping[str, Any]) -> int:
    """What the policy grants on these facts, in pence; raises `Refused` when no band's condition is known to hold."""
    amount = grant_rule_of(policy).amount(facts)
    if amount is None:
        raise Refused(
            "no band of the policy fits what is known of this application", fix="Publish a band `otherwise`."
        )
    return amount


def bank_account_of(session: Session, vault: Vault, fund: Fund) -> tuple[str, str, str] | None:
    """The account payments leave from, as (name, sort code, account number); None when none is declared."""
    opened = vault.house(session).open("fund", "bank_sealed", fund.slug, fund.bank_sealed)
    if opened is None:
        return None
    sort_code, number = opened.split(" ")
    return fund.bank_name, sort_code, number


def _shown(slug: str) -> str:
    clean = "".join(c if c.isprintable() else "?" for c in slug)
    return repr(clean if len(clean) <= 60 else clean[:57] + "...")
