"""One written form for what people write in many: bank details, phone, e-mail, name, postcode, year of birth.

Two answers that mean the same become equal here, so that their blind tokens are (facts/checks-and-privacy.md,
§5). Apart from the bank account, which is also what gets paid, these forms are for comparing only: never send
to them, never show them. Values in, values out.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import phonenumbers


class TokenKind(StrEnum):
    """What a blind token is made of."""

    BANK = "bank"
    PHONE = "phone"
    EMAIL = "email"
    PERSON = "person"


class BadBankDetails(ValueError):
    """Bank details that can't be those of a UK account. `field` is the one to correct, `message` what to tell: the
    `template` (a message that pages may translate) with its `values`."""

    def __init__(self, field: str, template: str, **values: object) -> None:
        self.field, self.template, self.values = field, template, values
        self.message = template % values if values else template
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A UK account in the form payments use: six digits of sort code, eight of account number."""

    sort_code: str
    account_number: str


# --- Bank details -------------------------------------------------------------------------------------------------

_SANTANDER = ("09", "72", "89", "165710")
_CO_OPERATIVE = ("08",)
_NATWEST = (
    "01",
    "50",
    "51",
    "52",
    "53",
    "54",
    "55",
    "56",
    "57",
    "58",
    "59",
    "60",
    "61",
    "62",
    "63",
    "64",
    "65",
    "66",
)
_BETWEEN_DIGITS = frozenset(" \t\r\n.-/")


def bank_account(sort_code: str, account_number: str) -> BankAccount:
    """Bank details as six and eight digits, by Pay.UK's rules for account numbers of another length.

    Spaces, dashes and digits of any script are accepted. From "Validating account numbers" (VocaLink for
    Pay.UK), appendix on non-standard account numbers: 6 and 7 digits get zeros in front; of 10 digits
    NatWest's are the last eight and the Co-operative Bank's the first eight; of 9 (Santander) the first digit
    replaces the last digit of the sort code and the other eight are the number. 9 and 10 digits at any other
    bank are refused rather than guessed, since the money would go to somebody. Raises `BadBankDetails`.
    """
    code = _digits(sort_code, "sort_code")
    if len(code) != 6:
        raise BadBankDetails(
            "sort_code", "A sort code has 6 digits, like 20-29-59. This one has %(count)d.", count=len(code)
        )
    number = _digits(account_number, "account_number")
    if not 6 <= len(number) <= 10:
        raise BadBankDetails(
            "account_number", "An account number has 8 digits. This one has %(count)d.", count=len(number)
        )
    code, number = _standard(code, number)
    if not code.strip("0"):
        raise BadBankDetails("sort_code", "A sort code is not all zeros.")
    if not number.strip("0"):
        raise BadBankDetails("account_number", "An account number is not all zeros.")
    return BankAccount(code, number)


def _standard(code: str, number: str) -> tuple[str, str]:
    """Sort code and account number with the number brought to eight digits."""
    if len(number) <= 8:
        return code, number.zfill(8)
    if len(number) == 9 and code.startswith(_SANTANDER):
        return code[:5] + number[0], number[1:]
    if len(number) == 10 and code.startswith(_CO_OPERATIVE):
        return code, number[:8]
    if len(number) == 10 and code.startswith(_NATWEST):
        return code, number[2:]
    raise BadBankDetails(
        "account_number",
        "This account number has %(count)d digits. Enter the 8 digits shown on a statement or bank card.",
        count=len(number),
    )


def _not_digits(field: str) -> BadBankDetails:
    if field == "sort_code":
        return BadBankDetails(field, "The sort code has something other than digits in it.")
    return BadBankDetails(field, "The account number has something other than digits in it.")


def _empty(field: str) -> BadBankDetails:
    if field == "sort_code":
        return BadBankDetails(field, "Enter the sort code.")
    return BadBankDetails(field, "Enter the account number.")


def _digits(text: str, field: str) -> str:
    """The digits of a text, as 0-9, whatever script they are in."""
    found = []
    for char in unicodedata.normalize("NFKC", text):
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            found.append(str(digit))
        elif char not in _BETWEEN_DIGITS and unicodedata.category(char) not in ("Cf", "Pd", "Zs"):
            raise _not_digits(field)
    if not found:
        raise _empty(field)
    return "".join(found)


# --- Phone and e-mail ---------------------------------------------------------------------------------------------


def phone(text: str) -> str | None:
    """A phone number as E.164 (+447700900123), read as one dialled in the UK; None if it can't be one.

    "Possible" is enough, "in use" is not asked: numbering plans change, and a rare number still has to be
    compared.
    """
    try:
        number = phonenumbers.parse(_visible(text), "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def takes_texts(number: str) -> bool:
    """Whether a number (as E.164) may be one on which a text message is read by its owner. A UK number that is no
    mobile is not: networks read a text message out loud there, to whoever answers."""
    return number.startswith("+447") or not number.startswith("+44")


_SAME_DOMAIN = {"googlemail.com": "gmail.com", "protonmail.com": "proton.me", "pm.me": "proton.me"}
_DOTS_MEAN_NOTHING = frozenset({"gmail.com"})


def email(text: str) -> str | None:
    """The inbox an address leads to: case, +tag, Gmail's dots and second domain folded; None if it is no address.

    Nobody but the provider knows whether + starts a tag. Nearly all say so, and the form only refers to a
    person.
    """
    local, at, domain = _visible(text).casefold().rpartition("@")
    domain = _domain(domain)
    domain = _SAME_DOMAIN.get(domain, domain)
    local = local.partition("+")[0]
    if domain in _DOTS_MEAN_NOTHING:
        local = local.replace(".", "")
    if not at or not local or "." not in domain.strip(".") or re.search(r"[\s@]", local + domain):
        return None
    return f"{local}@{domain}"


def _domain(domain: str) -> str:
    """A domain in ASCII, without a dot at the end."""
    domain = domain.removesuffix(".")
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


# --- Name ---------------------------------------------------------------------------------------------------------

# Letters of other scripts that look like Latin ones. Two maps, since some look like another letter in small.
_CAPITALS = str.maketrans("АВЕЅІЈКМНОРСТУХԚԜҮΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXQWYABEZHIKMNOPTYX")
_SMALL = str.maketrans("авеѕіјкмнорстухһӏԁԛԝүѵαβγειηκμνορτυχωϲϳ", "abesijkmhopctyxhldqwyvabyeinkuvoptuxwcj")
# In a word all of one other script, capitals and small letters have to come out the same: as the capitals look.
_ALONE = str.maketrans("авеѕіјкмнорстухһӏԁԛԝүѵαβεζηικμνορτυχ", "abesijkmhopctyxhldqwyvabezhikmnoptyx")
_NOT_COMPOSED = str.maketrans(
    {
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŧ": "t",
        "ɑ": "a",
    }
)
_APOSTROPHES = re.compile("['’‘ʼʻ`´＇′]")
_LATIN = re.compile("[a-z]", re.IGNORECASE)


def name_key(text: str) -> str:
    """A name as it is compared: same letters, whatever case, accents, look-alikes, hidden characters or word order.

    Words are sorted, so that given name and surname may stand either way round. '' if no letter or digit is
    left.
    """
    plain = _without_accents(_APOSTROPHES.sub("", _visible(text)))
    words = (_word_key(word) for word in re.split(r"[\W_]+", plain))
    return " ".join(sorted(word for word in words if word))


def _word_key(word: str) -> str:
    """One word, folded: look-alikes among Latin letters by their case, a word of another script as a whole."""
    if _LATIN.search(word):
        word = word.translate(_CAPITALS).translate(_SMALL)
    return _without_accents(word.casefold().translate(_NOT_COMPOSED).translate(_ALONE))


def _without_accents(text: str) -> str:
    """Letters without the marks on them."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M")


_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def _visible(text: str) -> str:
    """A text in its plain compatibility form, without controls, zero-width and direction marks; space is one space."""
    spaced = " ".join(text.split())
    kept = (
        c for c in spaced if unicodedata.category(c) not in ("Cf", "Cc", "Cn", "Co") and c not in _FILLERS
    )
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


# --- Postcode and year of birth -----------------------------------------------------------------------------------

_POSTCODE = re.compile(
    r"(?P<outward>[A-PR-UWYZ][A-HK-Y]?[0-9][0-9ABCDEFGHJKMNPRSTUVWXY]?|GIR)(?P<inward>[0-9][ABD-HJLNP-UW-Z]{2})?"
)


def outward_postcode(text: str) -> str | None:
    """The first half of a UK postcode (SW1A of SW1A 1AA, or SW1A alone), in capitals; None if it is none."""
    compact = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", _visible(text))).upper()
    ascii_digits = "".join(str(unicodedata.decimal(c, c)) for c in compact)
    found = _POSTCODE.fullmatch(ascii_digits)
    return found["outward"] if found else None


def birth_year(value: str | int) -> int | None:
    """A year of birth from a year or a whole date (1990, 1990-05-01, 01/05/1990); None if it is none."""
    text = "".join(str(unicodedata.decimal(c, c)) for c in _visible(str(value)))
    found = re.fullmatch(
        r"(\d{4})([-/.]\d{1,2}[-/.]\d{1,2})?|\d{1,2}[-/. ]\d{1,2}[-/. ](\d{4})", text, re.ASCII
    )
    if not found:
        return None
    year = int(found[1] or found[3])
    return year if 1900 <= year <= 2100 else None


# --- Tokens -------------------------------------------------------------------------------------------------------


def token_inputs(answers: Mapping[str, Any]) -> dict[TokenKind, str]:
    """What to make blind tokens of, from answers named as in the applications file; never raises.

    Blank or unusable answers give no token. A person is name, year of birth and outward postcode, and only if
    all three are there: fewer would take strangers for one.
    """
    inputs = {
        TokenKind.BANK: _bank_input(_text(answers, "sort_code"), _text(answers, "account_number")),
        TokenKind.PHONE: phone(_text(answers, "phone")),
        TokenKind.EMAIL: email(_text(answers, "email")),
        TokenKind.PERSON: _person_input(answers),
    }
    return {kind: text for kind, text in inputs.items() if text}


def _text(answers: Mapping[str, Any], name: str) -> str:
    value = answers.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _bank_input(sort_code: str, account_number: str) -> str | None:
    try:
        account = bank_account(sort_code, account_number)
    except BadBankDetails:
        return None
    return f"{account.sort_code}/{account.account_number}"


def _person_input(answers: Mapping[str, Any]) -> str | None:
    name = name_key(_text(answers, "legal_name"))
    year = birth_year(_text(answers, "birth_year"))
    outward = outward_postcode(_text(answers, "outward_postcode"))
    return f"{name}|{year}|{outward}" if name and year and outward else None
