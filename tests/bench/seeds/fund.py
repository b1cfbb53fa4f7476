"""A fund to measure on, made by the service that loads a fund's file, and people to work on it."""

import datetime as dt
from dataclasses import dataclass

from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from hardship.staff.service import add

FUND, ROUND, AGREEMENT = "bench", "bench-round", "BENCH-1"
OPENS = dt.datetime(2020, 3, 20, 9, 0, tzinfo=dt.UTC)

_TOML = f"""
[fund]
slug = "{FUND}"
name = "A fund to measure on"
public_name = "HF Support"
currency = "GBP"
class = "restricted"
role = "principal"
bank_details = "choice"
publisher = {{ prefix = "ExampleFund", org_id = "GB-CHC-1000000", name = "Example charity" }}

[fund.bank]
name = "Example charity"
sort_code = "20-00-00"
account_number = "55779911"

[[round]]
slug = "{ROUND}"
opens = 2020-03-20T09:00:00+00:00
closes = 2099-06-30T23:59:59+01:00
grant = "200.00"
budget = "900000000.00"
quorum = 2
spend_order = "pro_rata"

[[round.rule]]
id = "lost-income"
field = "income_loss_percent"
op = ">="
value = 50
on_fail = "refer"
reason = "Your income has to have fallen by half or more."

[[match]]
ref = "{AGREEMENT}"
sponsor = "Listings company"
ratio = "1:1"
cap = "900000000.00"
per_contribution_cap = "5000.00"
minimum = "1.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2099-06-30T23:59:59+01:00
channels = ["card", "bank"]
exclude_donors = ["Listings company"]
priority = 1
paid = "in_arrears"
reclaimable = true
unused = "return"
"""


@dataclass(frozen=True)
class People:
    """Who works on it: three of a panel, finance, an approver."""

    panel: tuple[Actor, Actor, Actor]
    finance: Actor
    approver: Actor


def load(runtime: Runtime) -> None:
    """The fund, its round, its policy and its match agreement."""
    runtime.transact(operator(), load_fund, document=read_document(_TOML.encode(), "bench.toml"))


def people(runtime: Runtime) -> People:
    """New accounts, that nobody can sign in with."""
    panel = tuple(_add(runtime, f"panel-{number}", Role.REVIEWER) for number in range(3))
    return People(
        (panel[0], panel[1], panel[2]),
        _add(runtime, "finance", Role.FINANCE),
        _add(runtime, "approver", Role.APPROVER),
    )


def _add(runtime: Runtime, name: str, role: Role) -> Actor:
    added = runtime.transact(operator(), add, f"{name}@example.org", [role])
    return Actor(ActorKind.STAFF, str(added.id), added.roles)
