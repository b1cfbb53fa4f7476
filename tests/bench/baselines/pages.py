"""Bare pages: Flask, WTForms with CSRF, SQLModel, and nothing else."""

import re
from typing import Any

from flask import Flask, redirect, render_template
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from sqlalchemy import Engine
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select
from werkzeug.wrappers import Response
from wtforms import SubmitField

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.core.runtime import Runtime
from tests.bench.baselines.rows import plain_engine
from tests.bench.harness import seconds_each
from tests.bench.places import Place

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Bare(SQLModel, registry=registry()):
    """The base of the baseline's table, which is none of ours."""


class BareApplication(Bare, table=True):
    """What an application would be without anything that protects anybody."""

    __tablename__ = "bare_application"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str
    phone: str
    account: str
    statement: str


class _SendForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is published without types
    """As many fields as our last page has: the token and the button."""

    send = SubmitField("Send")


def bare_form(engine: Engine) -> Flask:
    """An application with one form, that inserts one row and commits."""
    app = Flask("bare_form")
    app.secret_key = "a baseline guards nothing"
    Bare.metadata.create_all(engine)
    page = app.jinja_env.from_string("<form method=post>{{ form.csrf_token }}{{ form.send }}</form>")

    @app.route("/send", methods=["GET", "POST"])
    def send() -> str | Response:
        form = _SendForm()
        if not form.validate_on_submit():
            return render_template(page, form=form)
        with Session(engine) as session:
            session.add(_row())
            session.commit()
        return redirect("/send")

    return app


def _row() -> BareApplication:
    return BareApplication(
        name="Person Example",
        email="person@example.org",
        phone="07700 900123",
        account="20-00-00 12345678",
        statement="My work stopped overnight, and there is nothing left for the rent. " * 3,
    )


class BareForm:
    """The bare form at work, driven as ours is."""

    def __init__(self, place: Place) -> None:
        self.engine = plain_engine(place.fresh("bare_form"))
        self.client = bare_form(self.engine).test_client()
        self.token = token_in(self.client.get("/send").text)

    def post(self, count: int) -> float:
        """Send the form `count` times; seconds each."""
        return seconds_each(self._one, count)

    def _one(self, _number: int) -> None:
        answer = self.client.post("/send", data={"csrf_token": self.token, "send": "Send"})
        assert answer.status_code == 302, answer.status

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def token_in(page: str) -> str:
    """The forgery token in a page's form."""
    found = _TOKEN.search(page)
    assert found is not None, page[:500]
    return found.group(1)


_LIST = """<!doctype html><title>Queue</title><table>
{% for row in rows %}<tr><td>{{ row.ref }}<td>{{ row.state.value }}<td>{{ row.referred }}<td>{{ row.submitted_at }}
{% endfor %}</table>"""


def bare_list(runtime: Runtime, round_id: int) -> FlaskClient:
    """A client of an application with one page: one SELECT of the first fifty cases in review, rendered."""
    app = Flask("bare_list")
    page = app.jinja_env.from_string(_LIST)
    shown: tuple[Any, ...] = (
        Application.ref,
        col(Application.state),
        Application.referred,
        Application.submitted_at,
    )

    @app.get("/list")
    def show() -> str:
        with Session(runtime.database.reader) as session:
            rows = session.exec(
                select(*shown)
                .where(Application.round_id == round_id, Application.state == ApplicationState.IN_REVIEW)
                .order_by(col(Application.submitted_at), Application.ref)
                .limit(50)
            ).all()
        return render_template(page, rows=rows)

    return app.test_client()
