"""Forms of finance's pages for gifts."""

from wtforms import HiddenField
from wtforms.validators import Length

from hardship.contributions.by_hand import KINDS
from hardship.contributions.giftaid.declaring import FIELDS, Covers
from hardship.contributions.giftaid.models import How
from hardship.contributions.hand_models import ProofKind
from hardship.contributions.listing import CHANNELS, DONORS, Matched, TaxState
from hardship.contributions.models import Channel, DonorType, Held
from hardship.contributions.refund_orders import MAX_REASON
from hardship.contributions.steps import ReceiptState
from hardship.web.forms import (
    CheckboxField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    choices_of,
)

HELD = {Held.HERE: "Here", Held.ELSEWHERE: "Elsewhere"}
MATCHED = {Matched.YES: "Matched", Matched.NO: "Not matched"}
TAX = {
    TaxState.UNCLAIMED: "To be claimed",
    TaxState.CLAIMED: "Claimed",
    TaxState.OWED: "Owed to HMRC",
    TaxState.NONE: "None",
}
HOW = {How.PAPER: "On paper", How.SPOKEN: "By word of mouth", How.ONLINE: "Online"}
COVERS = {
    Covers.THIS: "This gift",
    Covers.FUTURE: "This gift and later ones",
    Covers.ALL: "This gift, later ones, and those of the four years before",
}


class GiftFilterForm(FilterForm):
    """Which gifts to show. The days are ISO dates, so that an address can be written by hand."""

    fund = SelectField("Fund", blank=None)
    channel = SelectField("Came by", choices=choices_of(Channel, CHANNELS), blank="Any way")
    held = SelectField("Held", choices=choices_of(Held, HELD), blank="Anywhere")
    matched = SelectField("Match", choices=choices_of(Matched, MATCHED), blank="Any")
    tax = SelectField("Gift Aid", choices=choices_of(TaxState, TAX), blank="Any")
    from_on = TextField("From", max_length=10)
    to_on = TextField("To", max_length=10)
    ref = TextField("Ref holds", max_length=80)
    refunded = CheckboxField("Refunded, wholly or in part")
    disputed = CheckboxField("Disputed")


RECEIPTS = {
    ReceiptState.UNIDENTIFIED: "Unidentified",
    ReceiptState.CLAIMED: "Found in the books",
    ReceiptState.IDENTIFIED: "Identified by a person",
    ReceiptState.RETURN_DUE: "To go back",
    ReceiptState.RETURNED: "Gone back",
}


class FundForm(FilterForm):
    """Which fund to show."""

    fund = SelectField("Fund", blank=None)


class ReceiptFilterForm(FilterForm):
    """Which incoming bank lines to show."""

    fund = SelectField("Fund", blank=None)
    state = SelectField("Stands as", choices=choices_of(ReceiptState, RECEIPTS), blank=None)


class RecordForm(Form):
    """A gift entered by hand. `ref` comes with the page, so that sending it twice is sending it once."""

    ref = HiddenField(validators=[Length(min=4, max=80)])
    fund = SelectField("Fund", blank=None, required="Choose the fund")
    kind = RadioField(
        "How was it given?", choices=choices_of(ProofKind, KINDS), required="Choose how it was given"
    )
    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    fee = MoneyField("Of it, kept on its way as a fee")
    received_on = DateField("When was it received?", required="Enter the day")
    donor_type = RadioField(
        "Who gave it?", choices=choices_of(DonorType, DONORS), required="Choose who gave it"
    )
    donor_name = TextField("Name", max_length=200)
    document = TextField("Number of the cheque, receipt, slip or letter", max_length=200)
    body = TextField("Who attests it", max_length=200)
    channel = SelectField(
        "How it was given there", choices=choices_of(Channel, CHANNELS), blank="Does not apply"
    )
    note = LongTextField("Note", max_length=2000)
    send = SubmitField("Enter the gift")


class PayInForm(Form):
    """Cash and cheques taken to the bank."""

    fund = SelectField("Fund", blank=None, required="Choose the fund")
    amount = MoneyField("Amount on the slip", required="Enter the amount", minimum=1)
    on = DateField("When was it paid in?", required="Enter the day")
    slip = TextField("Number of the paying-in slip", required="Enter the slip’s number", max_length=80)
    send = SubmitField("Record it")


class RefundForm(Form):
    """Ask for a refund."""

    amount = MoneyField("Amount to give back", required="Enter the amount", minimum=1)
    reason = LongTextField("Reason", required="Say why", max_length=MAX_REASON)
    send = SubmitField("Ask for the refund")


class SendReceiptForm(Form):
    """A receipt for a donor who asks for one."""

    email = TextField("The donor’s e-mail address", required="Enter the address", max_length=254)
    send_receipt = SubmitField("Send a receipt")


class PaidForm(Form):
    """What was due has been paid out."""

    on = DateField("When was it paid?", required="Enter the day")
    bank_ref = TextField("What the bank calls it", required="Enter the bank’s reference", max_length=200)
    send = SubmitField("Record the payment")


class IdentifyForm(Form):
    """What a bank line is."""

    what = RadioField(
        "What is it?",
        choices=[
            ("gift", "A gift"),
            ("booked", "Something that is in the books already"),
            ("sponsor", "A sponsor’s payment"),
            ("card", "What the card processor paid out"),
        ],
        required="Choose what it is",
    )
    donor_type = SelectField("Who gave it?", choices=choices_of(DonorType, DONORS), blank="Does not apply")
    donor_name = TextField("Name", max_length=200)
    fee = MoneyField("The bank kept of it as a fee")
    about = TextField("Which?", max_length=120)
    agreement = TextField("Agreement", max_length=60)
    note = LongTextField("Note", max_length=2000)
    send = SubmitField("Save")


class ReturnForm(Form):
    """A bank line is nobody's."""

    reason = LongTextField("Why it goes back", required="Say why", max_length=MAX_REASON)
    send = SubmitField("Ask for it to go back")


class PressForm(Form):
    """A button and no more."""


class DeclareForm(Form):
    """A declaration that a donor made on paper or by word of mouth."""

    how = RadioField("How was it made?", choices=choices_of(How, HOW), required="Choose how it was made")
    covers = RadioField(
        "For which gifts?", choices=choices_of(Covers, COVERS), required="Choose for which gifts"
    )
    declared_on = DateField("When was it made?", required="Enter the day")
    who_title = TextField("Title", max_length=FIELDS["title"])
    who_first_name = TextField("First name", required="Enter the first name", max_length=FIELDS["first_name"])
    who_last_name = TextField("Last name", required="Enter the last name", max_length=FIELDS["last_name"])
    who_house = TextField("House name or number", required="Enter the house", max_length=FIELDS["house"])
    who_postcode = TextField("Postcode", max_length=FIELDS["postcode"])
    abroad = CheckboxField("The home is outside the United Kingdom")
    send = SubmitField("Save the declaration")


class WithdrawForm(Form):
    """A donor withdraws a declaration."""

    from_on = DateField("From which day?", required="Enter the day")
    send = SubmitField("Withdraw it")


class ClaimForm(Form):
    """Make a claim."""

    fund = SelectField("Fund", blank=None, required="Choose the fund")
    through = DateField("Gifts received up to", required="Enter the day")
    adjust = CheckboxField("Take off what is owed to HMRC from earlier claims", default=True)
    send = SubmitField("Make the claim")


class TaxReceivedForm(Form):
    """HMRC has paid."""

    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    on = DateField("When did it come?", required="Enter the day")
    bank_ref = TextField("What the bank calls it", required="Enter the bank’s reference", max_length=200)
    final = CheckboxField("Nothing more is to come for this claim")
    send = SubmitField("Record the payment")


class TaxRepaidForm(Form):
    """We have paid HMRC."""

    fund = SelectField("Fund", blank=None, required="Choose the fund")
    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    on = DateField("When was it paid?", required="Enter the day")
    bank_ref = TextField("What the bank calls it", required="Enter the bank’s reference", max_length=200)
    send = SubmitField("Record the payment")
