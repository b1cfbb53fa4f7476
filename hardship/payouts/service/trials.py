"""Test payments: a few pence to an account of the charity's own, to read what a recipient's statement will say.

The file is written exactly as every other. The pennies are a bank charge in the books, and come back out of it if the
statement shows them coming in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.applications.identity import BadBankDetails, bank_account
from hardship.core.canonical import sha256_hex
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.refs import new_key, new_payment_reference, tidy
from hardship.core.runtime import Transaction
from hardship.funds.bankfiles import FileForm
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.models import Journal
from hardship.ledger.service import post
from hardship.payouts.charges import charge
from hardship.payouts.files import Handed, account_of, settings_of
from hardship.payouts.models import Direction, LineReason, TrialPayment, TrialState
from hardship.payouts.rails.bank_file.charset import bank_name
from hardship.payouts.rails.bank_file.content import Content, written
from hardship.payouts.rails.base import Instruction
from hardship.payouts.references import bank_text
from hardship.payouts.statement import StatementLine
from hardship.staff.permissions import Permission, require_staff

MOST_MINOR = 100
MAX_SAID = 200


@dataclass(frozen=True)
class Preview:
    """What a recipient's statement is to say: who paid, and the reference."""

    payer: str
    reference: str


def preview(fund: Fund, code: str = "7K3M9Q2XB4") -> Preview:
    """What a recipient's statement is to say of a payment with this code."""
    return Preview(bank_name(fund.public_name), bank_text(fund.public_name, code))


def make_trial(
    tx: Transaction,
    *,
    fund: str,
    name: str,
    sort_code: str,
    account_number: str,
    amount_minor: int = 1,
    form: FileForm | None = None,
    request_key: str | None = None,
) -> Handed:
    """A file with one payment of at most a pound to an account of the charity's own. Raises `BadInput` with the field as
    `where`; `Refused` for a fund without an account to pay from. With the `request_key` of an earlier request it gives
    the file that was made then: a form sent twice makes one."""
    staff_id = require_staff(tx.actor, Permission.MAKE_BATCH)
    owner = lock_fund(tx, fund)
    if request_key and (before := _asked_before(tx, request_key, staff_id)):
        return before
    if not 1 <= amount_minor <= MOST_MINOR:
        raise BadInput("a test payment is £0.01 to £1.00", where="amount", fix="Write an amount like 0.01.")
    if not name.strip():
        raise BadInput("the account's name is needed", where="name", fix="Fill it in.")
    try:
        account = bank_account(sort_code, account_number)
    except BadBankDetails as error:
        raise BadInput(error.message, where=error.field) from None
    code = new_payment_reference()
    one = Instruction(
        key=new_key(),
        reference=bank_text(owner.public_name, code),
        amount_minor=amount_minor,
        currency=owner.currency,
        name=name.strip(),
        sort_code=account.sort_code,
        account_number=account.account_number,
    )
    made = _file_of(tx, owner, code, one, form or settings_of(owner).form)
    _keep(tx, owner, code, amount_minor, made, request_key)
    return made


def _asked_before(tx: Transaction, request_key: str, staff_id: int) -> Handed | None:
    wanted = select(TrialPayment).where(
        TrialPayment.request_key == request_key, TrialPayment.made_by == staff_id
    )
    row = tx.session.exec(wanted).first()
    return None if row is None else _handed(tx, row)


def _handed(tx: Transaction, row: TrialPayment) -> Handed:
    text = tx.vault.house(tx.session).open("trial_payment", "content", row.ref, row.content) or ""
    return Handed(f"T-{row.ref}", row.form, text.encode())


def _file_of(tx: Transaction, fund: Fund, code: str, one: Instruction, form: FileForm) -> Handed:
    """The file of one test payment, written as every other."""
    content = Content(f"T-{code}", tx.at, account_of(tx.session, tx.vault, fund), [(code, one)])
    return Handed(f"T-{code}", form, written(content, form, settings_of(fund)))


def _keep(
    tx: Transaction, fund: Fund, code: str, amount_minor: int, made: Handed, request_key: str | None
) -> None:
    """Store a test payment with its file, sealed; one event."""
    tx.session.add(
        TrialPayment(
            ref=code,
            fund_id=fund.id or 0,
            amount_minor=amount_minor,
            form=made.form,
            content=tx.vault.house(tx.session).seal("trial_payment", "content", code, made.data.decode()),
            sha256=sha256_hex(made.data),
            state=TrialState.MADE,
            made_by=tx.actor.staff_id or 0,
            made_at=tx.at,
            request_key=request_key,
        )
    )
    tx.record(
        "trial_payment.made",
        f"trial_payment:{code}",
        state=TrialState.MADE.value,
        fund=fund.slug,
        amount=amount_minor,
        form=made.form.value,
    )


def hand_out_trial(tx: Transaction, *, code: str) -> Handed:
    """The file of a test payment again, the same to the byte; one event."""
    require_staff(tx.actor, Permission.MAKE_BATCH)
    row = trial_named(tx.session, code)
    tx.record("trial_payment.read", f"trial_payment:{row.ref}")
    return _handed(tx, row)


def confirm_trial(tx: Transaction, *, code: str, said: str, as_expected: bool) -> TrialPayment:
    """A person says what the statement of the receiving account says, and whether that is what was to be expected.
    Raises `BadInput` without the words, `Conflict` when that was said already."""
    staff_id = require_staff(tx.actor, Permission.MAKE_BATCH)
    found = trial_named(tx.session, code)
    row = lock(tx.session, select(TrialPayment).where(TrialPayment.id == found.id))[0]
    words = " ".join(said.split())
    if not words or len(words) > MAX_SAID:
        raise BadInput(
            f"copy what the statement says, in {MAX_SAID} characters or fewer", where="said", fix="All of it."
        )
    if row.state is not TrialState.MADE:
        raise Conflict("what the statement says is recorded already", where=row.ref)
    row.state = TrialState.CONFIRMED if as_expected else TrialState.DIFFERS
    row.confirmed_by, row.confirmed_at = staff_id, tx.at
    row.said = tx.vault.house(tx.session).seal("trial_payment", "said", row.ref, words)
    tx.session.add(row)
    tx.record(f"trial_payment.{row.state.value}", f"trial_payment:{row.ref}", state=row.state.value)
    return row


def trial_named(session: Session, code: str) -> TrialPayment:
    """The test payment with this code; raises `NotFound`."""
    found = session.exec(select(TrialPayment).where(TrialPayment.ref == tidy(code)[:10])).first()
    if found is None:
        raise NotFound("there is no such test payment", fix="Make one on the page of test payments.")
    return found


def trials_of(session: Session, limit: int = 20) -> Sequence[tuple[TrialPayment, str]]:
    """The newest test payments, each with its fund's slug."""
    wanted = (
        select(TrialPayment, Fund.slug)
        .join(Fund, col(Fund.id) == TrialPayment.fund_id)
        .order_by(col(TrialPayment.id).desc())
        .limit(limit)
    )
    return [(row, slug) for row, slug in session.exec(wanted).all()]


def book_trial(tx: Transaction, trial_id: int, line: StatementLine) -> LineReason | None:
    """A bank line that names a test payment: the pennies are a charge, or come back out of it. Returns why it wants a
    person, or None. The funds are locked."""
    row = tx.session.get(TrialPayment, trial_id)
    assert row is not None
    if line.amount_minor != row.amount_minor:
        return LineReason.AMOUNT_DIFFERS
    is_out = line.direction is Direction.OUT
    fund = lock_fund(tx, row.fund_id)
    kind = "payout.trial" if is_out else "payout.trial_back"
    draft = charge(
        fund, f"trial_payment:{row.ref}", kind, line.on, row.amount_minor if is_out else -row.amount_minor
    )
    if tx.session.exec(select(Journal.id).where(Journal.idem_key == draft.idem_key)).first() is not None:
        return LineReason.SEEN_BEFORE
    post(tx, [draft])
    return None
