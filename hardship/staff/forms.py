"""Forms of the sign-in, and of proposals."""

from hardship.web.forms import Form, LongTextField, PasswordField, SubmitField, TextField


class PasswordForm(Form):
    """The first step: address and password."""

    email = TextField("E-mail address", required="Enter your e-mail address", max_length=254)
    password = PasswordField("Password", required="Enter your password")
    submit = SubmitField("Continue")


class CodeForm(Form):
    """The second step: the code from the authenticator application."""

    code = TextField("Code", required="Enter the code from your authenticator app", max_length=20)
    submit = SubmitField("Sign in")


class SignOutForm(Form):
    """The button that ends the session."""

    submit = SubmitField("Sign out")


class DecideForm(Form):
    """Approving, refusing or withdrawing a proposal."""

    why = LongTextField("Why it is refused", max_length=2000)
    approve = SubmitField("Approve and do it")
    say_no = SubmitField("Refuse")
    withdraw = SubmitField("Withdraw it")
