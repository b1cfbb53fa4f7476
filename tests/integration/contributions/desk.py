"""What finance does by hand, for the tests: people, bank lines, declarations, balances."""

import datetime as dt
from typing import Any

from sqlmodel import select

from hardship.audit.verify import verify
from hardship.contributions.desk.doctor import CHECKS
from hardship.contributions.giftaid.declaring import Covers, Declared, declare
from hardship.contributions.giftaid.models import How
from hardship.contributions.giftaid.schedule import Who
from hardship.contributions.unidentified import Booked, book_line
from hardship.core.actor import SYSTEM, Actor, ActorKind, Role
from hardship.core.runtime import Runtime
from hardship.funds.service import lock_fund
from hardship.ledger.models import Account, AccountKind, Pot
from hardship.ledger.queries import check
from hardship.staff.proposals import approve
from hardship.staff.service import add

ANN = Who("Ms", "Ann", "Example", "1", "s19bd")


def somebody(runtime: Runtime, email: str, *roles: Role) -> Actor:
    """A member of staff with these roles."""
    added = runtime.transact(SYSTEM, add, email, roles, "correct horse battery staple")
    return Actor(ActorKind.STAFF, str(added.id), added.roles)


def two_people(runtime: Runtime) -> tuple[Actor, Actor]:
    """Somebody of finance, and an approver."""
    return (
        somebody(runtime, "finance@example.org", Role.FINANCE),
        somebody(runtime, "approver@example.org", Role.APPROVER),
    )


def arrives(
    runtime: Runtime,
    key: str,
    minor: int,
    *,
    reference: str = "",
    counterparty: str = "",
    on: dt.date = dt.date(2020, 4, 1),
    actor: Actor = SYSTEM,
) -> Booked:
    """A line of the bank's statement."""
    return runtime.transact(
        actor,
        lambda tx: book_line(
            tx,
            fund=lock_fund(tx, "f"),
            line_key=key,
            received_on=on,
            amount_minor=minor,
            reference=reference,
            counterparty=counterparty,
        ),
    )


def declares(runtime: Runtime, ref: str, **more: Any) -> Declared:
    """The donor of a gift makes a declaration on paper."""
    fields: dict[str, Any] = {
        "who": ANN,
        "how": How.PAPER,
        "covers": Covers.THIS,
        "declared_on": dt.date(2020, 4, 1),
    }
    return runtime.transact(SYSTEM, declare, gift_ref=ref, **(fields | more))


def balance(runtime: Runtime, kind: AccountKind) -> int:
    """What stands on an account, over every pot; debit positive."""
    with runtime.read() as session:
        rows = session.exec(select(Account.balance_minor).where(Account.kind == kind)).all()
    return sum(rows)


def balances(runtime: Runtime) -> dict[str, int]:
    """Every account of the community pot that is not at zero."""
    with runtime.read() as session:
        rows = session.exec(
            select(Account.kind, Account.balance_minor)
            .join(Pot, Pot.id == Account.pot_id)  # type: ignore[arg-type]
            .where(Pot.is_community, Account.balance_minor != 0)
        ).all()
    return {kind.value: minor for kind, minor in rows}


def sound(runtime: Runtime) -> None:
    """The books balance, the log verifies against the rows, and every check of the desk holds."""
    with runtime.read() as session:
        assert check(session).problems == []
        assert verify(session, runtime.vault).problems == []
        for name, examine in CHECKS:
            assert examine(session, runtime) == [], name


def approves(runtime: Runtime, actor: Actor, ref: str) -> Any:
    """A second person says yes."""
    return runtime.transact(actor, approve, ref=ref)
