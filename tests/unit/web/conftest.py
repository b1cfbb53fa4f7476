"""A small application with the web layer in it and a database of its own."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, flash, render_template_string
from flask.testing import FlaskClient
from sqlmodel import SQLModel

from hardship.config import Settings
from hardship.core import keyring
from hardship.core.clock import SetClock
from hardship.core.db import Database
from hardship.core.runtime import Runtime
from hardship.core.vault import Vault
from hardship.web import sessions
from hardship.web.access import public
from hardship.web.forms import (
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
from hardship.web.models import RateLimit, SpentProof, WebSession
from hardship.web.setup import install

NOON = dt.datetime(2020, 4, 3, 12, 0, tzinfo=dt.UTC)


def make_runtime(folder: Path, base_url: str = "http://localhost:8000") -> Runtime:
    """A runtime on an SQLite file, with a clock that stands."""
    url = f"sqlite:///{folder / 'web.db'}"
    settings = Settings(folder, url, folder / "keyring.json", production=False, base_url=base_url)
    database = Database(url)
    tables = [SQLModel.metadata.tables[model.__tablename__] for model in (WebSession, RateLimit, SpentProof)]
    SQLModel.metadata.create_all(database.writer, tables=tables)
    return Runtime(settings, database, Vault(keyring.generate("demo")), SetClock(NOON), lambda tx: None)


class SampleForm(Form):
    """One field of every kind."""

    name = TextField("Your name", required="Enter your name", max_length=20)
    amount = MoneyField("How much?", required="Enter the amount", maximum=100_000)
    day = DateField("When?", required="Enter the day", latest=dt.date(2020, 12, 31))
    contact = RadioField(
        "How should we reach you?",
        choices=[("email", "E-mail"), ("none", "Do not contact me")],
        required="Choose one",
        hints={"none": "You look at the page yourself"},
    )
    kind = SelectField("Kind", choices=[("a", "First"), ("b", "Second")])
    story = LongTextField("Anything else?", max_length=50)
    sure = CheckboxField("I am sure", required="Tick the box")
    save = SubmitField("Send")


FORM_PAGE = """
{% extends "web/applicant.html" %}
{% from "web/macros/forms.html" import form_frame, question %}
{% block title %}Ask for help{% endblock %}
{% block content %}
<h1 class="govuk-heading-l">A form</h1>
{% call form_frame(form) %}
{{ question(form.name) }}{{ question(form.amount, hint="In pounds") }}{{ question(form.day) }}
{{ question(form.contact) }}{{ question(form.kind) }}{{ question(form.story) }}{{ question(form.sure) }}
{{ form.save }}
{% endcall %}
{% endblock %}
"""


def add_pages(app: Flask) -> None:
    """Pages that use the web layer as the rooms do."""

    @app.route("/form", methods=["GET", "POST"])
    @public
    def fill_in() -> str:
        form = SampleForm()
        if form.validate_on_submit():
            return f"{form.name.data}|{form.amount.data}|{form.day.data}|{form.contact.data}|{form.kind.data}"
        return render_template_string(FORM_PAGE, form=form, step="Step 1 of 2")

    @app.get("/set/<value>")
    @public
    def set_value(value: str) -> str:
        sessions.current_session()["value"] = value
        return "set"

    @app.get("/get")
    @public
    def get_value() -> str:
        state = sessions.current_session()
        return f"{state.get('value', '-')}|{state.staff_id or '-'}"

    @app.get("/sign-in/<int:staff_id>")
    @public
    def sign_in(staff_id: int) -> str:
        sessions.rotate(staff_id)
        return "in"

    @app.get("/flash")
    @public
    def flash_something() -> str:
        flash("Batch made")
        flash("It is large", "warning")
        return "flashed"

    @app.get("/boom")
    @public
    def boom() -> str:
        raise KeyError("Ma" + "ya's account number")


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """The runtime of the application under test."""
    runtime = make_runtime(tmp_path)
    yield runtime
    runtime.database.dispose()


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application under test."""
    app = Flask("sample", static_folder=None)
    app.testing = True
    install(app, runtime)
    add_pages(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()
