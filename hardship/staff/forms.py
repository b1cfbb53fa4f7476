"""Forms of the sign-in."""

from hardship.web.forms import Form, PasswordField, SubmitField, TextField


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
