"""The rows of an applications file."""

import datetime as dt
import re
from collections.abc import Callable

from hardship.applications.answers import FIELDS, safe_contact, tidy
from hardship.applications.bankdetails.service import Checker
from hardship.applications.service import NewApplication
from hardship.applications.service.intake import content_of
from hardship.core.clock import iso, parse_instant
from hardship.core.csvfile import Row
from hardship.core.errors import BadInput
from hardship.core.vault import Vault
from hardship.funds.models import Round

REQUIRED = ("ref", "submitted_at")
# The file has no column for these: what stands in its `voucher` is a code, or a word for a person to confirm.
_NOT_IN_FILES = {
    "connected",
    "vouching",
    "voucher_name",
    "voucher_contact",
    "call_phone",
    "call_when",
}
ASKED = tuple(name for name in FIELDS if name not in _NOT_IN_FILES)
COLUMNS = (*ASKED, "safe_contact")
"""The columns that a file may leave out: a rule about what is missing is unknown, and a person looks."""

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")


def reader(
    vault: Vault, round_: Round, now: dt.datetime, check: Checker | None = None
) -> Callable[[Row], NewApplication]:
    """Reads rows of `round_`; each raises `BadInput` with the column as `where`. `check` looks at the bank details."""

    def read(row: Row) -> NewApplication:
        ref = _ref(row["ref"])
        submitted_at = _submitted_at(row["submitted_at"], round_, now)
        typed = {name: row[name] for name in ASKED}
        channel = safe_contact(typed | {"safe_contact": row["safe_contact"]})
        answers = tidy(typed)
        if check is not None:
            check(answers)
        content = {"ref": ref, "submitted_at": iso(submitted_at), "safe_contact": channel.value} | answers
        return NewApplication(answers, ref, submitted_at, channel, content_of(vault, content))

    return read


def _ref(text: str) -> str:
    if not text:
        raise BadInput("it is empty", where="ref", fix="Give each application a reference of its own.")
    if not _REF.fullmatch(text):
        raise BadInput(
            "not a reference", where="ref", fix="Use up to 80 letters, digits and - _ . : without spaces."
        )
    return text


def _submitted_at(text: str, round_: Round, now: dt.datetime) -> dt.datetime:
    if not text:
        raise BadInput("it is empty", where="submitted_at", fix="Write it like 2020-03-31T09:30:00+01:00.")
    try:
        at = parse_instant(text)
    except BadInput as error:
        raise BadInput(error.what, where="submitted_at", fix=error.fix) from None
    if at > now:
        raise BadInput("it is in the future", where="submitted_at", fix="Check the date.")
    if not round_.opens_at <= at <= round_.closes_at:
        window = f"{iso(round_.opens_at)} to {iso(round_.closes_at)}"
        raise BadInput(
            f"the round {round_.slug} was open from {window}", where="submitted_at", fix="Check the date."
        )
    return at
