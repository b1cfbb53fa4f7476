"""Forms of agreements as papers. Their fields become those of a `[[match]]` table, so that pages and files are read by the
same rules."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from hardship.core.clock import LONDON
from hardship.core.errors import BadInput, HardshipError
from hardship.core.money import plain
from hardship.funds.matches import CHANNELS, MatchDocument
from hardship.matching.wording import KINDS
from hardship.web.fields import read_amount
from hardship.web.forms import (
    CheckboxesField,
    CheckboxField,
    DateField,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
)

CHANNEL_WORDS = {"card": "Card", "bank": "Bank", "cash": "Cash and cheque", "other": "Other"}
UNUSED_WORDS = {
    "return": "It goes back to the sponsor",
    "roll": "It is carried to the sponsor’s next agreement",
    "lapse": "It lapses: the fund keeps it",
}


class TermsForm(Form):
    """The terms of an agreement."""

    sponsor = TextField("Sponsor", required="Enter the sponsor’s name", max_length=120)
    kind = RadioField("Kind", choices=list(KINDS.items()), required="Choose a kind")
    threshold = MoneyField("Threshold of the challenge")
    ratio = TextField("Ratio", required="Enter the ratio, like 1:1", max_length=12)
    cap = MoneyField("Cap")
    per_contribution_cap = MoneyField("Cap on one gift")
    per_donor_cap = MoneyField("Cap on one donor")
    minimum = MoneyField("Least gift")
    opens = DateField("Opens on", required="Enter the day on which it opens")
    opens_time = TextField("Opens at", max_length=8)
    closes = DateField("Closes on", required="Enter the day on which it closes")
    closes_time = TextField("Closes at", max_length=8)
    channels = CheckboxesField(
        "Gifts that come by",
        choices=[(one, CHANNEL_WORDS[one]) for one in CHANNELS],
        required="Choose at least one way in which gifts come",
    )
    exclude_donors = LongTextField("Donors left out", max_length=4000)
    exclude_nobody = CheckboxField("Leave nobody out any more")
    clear_days = TextField("Days until a gift earns its match", max_length=3)
    priority = TextField("Priority", max_length=4)
    paid = RadioField(
        "When the sponsor pays",
        choices=[("in_advance", "In advance"), ("in_arrears", "In arrears, for what was matched")],
        required="Choose when the sponsor pays",
    )
    reclaimable = RadioField(
        "May the sponsor have back what was not earned?",
        choices=[("yes", "Yes"), ("no", "No: an advance is the fund’s own at once")],
        required="Choose whether it may be reclaimed",
    )
    unused = RadioField(
        "At the close, what was not earned",
        choices=list(UNUSED_WORDS.items()),
        required="Choose what becomes of it",
    )
    restricted_to = SelectField("Only for the round", blank="Any round of the fund")
    purchase_order = TextField("Sponsor’s purchase-order number", max_length=60)
    payment_days = TextField("Days to pay once asked", max_length=3)
    tranches = LongTextField("Tranches", max_length=2000)
    contact_name = TextField("Whom to write to", max_length=120)
    contact_email = TextField("E-mail address", max_length=200)
    contact_address = TextField("Postal address", max_length=400)
    contact_nobody = CheckboxField("Write to nobody by name any more")
    why = LongTextField("A note for the second person", max_length=500)


class DraftForm(TermsForm):
    """A new agreement."""

    fund = SelectField("Fund", required="Choose a fund")
    ref = TextField("Reference", required="Enter a reference, like LC-2020", max_length=60)
    save = SubmitField("Propose agreement")


class VaryForm(TermsForm):
    """A new version of an agreement."""

    save = SubmitField("Propose variation")


class CloseForm(Form):
    """Closing an agreement."""

    successor = SelectField("Carry it to", blank="")
    sure = CheckboxField("The agreement is over", required="Tick the box to say that it is over")
    save = SubmitField("Propose to close it")


class RequestForm(Form):
    """What to ask a sponsor for."""

    tranche = SelectField("Tranche", blank=None)
    amount = MoneyField("Amount", minimum=1)
    save = SubmitField("Issue request")


class PaymentForm(Form):
    """A payment from a sponsor, or back to one."""

    direction = RadioField(
        "What happened",
        choices=[("in", "The sponsor paid"), ("out", "We paid back")],
        required="Choose what happened",
    )
    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    on = DateField("Day at the bank", required="Enter the day on which it was booked")
    bank_ref = TextField("Bank’s reference", required="Enter the bank’s reference", max_length=80)
    save = SubmitField("Record payment")


# --- To and from the fields of [[match]] --------------------------------------------------------------------------

_AMOUNTS = ("threshold", "cap", "per_contribution_cap", "per_donor_cap")
_NUMBERS = {"clear_days": 0, "priority": 1, "payment_days": 30}

AT_FIELD = {
    "opens": "opens",
    "closes": "closes",
    "due": "tranches",
    "tranche": "tranches",
    "amount": "tranches",
    "name": "contact_name",
    "email": "contact_email",
    "address": "contact_address",
    "channels": "channels",
}
"""Which field of the form a field of `[[match]]` is typed in, where the names differ."""


def field_of(error: HardshipError, form: Form) -> str:
    """The form's field that an error about a `[[match]]` table is about; `why` for any other."""
    name = error.where.rsplit(".", 1)[-1]
    name = AT_FIELD.get(name, name)
    return name if name in form else "why"


def fields_typed(form: TermsForm, *, keeps_names: bool) -> dict[str, Any]:
    """The fields of a `[[match]]` table as typed. With `keeps_names` names that were left empty are left out: they stay as
    they are. Raises `BadInput` whose `where` is the field."""
    fields: dict[str, Any] = {
        "sponsor": form.sponsor.data,
        "kind": form.kind.data,
        "ratio": (form.ratio.data or "").replace(" ", ""),
        "minimum": plain(form.minimum.data or 0),
        "opens": _instant(form, "opens", dt.time(0, 0)),
        "closes": _instant(form, "closes", dt.time(23, 59, 59)),
        "channels": list(form.channels.data or []),
        "paid": form.paid.data,
        "reclaimable": form.reclaimable.data == "yes",
        "unused": form.unused.data,
        "restricted_to": form.restricted_to.data or "",
        "purchase_order": form.purchase_order.data or "",
        "tranche": _tranches(form.tranches.data or ""),
    }
    for name in _AMOUNTS:
        minor = form[name].data
        fields[name] = None if minor is None else plain(minor)
    for name, default in _NUMBERS.items():
        fields[name] = _number(name, form[name].data or "", default)
    return fields | _names(form, keeps_names=keeps_names)


def _names(form: TermsForm, *, keeps_names: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    left_out = [line.strip() for line in (form.exclude_donors.data or "").split("\n") if line.strip()]
    if left_out or form.exclude_nobody.data or not keeps_names:
        fields["exclude_donors"] = left_out
    contact = {name: form[f"contact_{name}"].data or "" for name in ("name", "email", "address")}
    if any(contact.values()) or form.contact_nobody.data or not keeps_names:
        fields["contact"] = contact
    return fields


def _instant(form: TermsForm, name: str, default: dt.time) -> dt.datetime:
    """The day and the time typed, in London."""
    typed = (form[f"{name}_time"].data or "").strip()
    try:
        at = dt.time.fromisoformat(typed) if typed else default
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise BadInput(
            "not a time of day", where=f"match.{name}_time", fix="Write it like 09:00 or 23:59:59."
        )
    return dt.datetime.combine(form[name].data, at, LONDON)


def _number(name: str, typed: str, default: int) -> int:
    if not typed.strip():
        return default
    if not (typed.isascii() and typed.strip().isdigit()):
        raise BadInput("not a whole number", where=f"match.{name}", fix="Write it in figures, like 14.")
    return int(typed)


def _tranches(typed: str) -> list[dict[str, Any]]:
    """One a line: `2020-05-01 50,000.00`."""
    found = []
    for line in typed.split("\n"):
        if not line.strip():
            continue
        day, _, amount = line.strip().partition(" ")
        try:
            found.append({"due": dt.date.fromisoformat(day), "amount": plain(read_amount(amount))})
        except ValueError:
            raise BadInput(
                f"{line.strip()[:40]!r} is not a day and an amount",
                where="match.tranche",
                fix="Write one a line, like 2020-05-01 50000.00.",
            ) from None
    return found


def filled_in(terms: MatchDocument) -> Mapping[str, Any]:
    """A form's data from present terms; names are never among them."""
    opens, closes = terms.opens_at.astimezone(LONDON), terms.closes_at.astimezone(LONDON)
    return {
        "sponsor": terms.sponsor,
        "kind": terms.kind,
        "threshold": terms.threshold_minor,
        "ratio": f"{terms.num}:{terms.den}",
        "cap": terms.cap_minor,
        "per_contribution_cap": terms.per_contribution_cap_minor,
        "per_donor_cap": terms.per_donor_cap_minor,
        "minimum": terms.minimum_minor,
        "opens": opens.date(),
        "opens_time": f"{opens:%H:%M:%S}",
        "closes": closes.date(),
        "closes_time": f"{closes:%H:%M:%S}",
        "channels": list(terms.channels),
        "clear_days": str(terms.clear_days),
        "priority": str(terms.priority),
        "paid": terms.paid,
        "reclaimable": "yes" if terms.reclaimable else "no",
        "unused": terms.unused,
        "restricted_to": terms.restricted_to or "",
        "purchase_order": terms.purchase_order,
        "payment_days": str(terms.payment_days),
        "tranches": "\n".join(
            f"{one.due_on.isoformat()} {plain(one.amount_minor)}" for one in terms.tranches
        ),
    }


BLANK: Mapping[str, Any] = {
    "kind": "match",
    "ratio": "1:1",
    "channels": list(CHANNELS),
    "paid": "in_arrears",
    "reclaimable": "yes",
    "unused": "return",
    "priority": "1",
    "clear_days": "0",
    "payment_days": "30",
}
"""What the page of a new agreement begins with."""
