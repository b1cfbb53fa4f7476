"""What statements are made from, and the statements that were issued."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Table, case, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.awards.models import AwardShare
from hardship.contributions.models import Contribution
from hardship.core.errors import NotFound
from hardship.ledger.models import Account, AccountKind, Entry, Journal
from hardship.matching.models import Allocation, MatchAgreement, SponsorPayment, StatedThrough
from hardship.statements.figures import Books, Movements
from hardship.statements.models import Statement, StatementFile

_K = AccountKind
_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_PAYMENT = SponsorPayment.__table__  # type: ignore[attr-defined]
_SHARE = AwardShare.__table__  # type: ignore[attr-defined]
_SPONSORS = (
    _K.MATCH_RECEIVABLE,
    _K.UNEARNED_MATCH,
    _K.SPONSOR_REFUNDS_DUE,
    _K.FROZEN_MATCH,
    _K.MATCH_INCOME,
)


def agreements(session: Session) -> Sequence[MatchAgreement]:
    """Every agreement, by ref."""
    return session.exec(select(MatchAgreement).order_by(MatchAgreement.ref)).all()


def movements(session: Session, agreement: MatchAgreement) -> dict[dt.date, Movements]:
    """What moved, by the day it is stated for. Match that is conditional has not been earned and moved nothing."""
    days: dict[dt.date, Movements] = defaultdict(Movements)
    for on, up, down in _signed(session, _ALLOCATION, "agreement_id", agreement.id, "earned_minor"):
        days[on] += Movements(earned=up, reversed=down)
    for on, up, down in _signed(session, _PAYMENT, "agreement_id", agreement.id):
        days[on] += Movements(received=up, repaid=down)
    for on, up, down in _signed(session, _SHARE, "pot_id", agreement.pot_id):
        days[on] += Movements(drawn=up - down)
    return dict(days)


def conditional(session: Session, agreement: MatchAgreement, to_on: dt.date) -> int:
    """What of the match given for gifts through a day is not earned yet, in pence."""
    pending = select(
        func.coalesce(func.sum(Allocation.amount_minor - col(Allocation.earned_minor)), 0)
    ).where(Allocation.agreement_id == agreement.id, col(Allocation.occurred_on) <= to_on)
    return int(session.exec(pending).one())


def _signed(
    session: Session, table: Table, column: str, owner: int | None, minor: str = "amount_minor"
) -> list[tuple[dt.date, int, int]]:
    """Sums above and below nil by the day stated for, both as positive amounts."""
    amount, on = table.c[minor], table.c.stated_on
    chosen = (
        core_select(
            on,
            func.sum(case((amount > 0, amount), else_=0)),
            func.sum(case((amount < 0, -amount), else_=0)),
        )
        .where(table.c[column] == owner)
        .group_by(on)
        .order_by(on)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in session.connection().execute(chosen)]


def allocations(
    session: Session, agreement: MatchAgreement, from_on: dt.date, to_on: dt.date
) -> Sequence[tuple[Allocation, Contribution]]:
    """What the agreement's gifts earned and what was taken back in the period, with the gift, in the order in which it
    happened."""
    return session.exec(
        select(Allocation, Contribution)
        .join(Contribution, col(Contribution.id) == Allocation.contribution_id)
        .where(
            Allocation.agreement_id == agreement.id,
            col(Allocation.stated_on) >= from_on,
            col(Allocation.stated_on) <= to_on,
            col(Allocation.earned_minor) != 0,
        )
        .order_by(col(Allocation.stated_on), col(Allocation.id))
    ).all()


def draws(
    session: Session, agreement: MatchAgreement, from_on: dt.date, to_on: dt.date
) -> tuple[int, dict[str, tuple[int, int]]]:
    """How many awards drew on the pot in the period and did not give it back within it, and by the month of their
    first draw (count, amount)."""
    rows = session.exec(
        select(func.min(AwardShare.stated_on), func.sum(AwardShare.amount_minor))
        .where(
            AwardShare.pot_id == agreement.pot_id,
            col(AwardShare.stated_on) >= from_on,
            col(AwardShare.stated_on) <= to_on,
        )
        .group_by(col(AwardShare.award_id))
    ).all()
    months: dict[str, tuple[int, int]] = {}
    kept = [(first, int(amount)) for first, amount in rows if amount > 0]
    for first, amount in kept:
        count, so_far = months.get(f"{first:%Y-%m}", (0, 0))
        months[f"{first:%Y-%m}"] = (count + 1, so_far + amount)
    return len(kept), months


def books(session: Session, pot_id: int) -> Books:
    """What the ledger's entries say of a pot."""
    touching = (
        select(Entry.journal_id)
        .join(Account, col(Account.id) == Entry.account_id)
        .where(Entry.pot_id == pot_id, col(Account.kind).in_(_SPONSORS))
    )
    from_sponsor = (col(Account.kind) != _K.BANK) | col(Entry.journal_id).in_(touching)
    rows = session.exec(
        select(Account.kind, func.sum(Entry.amount_minor))
        .join(Account, col(Account.id) == Entry.account_id)
        .where(Entry.pot_id == pot_id, from_sponsor)
        .group_by(col(Account.kind))
    ).all()
    sums = {AccountKind(kind): int(minor) for kind, minor in rows}
    return Books(
        cash=sums.get(_K.BANK, 0),
        # What pays for frozen match is receivable again as long, what goes back after the close was not earned either.
        receivable=sums.get(_K.MATCH_RECEIVABLE, 0) + sums.get(_K.FROZEN_MATCH, 0),
        unearned=-sums.get(_K.UNEARNED_MATCH, 0) - sums.get(_K.SPONSOR_REFUNDS_DUE, 0),
        income=-sums.get(_K.MATCH_INCOME, 0),
        grants=sums.get(_K.GRANTS, 0),
    )


def journal_range(session: Session, pot_id: int) -> tuple[int, int]:
    """The first and last number of the journals that touch a pot; 0 and 0 when there is none."""
    first, last = session.exec(
        select(func.min(Journal.id), func.max(Journal.id))
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .where(Entry.pot_id == pot_id)
    ).one()
    return int(first or 0), int(last or 0)


def statements_of(session: Session, agreement_id: int) -> Sequence[Statement]:
    """The statements of an agreement in the order in which they were issued."""
    chosen = select(Statement).where(Statement.agreement_id == agreement_id).order_by(col(Statement.id))
    return session.exec(chosen).all()


def issued(session: Session) -> Sequence[tuple[Statement, MatchAgreement]]:
    """Every statement with its agreement, newest first."""
    return session.exec(
        select(Statement, MatchAgreement)
        .join(MatchAgreement, col(MatchAgreement.id) == Statement.agreement_id)
        .order_by(col(Statement.id).desc())
    ).all()


def superseded_ids(session: Session) -> set[int]:
    """The statements that a later one took the place of."""
    chosen = select(Statement.supersedes_id).where(col(Statement.supersedes_id).is_not(None))
    return {number for number in session.exec(chosen) if number is not None}


def statement_named(session: Session, ref: str) -> tuple[Statement, MatchAgreement]:
    """A statement and its agreement; raises `NotFound`."""
    wanted = ref.strip()
    found = session.exec(
        select(Statement, MatchAgreement)
        .join(MatchAgreement, col(MatchAgreement.id) == Statement.agreement_id)
        .where(Statement.ref == (wanted if wanted.isprintable() else ""))  # PostgreSQL knows no NUL
    ).first()
    if found is None:
        raise NotFound("there is no such statement", where=ref[:60], fix="See the list of statements.")
    return found


def files_of(session: Session, statement_id: int) -> Sequence[StatementFile]:
    """A statement's files, by name."""
    chosen = select(StatementFile).where(StatementFile.statement_id == statement_id)
    return session.exec(chosen.order_by(StatementFile.name)).all()


def file_with(session: Session, sha256: str, name: str = "") -> tuple[Statement, StatementFile] | None:
    """The issued file with this SHA-256, or None. Of several (statements without any line have equal CSVs) the one
    called `name`, else the first."""
    return session.exec(
        select(Statement, StatementFile)
        .join(StatementFile, col(StatementFile.statement_id) == Statement.id)
        .where(StatementFile.sha256 == sha256)
        .order_by(col(StatementFile.name) != name, col(Statement.id))
    ).first()


def stated_through(session: Session, agreement_id: int) -> dt.date | None:
    """The last day for which a statement was issued."""
    found = session.get(StatedThrough, agreement_id)
    return found.through_on if found else None


def superseder(session: Session, statement_id: int) -> str | None:
    """The ref of the statement that took this one's place."""
    return session.exec(select(Statement.ref).where(Statement.supersedes_id == statement_id)).first()
