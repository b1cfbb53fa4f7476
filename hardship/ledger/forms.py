"""Forms of the books."""

from hardship.ledger.models import LossCause
from hardship.web.forms import (
    CheckboxField,
    DateField,
    FileField,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    choices_of,
)

MAX_WHY = 500

CAUSES = {
    LossCause.WRONG_PAYMENT: "Paid to somebody who was not to be paid, or too much",
    LossCause.FRAUD: "Fraud",
    LossCause.THEFT: "Theft",
    LossCause.BANK_ERROR: "Error of a bank or processor",
    LossCause.CASH_DIFFERENCE: "Cash that does not add up",
    LossCause.OTHER: "Something else",
}

GONE = (
    ("bank", "Our bank account"),
    ("cash_in_hand", "Cash in hand"),
    ("card_clearing", "The card processor"),
    ("none", "Nowhere: it is an expense already, such as a wrongly paid grant"),
)


class OpeningForm(Form):
    """A file of opening balances."""

    fund = SelectField("Fund", required="Choose a fund", blank=None)
    on = DateField("They stood at the beginning of", required="Enter the day")
    file = FileField("Opening balances")
    send = SubmitField("Propose these opening balances")


class CloseForm(Form):
    """Close a fund's books through a day. The fund is in the address."""

    through = DateField("Last day of the period", required="Enter the last day")
    year = CheckboxField("It is the end of the year")
    send = SubmitField("Propose to close the period")


class LossForm(Form):
    """A line of the loss log."""

    fund = SelectField("Fund", required="Choose a fund", blank=None)
    cause = RadioField(
        "What happened", choices=choices_of(LossCause, CAUSES), required="Choose what happened"
    )
    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    account = RadioField(
        "Where the money is gone from", choices=GONE, required="Choose where it is gone from"
    )
    found_on = DateField("When it was found", required="Enter the day")
    about = TextField("What it is about", max_length=100)
    why = LongTextField(
        "What happened, and what was decided", required="Say what happened", max_length=MAX_WHY
    )
    send = SubmitField("Propose to record the loss")


class ReverseForm(Form):
    """Reverse a journal."""

    why = LongTextField("What was wrong", required="Say what was wrong", max_length=MAX_WHY)
    send = SubmitField("Propose to reverse it")
