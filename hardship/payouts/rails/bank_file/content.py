"""What a file of payments is made of, and its bytes: the same content always gives the same bytes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from hardship.core.errors import Refused
from hardship.funds.bankfiles import BankFiles, FileForm
from hardship.payouts.rails.bank_file.checks import check_together, check_written, problem_of
from hardship.payouts.rails.base import Instruction


@dataclass(frozen=True)
class Account:
    """The account the money leaves from: what recipients are shown as its name, and its number."""

    shown_name: str
    name: str
    sort_code: str = field(repr=False)
    account_number: str = field(repr=False)


@dataclass(frozen=True)
class Content:
    """One file: its name at the bank, when it was made, the account, and the payments with their codes, in order."""

    ref: str
    made_at: dt.datetime
    account: Account
    payments: Sequence[tuple[str, Instruction]]

    @property
    def total_minor(self) -> int:
        """What the file pays, in pence."""
        return sum(one.amount_minor for _, one in self.payments)


def written(content: Content, form: FileForm, settings: BankFiles) -> bytes:
    """The file's bytes, checked. Raises `Refused` for a payment that no bank would take."""
    from hardship.payouts.rails.bank_file import (
        columns,
        pain001,
    )  # here: building pain.001 loads a large library

    check_together([code for code, _ in content.payments])
    for code, one in content.payments:
        if problem := problem_of(one):
            raise Refused(f"payment {code} cannot be written: {problem.replace('_', ' ')}", where=content.ref)
    if form is FileForm.CSV:
        return columns.written(content, settings.csv)
    data = pain001.written(content, settings)
    check_written(data, count=len(content.payments), total_minor=content.total_minor)
    return data
