"""What a file for the bank will look like, with made-up payees: for setting up, before anything is paid."""

import datetime as dt

from sqlmodel import Session

from hardship.core.vault import Vault
from hardship.funds.bankfiles import FileForm
from hardship.funds.models import Fund
from hardship.payouts.files import Handed, account_of, settings_of
from hardship.payouts.rails.bank_file.content import Content, written
from hardship.payouts.rails.base import Instruction
from hardship.payouts.references import bank_text

_MADE_UP = (
    ("Ana Novák-O’Brien", "200000", "11111111", "EXAMPLE001", 20_000),
    ("Λένα Παπαδοπούλου", "300000", "22222222", "EXAMPLE002", 12_050),
    (
        "A Name That Is Longer Than Any Bank Has Room For In Its Smallest Field",
        "400000",
        "33333333",
        "EXAMPLE003",
        1,
    ),
)


def preview_file(session: Session, vault: Vault, fund: Fund, form: FileForm | None = None) -> Handed:
    """A file as the bank would get it, with three payees that do not exist. Raises `Refused` for a fund without an
    account to pay from."""
    settings = settings_of(fund)
    payments = [
        (
            code,
            Instruction(
                key=code,
                reference=bank_text(fund.public_name, code),
                amount_minor=minor,
                currency=fund.currency,
                name=name,
                sort_code=sort_code,
                account_number=number,
            ),
        )
        for name, sort_code, number, code, minor in _MADE_UP
    ]
    content = Content(
        ref="EXAM-PLE0-001",
        made_at=dt.datetime(2020, 4, 1, 9, tzinfo=dt.UTC),
        account=account_of(session, vault, fund),
        payments=payments,
    )
    wanted = form or settings.form
    return Handed(content.ref, wanted, written(content, wanted, settings))
