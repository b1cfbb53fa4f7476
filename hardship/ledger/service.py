"""Posting. Journals are inserted unposted with their entries, then posted, which the database itself checks."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select, update

from hardship.core import bulk
from hardship.core.runtime import Transaction
from hardship.ledger.journal import JournalDraft, Line, unbalanced_pots
from hardship.ledger.models import Account, AccountKind, Entry, FundClass, Journal, Pot

_ACCOUNT = Account.__table__  # type: ignore[attr-defined]
_JOURNAL = Journal.__table__  # type: ignore[attr-defined]
_ENTRY = Entry.__table__  # type: ignore[attr-defined]

_ACCOUNTS_OF = select(_ACCOUNT.c.pot_id, _ACCOUNT.c.kind, _ACCOUNT.c.currency, _ACCOUNT.c.id).where(
    _ACCOUNT.c.pot_id.in_(bindparam("pots", expanding=True)),
    _ACCOUNT.c.kind.in_(bindparam("kinds", expanding=True)),
)
_POST = update(_JOURNAL).where(_JOURNAL.c.id.in_(bindparam("numbers", expanding=True))).values(posted=True)
_MOVE = (
    update(_ACCOUNT)
    .where(_ACCOUNT.c.id == bindparam("account"))
    .values(balance_minor=_ACCOUNT.c.balance_minor + bindparam("by"))
)


def open_pot(
    tx: Transaction, *, ref: str, fund_slug: str, fund_class: FundClass, currency: str, is_community: bool
) -> Pot:
    """A new fund in the accounts, with all its accounts at zero."""
    pot = Pot(
        ref=ref, fund_slug=fund_slug, fund_class=fund_class, currency=currency, is_community=is_community
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
    Raises `ValueError` for an unbalanced draft; the database refuses one as well, and a second use of an `idem_key`.
    """
    ready = [(draft, draft.merged()) for draft in drafts]
    for draft, lines in ready:
        if off := unbalanced_pots(lines):
            raise ValueError(f"journal {draft.idem_key} does not balance: {off}")
    kept = [(draft, lines) for draft, lines in ready if lines]
    if not kept:
        return [0] * len(drafts)
    tx.session.flush()
    connection = tx.session.connection()
    numbers = _insert_journals(tx, connection, [draft for draft, _ in kept])
    accounts = _accounts(connection, kept)
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
            "recorded_at": tx.at,
            "posted": False,
            "reverses_id": draft.reverses_id,
        }
        for draft in drafts
    ]
    return bulk.add_numbered(connection, _JOURNAL, "idem_key", rows)


def _accounts(
    connection: Connection, kept: Iterable[tuple[JournalDraft, list[Line]]]
) -> dict[tuple[int, AccountKind, str], int]:
    """The numbers of the accounts that the lines speak of."""
    wanted = {(line.pot_id, line.account) for _, lines in kept for line in lines}
    asked = {"pots": sorted({pot for pot, _ in wanted}), "kinds": sorted({kind for _, kind in wanted})}
    found = connection.execute(_ACCOUNTS_OF, asked)
    return {(pot, kind, currency): number for pot, kind, currency, number in found}


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
    rows = [{"account": account, "by": by} for account, by in sorted(moves.items()) if by]
    if rows:
        connection.execute(_MOVE, rows)
