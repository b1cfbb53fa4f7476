"""Posting. Journals are inserted unposted with their entries, then posted, which the database itself checks."""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, update

from hardship.core import bulk
from hardship.core.prepared import Prepared
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.events import Reversing
from hardship.ledger.journal import JournalDraft, Line, unbalanced_pots
from hardship.ledger.models import Account, AccountKind, Entry, FundClass, Journal, PeriodClose, Pot
from hardship.staff.permissions import Permission
from hardship.staff.proposals import Kind, kinds

_ACCOUNT = Account.__table__  # type: ignore[attr-defined]
_JOURNAL = Journal.__table__  # type: ignore[attr-defined]
_ENTRY = Entry.__table__  # type: ignore[attr-defined]

_CLOSE = PeriodClose.__table__  # type: ignore[attr-defined]
_POT = Pot.__table__  # type: ignore[attr-defined]

# How far the books of an account's fund are closed comes with its number: no statement more for a live gift.
_CLOSED_THROUGH = (
    select(func.max(_CLOSE.c.through)).where(_CLOSE.c.fund_slug == _POT.c.fund_slug).scalar_subquery()
)
_ACCOUNTS_OF = (
    select(_ACCOUNT.c.pot_id, _ACCOUNT.c.kind, _ACCOUNT.c.currency, _ACCOUNT.c.id, _CLOSED_THROUGH)
    .join(_POT, _POT.c.id == _ACCOUNT.c.pot_id)
    .where(
        _ACCOUNT.c.pot_id.in_(bindparam("pots", expanding=True)),
        _ACCOUNT.c.kind.in_(bindparam("kinds", expanding=True)),
    )
)
_POST = update(_JOURNAL).where(_JOURNAL.c.id.in_(bindparam("numbers", expanding=True))).values(posted=True)
_POST_ONE = Prepared(update(_JOURNAL).where(_JOURNAL.c.id == bindparam("number")).values(posted=True))
_MOVE = (
    update(_ACCOUNT)
    .where(_ACCOUNT.c.id == bindparam("account"))
    .values(balance_minor=_ACCOUNT.c.balance_minor + bindparam("by"))
)
_FEW = 12
"""For so many accounts the statements that find them and move their balances are prepared."""


def wire(runtime: Runtime) -> None:
    """What takes two people in the books, and what follows from a reversal."""
    from hardship.ledger import closing, corrections, losslog, opening  # they post, with what is below

    second, named = Permission.SECOND_MONEY, kinds(runtime)
    for module, title, carry_out in (
        (opening, "Opening balances", opening.open_books),
        (closing, "Close of a period", closing.close),
        (corrections, "Reversal of a journal", corrections.reverse),
        (losslog, "Loss", losslog.enter),
    ):
        named[module.KIND] = Kind(module.KIND, title, second, carry_out, module.describe)
    runtime.listen(Reversing, corrections.on_reversing)


def open_pot(
    tx: Transaction,
    *,
    ref: str,
    fund_slug: str,
    fund_class: FundClass,
    currency: str,
    is_community: bool,
    held_as_agent: bool = False,
) -> Pot:
    """A new fund in the accounts, with all its accounts at zero."""
    pot = Pot(
        ref=ref,
        fund_slug=fund_slug,
        fund_class=fund_class,
        currency=currency,
        is_community=is_community,
        held_as_agent=held_as_agent,
    )
    tx.session.add(pot)
    tx.session.flush()
    tx.session.add_all(Account(pot_id=_id(pot), kind=kind, currency=currency) for kind in AccountKind)
    tx.session.flush()
    return pot


def _id(pot: Pot) -> int:
    assert pot.id is not None  # noqa: S101 — flushed
    return pot.id


def post(tx: Transaction, drafts: Sequence[JournalDraft]) -> list[int]:
    """Post journals and move the cached balances; returns the journals' numbers in the order of `drafts`.

    The caller holds the fund's lock. A draft without lines (everything nets to nothing) is left out and gets number 0.
    One that belongs to a closed period is posted on the first open day and refers back to its own.
    Raises `ValueError` for an unbalanced draft; the database refuses one as well, and a second use of an `idem_key`.
    """
    ready = [(draft, draft.merged()) for draft in drafts]
    for draft, lines in ready:
        if off := unbalanced_pots(lines):
            raise ValueError(f"journal {draft.idem_key} does not balance: {off}")
    kept = [(draft, lines) for draft, lines in ready if lines]
    if not kept:
        return [0] * len(drafts)
    tx.flush()
    connection = tx.connection
    accounts, closed = _accounts(connection, kept)
    numbers = _insert_journals(tx, connection, [_opened(draft, lines, closed) for draft, lines in kept])
    _insert_entries(connection, accounts, zip(numbers, kept, strict=True))
    _mark_posted(connection, numbers)
    _move_balances(connection, accounts, kept)
    by_key = {draft.idem_key: number for (draft, _), number in zip(kept, numbers, strict=True)}
    return [by_key.get(draft.idem_key, 0) for draft in drafts]


def _insert_journals(tx: Transaction, connection: Connection, drafts: Sequence[JournalDraft]) -> list[int]:
    rows = [
        {
            "idem_key": draft.idem_key,
            "kind": draft.kind,
            "fund_slug": draft.fund_slug,
            "cause": draft.cause,
            "effective_on": draft.effective_on,
            "refers_on": draft.refers_on,
            "recorded_at": tx.at,
            "posted": False,
            "reverses_id": draft.reverses_id,
        }
        for draft in drafts
    ]
    return bulk.add_numbered(connection, _JOURNAL, "idem_key", rows)


def _accounts(
    connection: Connection, kept: Iterable[tuple[JournalDraft, list[Line]]]
) -> tuple[dict[tuple[int, AccountKind, str], int], dict[int, dt.date]]:
    """The numbers of the accounts that the lines speak of, and through which day each pot's books are closed."""
    wanted = sorted({(line.pot_id, line.account) for _, lines in kept for line in lines})
    accounts: dict[tuple[int, AccountKind, str], int] = {}
    closed: dict[int, dt.date] = {}
    for pot, kind, currency, number, through in _found(connection, wanted):
        accounts[pot, kind, currency] = number
        if through is not None:
            closed[pot] = through
    return accounts, closed


def _found(connection: Connection, wanted: Sequence[tuple[int, AccountKind]]) -> Iterable[Sequence[Any]]:
    if len(wanted) > _FEW:
        asked = {"pots": sorted({pot for pot, _ in wanted}), "kinds": sorted({kind for _, kind in wanted})}
        return connection.execute(_ACCOUNTS_OF, asked)
    given = {f"pot{at}": pot for at, (pot, _) in enumerate(wanted)}
    return _few_accounts(len(wanted)).rows(
        connection, **given, **{f"kind{at}": kind for at, (_, kind) in enumerate(wanted)}
    )


@lru_cache
def _few_accounts(count: int) -> Prepared:
    """Finds so many accounts, each by pot and kind."""
    one_of = or_(
        *(
            and_(_ACCOUNT.c.pot_id == bindparam(f"pot{at}"), _ACCOUNT.c.kind == bindparam(f"kind{at}"))
            for at in range(count)
        )
    )
    return Prepared(
        select(_ACCOUNT.c.pot_id, _ACCOUNT.c.kind, _ACCOUNT.c.currency, _ACCOUNT.c.id, _CLOSED_THROUGH)
        .join(_POT, _POT.c.id == _ACCOUNT.c.pot_id)
        .where(one_of)
    )


def _opened(draft: JournalDraft, lines: Iterable[Line], closed: dict[int, dt.date]) -> JournalDraft:
    """The draft in the open period of the pots it moves."""
    if not closed:
        return draft
    days = [closed[line.pot_id] for line in lines if line.pot_id in closed]
    return draft.in_open_period(max(days, default=None))


def _insert_entries(
    connection: Connection,
    accounts: dict[tuple[int, AccountKind, str], int],
    numbered: Iterable[tuple[int, tuple[JournalDraft, list[Line]]]],
) -> None:
    rows = [
        {
            "journal_id": number,
            "account_id": accounts[line.pot_id, line.account, draft.currency],
            "pot_id": line.pot_id,
            "currency": draft.currency,
            "amount_minor": line.minor,
        }
        for number, (draft, lines) in numbered
        for line in lines
    ]
    bulk.add(connection, _ENTRY, rows)


def _mark_posted(connection: Connection, numbers: Sequence[int]) -> None:
    if len(numbers) == 1:
        _POST_ONE.run(connection, {"number": numbers[0]})
        return
    for start in range(0, len(numbers), bulk.AT_ONCE):
        connection.execute(_POST, {"numbers": numbers[start : start + bulk.AT_ONCE]})


def _move_balances(
    connection: Connection,
    accounts: dict[tuple[int, AccountKind, str], int],
    kept: Sequence[tuple[JournalDraft, list[Line]]],
) -> None:
    moves: dict[int, int] = {}
    for draft, lines in kept:
        for line in lines:
            account = accounts[line.pot_id, line.account, draft.currency]
            moves[account] = moves.get(account, 0) + line.minor
    rows = [(account, by) for account, by in sorted(moves.items()) if by]
    if len(rows) > _FEW:
        connection.execute(_MOVE, [{"account": account, "by": by} for account, by in rows])
    elif rows:
        given = {f"account{at}": account for at, (account, _) in enumerate(rows)}
        given |= {f"by{at}": by for at, (_, by) in enumerate(rows)}
        _few_moves(len(rows)).run(connection, given)


@lru_cache
def _few_moves(count: int) -> Prepared:
    """Moves the balances of so many accounts, each by its own amount."""
    by = {f"account{at}": bindparam(f"by{at}", type_=_ACCOUNT.c.balance_minor.type) for at in range(count)}
    which = [(_ACCOUNT.c.id == bindparam(account), amount) for account, amount in by.items()]
    moved = _ACCOUNT.c.balance_minor + case(*which, else_=0)
    return Prepared(update(_ACCOUNT).where(or_(*(is_one for is_one, _ in which))).values(balance_minor=moved))
