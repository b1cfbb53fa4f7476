"""Handing a batch over, once: as a list (CSV) and as slips to print. Neither says what it is for. Values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from hardship.core.sheets import Sheet, as_csv

FILE = "list.csv"
COLUMNS = ("name", "address", "code", "until")


@dataclass(frozen=True)
class Handover:
    """What is on each slip: the fund's neutral name, the address to go to, the code, and its last day."""

    name: str
    address: str
    until: date
    codes: Sequence[str] = field(repr=False)

    def as_list(self) -> bytes:
        """The slips as CSV in UTF-8, one a line."""
        rows = [(self.name, self.address, code, self.until) for code in self.codes]
        return as_csv(Sheet(self.name, COLUMNS, rows))


def address_of(base_url: str) -> str:
    """Where a code is used."""
    return f"{base_url.rstrip('/')}/apply"
