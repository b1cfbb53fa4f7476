"""A charity's books: a restricted fund whose sponsor matches, an unrestricted one, one that is held as agent, and the two
people who keep them."""

import datetime as dt
from collections.abc import Mapping

from sqlmodel import select

from hardship.core.actor import SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.clock import SetClock
from hardship.core.csvfile import Numbered
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.document import read_document
from hardship.funds.service import load_fund, lock_fund
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind, FundClass, Journal, Pot
from hardship.ledger.opening import OpeningLine
from hardship.ledger.queries import LedgerCheck, balances, check
from hardship.ledger.service import open_pot, post
from hardship.staff.proposals import approve
from hardship.staff.service import add
from tests.integration.applications.helpers import FUND
from tests.integration.review.helpers import SECRET
from tests.integration.statements.home import SPONSOR

K = AccountKind


def fund_file(slug: str, of: str, role: str = "principal") -> str:
    """Another fund, with a round of its own."""
    changed = {
        'slug = "small"': f'slug = "{slug}"',
        'slug = "spring"': f'slug = "spring-{slug}"',
        'class = "restricted"': f'class = "{of}"',
        'role = "principal"': f'role = "{role}"',
    }
    text = FUND.format(bank_details="choice")
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


def opening_rows(*balances: tuple[str, str, int]) -> list[Numbered[OpeningLine]]:
    """Rows of an opening file: pot, account, pence (debit positive)."""
    return [
        Numbered(line, OpeningLine(pot, AccountKind(account), minor))
        for line, (pot, account, minor) in enumerate(balances, start=2)
    ]


class Books:
    """The books and those who keep them. Days are those of the runtime's clock, which stands at 1 April 2020."""

    def __init__(self, runtime: Runtime, password: str = "") -> None:
        self.runtime = runtime
        self.password = password
        self.number = 0
        self.load(FUND.format(bank_details="choice") + SPONSOR)
        self.load(fund_file("free", "unrestricted"))
        self.load(fund_file("held", "restricted", "agent"))
        self.finance = self.join("finance", Role.FINANCE)
        self.approver = self.join("approver", Role.APPROVER)

    def load(self, text: str) -> None:
        """Load a fund from its file."""
        self.runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))

    def join(self, name: str, *roles: Role) -> Actor:
        """Another member of staff."""
        added = self.runtime.transact(operator(), add, f"{name}@example.org", roles, self.password, SECRET)
        return Actor(ActorKind.STAFF, str(added.id), frozenset(roles))

    def open_pot(self, ref: str, fund: str, currency: str) -> None:
        """A pot in another currency."""
        self.runtime.transact(
            SYSTEM,
            lambda tx: open_pot(
                tx,
                ref=ref,
                fund_slug=fund,
                fund_class=FundClass.UNRESTRICTED,
                currency=currency,
                is_community=False,
            ),
        )

    def pots(self) -> Mapping[str, int]:
        """The pots' numbers by ref."""
        with self.runtime.read() as session:
            return {pot.ref: pot.id or 0 for pot in session.exec(select(Pot))}

    def slug(self, pot: str) -> str:
        """The fund of a pot."""
        return pot.partition("/")[0]

    def book(
        self,
        pot: str,
        debit: AccountKind,
        credit: AccountKind,
        minor: int,
        on: str | dt.date,
        *,
        kind: str = "test",
        cause: str = "test:1",
        refers_on: dt.date | None = None,
    ) -> int:
        """Post a journal of two lines; returns its number."""
        lines = transfer(self.pots()[pot], debit, credit, minor)
        return self.post(self.slug(pot), lines, on, kind=kind, cause=cause, refers_on=refers_on)

    def post(
        self,
        fund: str,
        lines: list[Line],
        on: str | dt.date,
        *,
        kind: str = "test",
        cause: str = "test:1",
        refers_on: dt.date | None = None,
        currency: str = "GBP",
    ) -> int:
        """Post a journal, under the fund's lock; returns its number."""
        self.number += 1
        day = dt.date.fromisoformat(on) if isinstance(on, str) else on
        draft = JournalDraft(
            f"t:{self.number}", kind, fund, cause, day, lines, refers_on=refers_on, currency=currency
        )

        def use(tx: Transaction) -> int:
            lock_fund(tx, fund)
            tx.record("test.posted", cause)
            return post(tx, [draft])[0]

        return self.runtime.transact(SYSTEM, use)

    def gift(self, pot: str, minor: int, on: str = "2020-03-10", fee: int = 0) -> int:
        """A gift of which a fee was kept."""
        number = self.pots()[pot]
        lines = [
            Line(number, K.BANK, minor - fee),
            Line(number, K.FEES, fee),
            Line(number, K.DONATIONS, -minor),
        ]
        return self.post(self.slug(pot), lines, on, kind="gift.received")

    def award(self, shares: Mapping[str, int], on: str, cause: str = "award:A") -> int:
        """An award that pots pay."""
        return self.spread(shares, K.GRANTS, K.GRANTS_PAYABLE, on, "award.offered", cause)

    def pay(self, shares: Mapping[str, int], on: str, cause: str = "payment:P") -> None:
        """Sent, and seen at the bank, on one day."""
        self.spread(shares, K.GRANTS_PAYABLE, K.PAYOUT_CLEARING, on, "payout.sent", cause)
        self.spread(shares, K.PAYOUT_CLEARING, K.BANK, on, "payout.paid", cause)

    def come_back(self, shares: Mapping[str, int], on: str, of: str, cause: str = "payment:P") -> int:
        """A payment that the bank sent back, of the day `of`."""
        return self.spread(
            shares, K.BANK, K.GRANTS_PAYABLE, on, "payout.returned", cause, dt.date.fromisoformat(of)
        )

    def spread(
        self,
        shares: Mapping[str, int],
        debit: AccountKind,
        credit: AccountKind,
        on: str,
        kind: str,
        cause: str,
        refers_on: dt.date | None = None,
    ) -> int:
        pots = self.pots()
        lines = [line for pot, minor in shares.items() for line in transfer(pots[pot], debit, credit, minor)]
        slug = self.slug(next(iter(shares)))
        return self.post(slug, lines, on, kind=kind, cause=cause, refers_on=refers_on)

    def approve(self, ref: str) -> object:
        """The second person says yes."""
        return self.runtime.transact(self.approver, approve, ref=ref)

    def close(self, fund: str, through: str, *, year: bool = False) -> None:
        """Close a period: proposed by finance, approved by the second person."""
        from hardship.ledger.closing import propose_close

        asked = self.runtime.transact(
            self.finance, propose_close, fund_slug=fund, through=dt.date.fromisoformat(through), is_year=year
        )
        self.approve(asked.proposal)

    def at(self, day: str) -> None:
        """Let the clock stand at ten in the morning of a day."""
        assert isinstance(self.runtime.clock, SetClock)
        self.runtime.clock.set(dt.datetime.fromisoformat(f"{day}T10:00:00+00:00"))

    def check(self) -> LedgerCheck:
        """`ledger check`."""
        with self.runtime.read() as session:
            return check(session)

    def stands(self) -> dict[tuple[str, str], int]:
        """What stands on each account, by pot and account."""
        with self.runtime.read() as session:
            return {(pot.ref, kind.value): minor for pot, kind, minor in balances(session)}

    def journal(self, number: int) -> Journal:
        """A journal as it is stored."""
        with self.runtime.read() as session:
            return session.exec(select(Journal).where(Journal.id == number)).one()

    def journal_numbers(self) -> list[int]:
        """The numbers of all journals."""
        with self.runtime.read() as session:
            return [number or 0 for number in session.exec(select(Journal.id))]
