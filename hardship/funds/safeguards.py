"""What guards a fund's payments, as fund.toml declares it: limits, and whom a possible sanctions hit reaches."""

from dataclasses import dataclass
from typing import Any

from hardship.funds.fields import Table, above_zero


@dataclass(frozen=True, slots=True)
class Safeguards:
    """Amounts in pence, None for no limit; the officer's e-mail address, "" for none named."""

    batch_limit_minor: int | None = None
    daily_limit_minor: int | None = None
    sanctions_officer: str = ""

    def fields(self) -> dict[str, Any]:
        """The same, by the names of the fund's columns."""
        return {
            "batch_limit_minor": self.batch_limit_minor,
            "daily_limit_minor": self.daily_limit_minor,
            "sanctions_officer": self.sanctions_officer,
        }


def read_safeguards(fund: Table) -> Safeguards:
    """`[fund.limits]` and `sanctions_officer` of the table `[fund]`; raises `BadInput` with the place of what is wrong."""
    officer = fund.text("sanctions_officer", max_length=254, default="").lower()
    if officer and (officer.count("@") != 1 or any(c.isspace() for c in officer)):
        raise fund.error(
            "sanctions_officer", "not an e-mail address", "Name a member of staff who is a lead."
        )
    limits = fund.table("limits", optional=True)
    if limits is None:
        return Safeguards(sanctions_officer=officer)
    read = Safeguards(
        batch_limit_minor=above_zero(limits, "batch") if limits.has("batch") else None,
        daily_limit_minor=above_zero(limits, "per_person_daily") if limits.has("per_person_daily") else None,
        sanctions_officer=officer,
    )
    limits.done()
    return read
