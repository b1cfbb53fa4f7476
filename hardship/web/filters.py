"""How values are written for people: money, days and times in London, numbers. All are template filters."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask import Flask

from hardship.core.clock import LONDON, utc
from hardship.core.money import Money, display
from hardship.web.language import ENGLISH, current_language

NOTHING = "–"
_PLAIN = re.compile("[A-Za-z0-9-]+")
_WHOLE = re.compile(r"[.,]00(?![0-9])")


def money(value: int | Money | None, currency: str = "GBP") -> str:
    """Pence as £1,234.50; a dash where there is no amount."""
    if value is None:
        return NOTHING
    if (code := current_language()) != ENGLISH:
        minor, unit = (value.minor, value.currency) if isinstance(value, Money) else (value, currency)
        # Babel writes "GBP"; on bank cards, in shops and on the form's own field it is the sign.
        return format_currency(Decimal(minor) / 100, unit, locale=code).replace("GBP", "£")
    return str(value) if isinstance(value, Money) else display(value, currency)


def pounds(value: int | Money | None, currency: str = "GBP") -> str:
    """As `money`, without the pence of a round sum: £200."""
    return _WHOLE.sub("", money(value, currency))


def _local(value: dt.datetime | dt.date) -> dt.date:
    return utc(value).astimezone(LONDON) if isinstance(value, dt.datetime) else value


def day(value: dt.datetime | dt.date | None) -> str:
    """3 April 2020."""
    if value is None:
        return NOTHING
    local = _local(value)
    if (code := current_language()) != ENGLISH:
        return format_date(local, "d MMMM y", locale=code)
    return f"{local.day} {local:%B %Y}"


def day_of_month(value: dt.date) -> str:
    """14 April."""
    if (code := current_language()) != ENGLISH:
        return format_date(value, "d MMMM", locale=code)
    return f"{value.day} {value:%B}"


def short_day(value: dt.datetime | dt.date | None) -> str:
    """3 Apr 2020."""
    if value is None:
        return NOTHING
    return _short(_local(value).toordinal(), current_language())


@lru_cache(maxsize=4096)
def _short(ordinal: int, code: str) -> str:
    """A list names the same few days again and again."""
    local = dt.date.fromordinal(ordinal)
    if code != ENGLISH:
        return format_date(local, "d MMM y", locale=code)
    return f"{local.day} {local:%b %Y}"


def weekday(value: dt.datetime | dt.date | None) -> str:
    """Friday 3 April."""
    if value is None:
        return NOTHING
    local = _local(value)
    if (code := current_language()) != ENGLISH:
        return format_date(local, "EEEE, d MMMM", locale=code)
    return f"{local:%A} {local.day} {local:%B}"


def moment(value: dt.datetime | None) -> str:
    """3 April 2020 at 10:05am."""
    if value is None:
        return NOTHING
    local = utc(value).astimezone(LONDON)
    if (code := current_language()) != ENGLISH:
        return f"{format_date(local, 'd MMMM y', locale=code)}, {local:%H:%M}"
    return f"{local.day} {local:%B %Y} at {clock_time(value)}"


def clock_time(value: dt.datetime) -> str:
    """10:05am; midday and midnight by name."""
    local = utc(value).astimezone(LONDON)
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def number(value: int | None) -> str:
    """1,255."""
    if value is None:
        return NOTHING
    if (code := current_language()) != ENGLISH:
        return format_decimal(value, locale=code)
    return f"{value:,}"


def percent(part: int, whole: int) -> str:
    """How much of `whole` `part` is, in whole per cent, never rounded up to 100% or down to 0%."""
    if whole <= 0:
        return NOTHING
    share = part * 100 / whole
    if 0 < share < 1:
        return "under 1%"
    return f"{99 if 99 < share < 100 else round(share)}%"


def plural(count: int, one: str, many: str = "") -> str:
    """1 grant, 1,255 grants."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def iso(value: dt.datetime | dt.date) -> str:
    """The form a machine reads, for `<time datetime>`."""
    return value.isoformat()


def label(value: object) -> str:
    """A code as words: `info_requested` becomes `Info requested`."""
    return str(value).replace("_", " ").replace("-", " ").capitalize()


def in_path(ref: str) -> str:
    """A reference as part of an address; ours are plain, imported ones may hold anything."""
    return ref if _PLAIN.fullmatch(ref) else quote(ref, safe="")


FILTERS = (
    in_path,
    money,
    pounds,
    day,
    short_day,
    weekday,
    moment,
    clock_time,
    number,
    percent,
    plural,
    iso,
    label,
)


def install(app: Flask) -> None:
    """Make every filter known to the templates, by its name."""
    for function in FILTERS:
        app.add_template_filter(function, function.__name__)
