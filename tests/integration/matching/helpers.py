"""A fund with match agreements, gifts and refunds, and the command line, for the tests of the money coming in."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from hardship.audit.models import AuditEvent
from hardship.cli import Instance, main
from hardship.contributions.gifts import NewGift, NewRefund
from hardship.contributions.models import Channel, Contribution, DonorType
from hardship.contributions.service import Received, receive, refund
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock, parse_instant
from hardship.core.runtime import Runtime
from hardship.funds.document import read_document
from hardship.funds.service import Loaded, load_fund, lock_fund
from hardship.ledger.models import Account
from hardship.ledger.queries import FundFigures, check
from hardship.matching.doctor import CHECKS
from hardship.matching.models import Allocation, MatchAgreement
from hardship.matching.onegift import Explained, explain
from hardship.matching.position import sponsor_account
from hardship.matching.queries import Status, agreement_by_ref, status
from hardship.matching.service import receive_payment, redistribute

FUND = """
[fund]
slug = "f"
name = "Fund"
public_name = "Lane Support"

[[round]]
slug = "spring"
opens = 2020-03-20T09:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
grant = "200.00"
budget = "251000.00"

[[round.rule]]
id = "lost-income"
field = "income_loss_percent"
op = ">="
value = 50
on_fail = "refer"
reason = "Your income has to have fallen by half or more."
"""

MATCH = {
    "ref": "M",
    "sponsor": "Sponsor",
    "ratio": "1:1",
    "cap": "100000.00",
    "opens": dt.datetime(2020, 3, 1, tzinfo=dt.UTC),
    "closes": dt.datetime(2020, 12, 31, tzinfo=dt.UTC),
    "paid": "in_arrears",
}


def fund_toml(*matches: dict[str, Any]) -> str:
    """The fund's file with these agreements; each is `MATCH` with what is given on top (None leaves a field out)."""
    parts = [FUND]
    for match in matches:
        fields = {key: value for key, value in (MATCH | match).items() if value is not None}
        parts.append("[[match]]")
        parts += [f"{key} = {_toml(value)}" for key, value in fields.items()]
    return "\n".join(parts) + "\n"


def _toml(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else json.dumps(value)


def load(runtime: Runtime, *matches: dict[str, Any]) -> Loaded:
    """Load the fund with these agreements (one plain one when none is given)."""
    document = read_document(fund_toml(*(matches or ({},))).encode())
    return runtime.transact(SYSTEM, load_fund, document=document)


def pounds(amount: str) -> int:
    """Pence."""
    whole, _, part = amount.replace(",", "").partition(".")
    return int(whole) * 100 + int((part or "0").ljust(2, "0"))


def new_gift(ref: str, amount: str | int, at: str = "2020-04-01T10:00:00+01:00", **more: Any) -> NewGift:
    """A gift by bank transfer."""
    minor = amount if isinstance(amount, int) else pounds(amount)
    fields: dict[str, Any] = {
        "channel": Channel.BANK,
        "donor_type": DonorType.PERSON,
        "donor_name": "Ann Example",
    }
    return NewGift(ref, parse_instant(at), minor, **(fields | more))


def give(runtime: Runtime, *gifts: NewGift, actor: Any = SYSTEM) -> list[Received]:
    """Receive gifts in one transaction."""
    return runtime.transact(actor, lambda tx: receive(tx, fund=lock_fund(tx, "f"), gifts=gifts))


def give_back(runtime: Runtime, ref: str, amount: str | int, at: str = "2020-04-04T10:00:00+01:00") -> None:
    """Refund a gift."""
    minor = amount if isinstance(amount, int) else pounds(amount)
    one = NewRefund(ref, parse_instant(at), minor)
    runtime.transact(SYSTEM, lambda tx: refund(tx, fund=lock_fund(tx, "f"), refunds=[one]))


def sponsor_pays(
    runtime: Runtime,
    amount: str | int,
    ref: str = "P-1",
    agreement: str = "M",
    at: str = "2020-04-02T10:00:00+01:00",
) -> None:
    """A payment from a sponsor."""
    minor = amount if isinstance(amount, int) else pounds(amount)
    runtime.transact(
        SYSTEM,
        receive_payment,
        agreement=agreement,
        ref=ref,
        received_at=parse_instant(at),
        amount_minor=minor,
    )


def why(runtime: Runtime, ref: str) -> Explained:
    """The explanation of a gift."""
    with runtime.read() as session:
        return explain(session, session.exec(select(Contribution).where(Contribution.ref == ref)).one())


def status_of(runtime: Runtime, ref: str = "M") -> Status:
    """An agreement's figures."""
    with runtime.read() as session:
        return status(session, [agreement_by_ref(session, ref)])[0]


def books(runtime: Runtime) -> FundFigures:
    """The fund's figures, recomputed from the entries of books that balance."""
    with runtime.read() as session:
        found = check(session)
    assert found.balanced, found.problems
    return found.funds[0]


def assert_sound(runtime: Runtime) -> None:
    """I1 to I3, recomputed from the rows, and the books against the agreements' totals."""
    with runtime.read() as session:
        for name, problems_of in CHECKS:
            assert not (problems := problems_of(session, runtime)), (name, problems)
        found = check(session)
        assert found.balanced, found.problems
        for row in session.exec(select(MatchAgreement)):
            _assert_cap(session, row)
        live: dict[int, int] = {}
        rows = session.exec(
            select(
                Allocation.contribution_id, Allocation.num, Allocation.den, func.sum(Allocation.amount_minor)
            ).group_by(
                col(Allocation.contribution_id),
                col(Allocation.agreement_id),
                col(Allocation.num),
                col(Allocation.den),
            )
        ).all()
        for contribution_id, num, den, minor in rows:
            assert minor >= 0
            live[contribution_id] = live.get(contribution_id, 0) + -(-int(minor) * den // num)
        for gift in session.exec(select(Contribution)):
            assert live.get(gift.id or 0, 0) <= gift.net_minor, f"I3: {gift.ref}"
        released = session.exec(
            select(Allocation.reverses_id, func.sum(Allocation.amount_minor))
            .where(col(Allocation.reverses_id).is_not(None))
            .group_by(col(Allocation.reverses_id))
        ).all()
        for allocation_id, minor in released:
            given = session.get(Allocation, allocation_id)
            assert given is not None
            assert -int(minor) <= given.amount_minor, "I3: released more than was given"


def _assert_cap(session: Session, row: MatchAgreement) -> None:
    live = (
        session.exec(select(func.sum(Allocation.amount_minor)).where(Allocation.agreement_id == row.id)).one()
        or 0
    )
    assert int(live) == row.allocated_minor, f"I2: {row.ref} has {live} live, says {row.allocated_minor}"
    assert row.cap_minor is None or row.allocated_minor + row.held_minor <= row.cap_minor, "I2"
    found = status(session, [row])[0]
    assert found.sponsor_account_minor == sponsor_account(
        row.received_minor, row.earned_minor, row.repaid_minor
    )
    rows = session.exec(select(Account.kind, Account.balance_minor).where(Account.pot_id == row.pot_id))
    balances = {kind.value: minor for kind, minor in rows}
    assert balances["bank"] + balances["transfers"] == row.received_minor - row.repaid_minor
    if row.may_reclaim:
        assert balances["match_income"] == -row.earned_minor
        owed = ("match_receivable", "unearned_match", "sponsor_refunds_due", "frozen_match")
        assert sum(balances[kind] for kind in owed) == -found.sponsor_account_minor


def events(runtime: Runtime, subject: str = "") -> list[dict[str, Any]]:
    """The events of a subject (or all), oldest first."""
    statement = select(AuditEvent).order_by(col(AuditEvent.seq))
    if subject:
        statement = statement.where(AuditEvent.subject == subject)
    with runtime.read() as session:
        return [json.loads(event.body) for event in session.exec(statement)]


def everything_in(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to see whether anything changed."""
    with runtime.database.reader.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for name, table in SQLModel.metadata.tables.items()
        }


class Shell:
    """Runs `hardship …` on a runtime, as a shell does."""

    def __init__(
        self,
        runtime: Runtime,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        class OnThis(Instance):
            """The command's instance: the test's."""

        OnThis.runtime = runtime  # type: ignore[assignment]  # in place of the property
        monkeypatch.setattr("hardship.cli.Instance", OnThis)
        self.runtime = runtime
        self.folder = folder
        self.capsys = capsys

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        self.capsys.readouterr()
        code = 0
        try:
            main(list(args))
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *args: str, code: int = 0) -> dict[str, Any]:
        """What the command says with `--json`."""
        status, out, err = self.run(*args, "--json")
        assert status == code, (status, out, err)
        found: dict[str, Any] = json.loads(out)
        return found

    def file(self, name: str, content: str | bytes) -> str:
        """A file with this content; returns its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def refused(self, *args: str, code: int = 2) -> str:
        """Run a command that is refused: its status, one line on stderr, nothing on stdout, nothing changed; also with
        `--json`. Returns the line."""
        before = everything_in(self.runtime)
        line = self.line(*args, code=code)
        status, out, _ = self.run(*args, "--json")
        assert status == code
        assert json.loads(out)["error"]
        assert everything_in(self.runtime) == before
        return line

    def line(self, *args: str, code: int = 2) -> str:
        """The one line on stderr of a command that is refused."""
        status, out, err = self.run(*args)
        assert status == code, (status, out, err)
        assert out == ""
        assert len(err.strip().split("\n")) == 1, err
        assert len(err) < 600, "one line that can be read"
        return err.strip()


def set_clock(runtime: Runtime, at: str) -> None:
    """Move the runtime's clock."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.set(parse_instant(at))


def redistributed(runtime: Runtime) -> list[tuple[str, str, int]]:
    """Give freed cap to earlier gifts: what was added, as (gift, agreement, pence)."""
    return runtime.transact(SYSTEM, lambda tx: redistribute(tx, fund=lock_fund(tx, "f"))).given
