"""What was paid after the backup that was restored: a debit on the bank's statement shows that an award was paid, and two
people record it as paid, so that it is never paid again (I7). No money moves; that is why it may be done while money waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.applications.identity import name_key
from hardship.applications.service import payees
from hardship.awards.models import Award
from hardship.awards.parts import locked as locked_award
from hardship.awards.queries import by_ref
from hardship.awards.transitions import AwardState
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.core.refs import tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund, lock_funds
from hardship.payouts.held import lost_from, shown_by
from hardship.payouts.models import BankLine, Direction, LineState, Payment
from hardship.payouts.queries import names_several
from hardship.payouts.references import codes_in
from hardship.payouts.service import external
from hardship.payouts.service.external import Handed
from hardship.payouts.service.reconciling.words import Words, read_words, waiting_line
from hardship.payouts.tables import LostPayment, PaidFrom, Way
from hardship.payouts.transitions import PaymentState
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose
from hardship.web.filters import plural

KIND = "paid_after_backup"
MAX_WHY = 500
MOST = 500
"""Awards that one debit shows at most."""
SUGGESTED = 5
_UNPAID = (AwardState.OFFERED, AwardState.ACCEPTED, AwardState.IN_PAYMENT)


def lost_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(
        KIND,
        "Paid after the backup",
        Permission.APPROVE_BATCH,
        lambda tx, payload: _carry_out(tx, payload),
        _describe,
    )


def propose_lost(tx: Transaction, *, line_id: int, awards: Sequence[str], why: str) -> Proposed:
    """Propose that a debit shows the payment of these awards, which a restored backup does not know of; a second person
    confirms it. `why` says how one knows.

    Raises `BadInput` for a line that is no such debit or awards that are more than it, `Refused` for an award that was paid
    here, `Conflict` for a line that does not wait.
    """
    require(tx.actor, Permission.RECONCILE)
    words = " ".join(why.split())
    if not words or len(words) > MAX_WHY:
        raise BadInput(f"say how you know, in {MAX_WHY} characters or fewer", where="why")
    lock_funds(tx)
    line = _debit(tx, line_id)
    refs = _tidy(tx, awards)
    _check(tx, line, refs, words)
    payload = {"line": line_id, "awards": refs, "why": words, "by": tx.actor.staff_id or 0}
    return propose(tx, kind=KIND, subject=f"bank_line:{line_id}", payload=payload)


def may_show(session: Session, line: BankLine) -> bool:
    """Whether a line may be a debit of what was paid after a backup: it waits, and names no payment that was sent here."""
    since = lost_from(session)
    return (
        since is not None
        and line.on >= since
        and line.direction is Direction.OUT
        and line.state is LineState.EXCEPTION
        and line.attempt_id is None
        and not names_several(session, line)
    )


def _debit(tx: Transaction, line_id: int) -> BankLine:
    line = waiting_line(tx, line_id)
    if not may_show(tx.session, line):
        raise BadInput(
            "the line is no debit from after a backup that was restored",
            where=f"line {line_id}",
            fix="Say what else it is.",
        )
    return line


def _tidy(tx: Transaction, awards: Iterable[str]) -> list[str]:
    refs = [by_ref(tx.session, tidy_reference(one[:40])).ref for one in awards if one.strip()]
    if not refs or len(refs) > MOST:
        raise BadInput(
            f"name the awards that it paid, {MOST} at most", where="awards", fix="One on each line."
        )
    if len(set(refs)) < len(refs):
        raise BadInput("an award stands there twice", where="awards", fix="Name each once.")
    return refs


def _handed(line: BankLine, why: str) -> Handed:
    """The evidence: the bank's own debit."""
    return Handed(
        Way.OTHER,
        PaidFrom.BANK,
        line.on,
        handed_by="The bank",
        reference=f"Bank line {line.id}",
        note=why,
        bank_word=why,
    )


def _check(tx: Transaction, line: BankLine, refs: Sequence[str], why: str) -> None:
    """Raise unless the debit can be the payment of these awards, as they stand now."""
    found = [by_ref(tx.session, ref) for ref in refs]
    total = sum(one.amount_minor for one in found)
    left = line.amount_minor - shown_by(tx.session, line.id or 0)
    if total > left:
        raise BadInput(
            f"the awards are {display(total)}, and {display(left)} of the debit is not told yet",
            where="awards",
            fix="Leave out what it did not pay.",
        )
    for award in found:
        external.check(tx, lock_fund(tx, award.fund_id), award, _handed(line, why))


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    line = session.exec(select(BankLine).where(BankLine.id == int(payload["line"]))).one()
    awards = [by_ref(session, str(ref)) for ref in payload["awards"]]
    return [
        ("Debit", f"{display(line.amount_minor)} on {line.on.isoformat()}"),
        ("Awards that it paid", ", ".join(one.ref for one in awards)),
        ("Together", display(sum(one.amount_minor for one in awards))),
        ("How one knows", str(payload["why"])),
        ("What follows", f"{plural(len(awards), 'award')} counted as paid, and never paid again."),
    ]


def _carry_out(tx: Transaction, payload: Payload) -> int:
    """Record the awards as paid by the debit; returns how many. When all of the debit is told, it waits for nobody."""
    lock_funds(tx)
    line, why = _debit(tx, int(payload["line"])), str(payload["why"])
    refs = _tidy(tx, [str(ref) for ref in payload["awards"]])
    _check(tx, line, refs, why)
    for ref in refs:
        award = locked_award(tx, by_ref(tx.session, ref).id or 0)
        fund = lock_fund(tx, award.fund_id)
        payment = external.pay(tx, fund, award, _handed(line, why), int(payload["by"]) or None)
        tx.session.add(LostPayment(payment_id=payment.id or 0, line_id=line.id or 0))
        tx.session.flush()
    if shown_by(tx.session, line.id or 0) == line.amount_minor:
        line.state = LineState.BOOKED
        tx.session.add(line)
    facts = {"state": line.state.value, "reason": str(line.reason or ""), "awards": refs}
    tx.record("bank_line.shows_lost", f"bank_line:{line.id}", **facts)
    return len(refs)


# --- What it could be ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likely:
    """An award that a debit may have paid, and why; `named`: the line names it, or its batch."""

    award: str
    amount_minor: int
    why: str
    named: bool = False


def likely(tx: Transaction, *, line_id: int) -> tuple[Words, list[Likely]]:
    """The words of a debit, opened (one event), and the unpaid awards that it may have paid: those of the batch it names;
    else of its amount, first those whose payment's code or payee stands on it. Raises as `propose_lost` does."""
    require(tx.actor, Permission.RECONCILE)
    line = _debit(tx, line_id)
    told = read_words(tx, line_id=line_id)
    return told, _likely(tx, line, told)


def _likely(tx: Transaction, line: BankLine, told: Words) -> list[Likely]:
    wanted = (
        select(Award, Payment.reference)
        .outerjoin(Payment, (col(Payment.award_id) == Award.id) & (Payment.state != PaymentState.CANCELLED))
        .where(col(Award.state).in_(_UNPAID))
        .order_by(col(Award.id))
    )
    if line.batch_id is not None:
        rows = tx.session.exec(wanted.where(Payment.batch_id == line.batch_id)).all()
        return [
            Likely(one.ref, one.amount_minor, "It is in the batch that the line names.", True)
            for one, _ in rows
        ]
    rows = tx.session.exec(wanted.where(Award.amount_minor == line.amount_minor)).all()
    names = payees(tx, tx.vault, [one.application_id for one, _ in rows])
    codes, said = (
        set(codes_in(told.reference)),
        set(name_key(f"{told.counterparty} {told.reference}").split()),
    )
    ranked: list[tuple[int, Likely]] = []
    for one, code in rows:
        payee = names[one.application_id].name if one.application_id in names else ""
        shared = len(said & {word for word in name_key(payee).split() if len(word) > 2})
        points = 100 if code in codes else shared
        why = "Its code is on the line." if code in codes else "Words of the payee's name are on the line."
        why = why if points else "The same amount, and nothing else."
        ranked.append((points, Likely(one.ref, one.amount_minor, why, code in codes)))
    ranked.sort(key=lambda pair: -pair[0])
    return [one for _, one in ranked[:SUGGESTED]]
