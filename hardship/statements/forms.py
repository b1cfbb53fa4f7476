"""Forms of the statements' pages."""

from hardship.web.forms import DateField, FileField, Form, SelectField, SubmitField, TextField


class IssueForm(Form):
    """Which statement to issue."""

    agreement = SelectField("Agreement", required="Choose an agreement")
    first = DateField("First day", required="Enter the first day")
    last = DateField("Last day", required="Enter the last day")
    supersedes = TextField("Statement it corrects", max_length=60)
    issue = SubmitField("Issue statement")


class VerifyForm(Form):
    """A file, or its fingerprint."""

    file = FileField("A file of the statement")
    sha256 = TextField("Or its SHA-256 fingerprint", max_length=100)
    check = SubmitField("Check")
