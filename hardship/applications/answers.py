"""What an applicant tells us: the fields, how long they may be, and the one form in which each is kept.

The names are those of the applications file. Values in, values out; a wrong one raises `BadInput` with its field.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum

from hardship.applications import identity
from hardship.applications.models import Reason, SafeContact
from hardship.applications.vouching.codes import Way
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor, plain

FIELDS = (
    "legal_name",
    "working_name",
    "birth_year",
    "outward_postcode",
    "email",
    "phone",
    "sort_code",
    "account_number",
    "income_before",
    "income_now",
    "reason",
    "statement",
    "vouching",
    "voucher",
    "voucher_name",
    "voucher_contact",
    "call_phone",
    "call_when",
    "connected",
)
"""The sealed answers, in the order in which the applications file names them."""

BESIDE = frozenset({"safe_contact", "other_way"})
"""What is asked with the answers and kept beside them, not sealed: a choice, no text."""

PERSONAL = frozenset(
    {
        "legal_name",
        "working_name",
        "birth_year",
        "email",
        "phone",
        "sort_code",
        "account_number",
        "outward_postcode",
        "voucher_name",
        "voucher_contact",
        "call_phone",
    }
)
"""What tells who somebody is: never on a case's page."""

MAX_NAME = 70  # what a bank's payment message holds
MAX_STATEMENT = 5_000
MAX_VOUCHER = 200
MAX_CALL_WHEN = 200
MAX_INCOME_MINOR = 100_000_000  # a million a month; more is a typing error

_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Connected(StrEnum):
    """Whether the applicant or close family works for the fund."""

    YES = "yes"
    NO = "no"


def tidy(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as they are kept; blank ones are left out. Raises `BadInput` with the field as `where`."""
    unknown = sorted(set(answers) - set(FIELDS) - BESIDE)
    if unknown:
        raise BadInput("nobody asks for this", where=unknown[0], fix=f"The answers are: {', '.join(FIELDS)}.")
    given = {name: text for name in FIELDS if (text := visible(answers.get(name) or "").strip())}
    for name, text in given.items():
        given[name] = _TIDY[name](text)
    return given | _account(given)


def visible(text: str) -> str:
    """Text in composed form (NFC), one kind of line end, without control characters and marks that turn its
    direction round."""
    if text.isascii() and text.isprintable():
        return text
    plain_text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in plain_text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return _DIRECTION_MARKS.sub("", kept)


def one_line(text: str) -> str:
    """A name as it can be shown and sent to a bank: one line, nothing in it that cannot be seen."""
    return " ".join("".join(c for c in visible(text) if unicodedata.category(c) != "Cf").split())


def safe_contact(answers: Mapping[str, str]) -> SafeContact:
    """The safe channel among the answers; none where nothing was said. Raises `BadInput`."""
    said = (answers.get("safe_contact") or "").strip()
    try:
        channel = SafeContact(said or "none")
    except ValueError:
        raise BadInput(
            "not one of the choices", where="safe_contact", fix="Write email, sms or none."
        ) from None
    needed = {SafeContact.EMAIL: "email", SafeContact.SMS: "phone"}.get(channel)
    if needed and not (answers.get(needed) or "").strip():
        raise BadInput(
            f"it is needed, since safe_contact is {channel.value}", where=needed, fix="Fill it in."
        )
    return channel


def _account(given: Mapping[str, str]) -> dict[str, str]:
    """Bank details as six and eight digits; all three or none."""
    parts = [name for name in ("sort_code", "account_number") if name in given]
    if not parts:
        return {}
    for name in ("sort_code", "account_number", "legal_name"):
        if name not in given:
            raise BadInput("it is needed with the bank details", where=name, fix="Fill it in.")
    try:
        account = identity.bank_account(given["sort_code"], given["account_number"])
    except identity.BadBankDetails as error:
        raise BadInput(error.message, where=error.field) from None
    return {"sort_code": account.sort_code, "account_number": account.account_number}


def _at_most(field: str, longest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > longest:
            raise BadInput(f"longer than {longest:,} characters", where=field, fix="Shorten it.")
        return text

    return check


def _name(field: str) -> Callable[[str], str]:
    return lambda text: _at_most(field, MAX_NAME)(one_line(text))


def _birth_year(text: str) -> str:
    year = identity.birth_year(text) if len(text) <= 20 else None
    if year is None:
        raise BadInput("not a year of birth", where="birth_year", fix="Write it like 1990.")
    return str(year)


def _outward_postcode(text: str) -> str:
    outward = identity.outward_postcode(text) if len(text) <= 20 else None
    if outward is None:
        raise BadInput(
            "not the first half of a postcode", where="outward_postcode", fix="Write it like SW1A or M14."
        )
    return outward


def _email(text: str) -> str:
    if len(text) > 254 or identity.email(text) is None:
        raise BadInput("not an e-mail address", where="email", fix="Write it like name@example.org.")
    return one_line(text)


def _phone(text: str, where: str = "phone") -> str:
    if len(text) > 40 or (number := identity.phone(text)) is None:
        raise BadInput("not a phone number", where=where, fix="Write it like 07700 900123.")
    return number


def _call_phone(text: str) -> str:
    return _phone(text, "call_phone")


def _income(field: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            minor = parse_minor(text)
        except BadInput:  # its words quote the amount, which is nobody's business
            what = "it is negative" if text.startswith(("-", "−")) else "not an amount"
            raise BadInput(what, where=field, fix="Write it like 1200.00.") from None
        if minor > MAX_INCOME_MINOR:
            raise BadInput("more than a monthly income can be", where=field, fix="Write it like 1200.00.")
        return plain(minor)

    return read


def _reason(text: str) -> str:
    try:
        return Reason(text).value
    except ValueError:
        allowed = ", ".join(member.value for member in Reason)
        raise BadInput("not one of the choices", where="reason", fix=f"Write one of: {allowed}.") from None


def _vouching(text: str) -> str:
    try:
        return Way(text).value
    except ValueError:
        allowed = ", ".join(member.value for member in Way)
        raise BadInput("not one of the choices", where="vouching", fix=f"Write one of: {allowed}.") from None


def _connected(text: str) -> str:
    try:
        return Connected(text.lower()).value
    except ValueError:
        raise BadInput("not one of the choices", where="connected", fix="Write yes or no.") from None


_TIDY: Mapping[str, Callable[[str], str]] = {
    "legal_name": _name("legal_name"),
    "working_name": _name("working_name"),
    "birth_year": _birth_year,
    "outward_postcode": _outward_postcode,
    "email": _email,
    "phone": _phone,
    "sort_code": _at_most("sort_code", 40),
    "account_number": _at_most("account_number", 40),
    "income_before": _income("income_before"),
    "income_now": _income("income_now"),
    "reason": _reason,
    "statement": _at_most("statement", MAX_STATEMENT),
    "vouching": _vouching,
    "voucher": _at_most("voucher", MAX_VOUCHER),
    "voucher_name": _at_most("voucher_name", MAX_VOUCHER),
    "voucher_contact": _at_most("voucher_contact", MAX_VOUCHER),
    "call_phone": _call_phone,
    "call_when": _at_most("call_when", MAX_CALL_WHEN),
    "connected": _connected,
}
