"""Pages of statements: the list, issuing one, its figures and files, and the public page that checks a file."""

import json
import re
from typing import Any

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hardship.core.canonical import sha256_hex
from hardship.core.errors import BadInput, Conflict, HardshipError, NotFound
from hardship.core.runtime import current
from hardship.staff.home import add_place
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.statements import queries, service
from hardship.statements.forms import IssueForm, VerifyForm
from hardship.web import limits
from hardship.web.access import public, requires
from hardship.web.fields import as_choices

blueprint = Blueprint("statements", __name__)

CHECKS = limits.Limit("verify", 60, 600)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELDS = {"from": "first", "to": "last"}
READERS = (Permission.SEE_MONEY, Permission.ISSUE_STATEMENT)


def init_app(app: Flask) -> None:
    """Register the pages and their place in the navigation."""
    app.register_blueprint(blueprint)
    add_place(app, "Statements", "/staff/statements", *READERS)


@blueprint.get("/staff/statements")
@requires(*READERS)
def list_statements() -> str:
    """Every statement, newest first."""
    with current().read() as session:
        found = queries.issued(session)
        gone = queries.superseded_ids(session)
    may_issue = holds(current_actor(), Permission.ISSUE_STATEMENT)
    return render_template("statements/list.html", found=found, gone=gone, may_issue=may_issue)


@blueprint.route("/staff/statements/new", methods=["GET", "POST"])
@requires(Permission.ISSUE_STATEMENT)
def issue_statement() -> str | Response | tuple[str, int]:
    """Choose an agreement and its days, and issue."""
    form = IssueForm(data={"agreement": request.args.get("agreement", "")})
    with current().read() as session:
        known = queries.agreements(session)
    offered = [("", ""), *((one.ref, f"{one.ref} · {one.sponsor}") for one in known)]
    form.agreement.choices = as_choices(offered)
    if not form.validate_on_submit():
        return _issue_page(form, bool(known))
    try:
        issued = service.issue(
            current(),
            current_actor(),
            agreement=form.agreement.data,
            from_on=form.first.data,
            to_on=form.last.data,
            supersedes=form.supersedes.data or None,
        )
    except (BadInput, Conflict, NotFound) as error:
        form.refuse(_field_of(error), _sentence(error))
        return _issue_page(form, bool(known))
    flash(f"Statement {issued.ref} was issued")
    return redirect(url_for(".show_statement", ref=issued.ref), code=303)


def _field_of(error: HardshipError) -> str:
    if "correct" in error.what:
        return "supersedes"
    return _FIELDS.get(error.where, "first")


def _sentence(error: HardshipError) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}".strip()


def _issue_page(form: IssueForm, any_agreement: bool) -> str | tuple[str, int]:
    page = render_template("statements/issue.html", form=form, any_agreement=any_agreement)
    return (page, 422) if request.method == "POST" else page


@blueprint.get("/staff/statements/<ref>")
@requires(*READERS)
def show_statement(ref: str) -> str:
    """One statement's figures and files."""
    with current().read() as session:
        statement, agreement = queries.statement_named(session, ref)
        files = [(one.name, one.media_type, len(one.body), one.sha256) for one in _files(session, statement)]
        superseder = queries.superseder(session, statement.id or 0)
    content: dict[str, Any] = json.loads(statement.content)
    return render_template(
        "statements/statement_page.html",
        statement=statement,
        agreement=agreement,
        content=content,
        files=files,
        superseder=superseder,
    )


def _files(session: Any, statement: Any) -> Any:
    return queries.files_of(session, statement.id or 0)


@blueprint.get("/staff/statements/<ref>/<name>")
@requires(*READERS)
def download(ref: str, name: str) -> Response:
    """One file, byte for byte as it was issued."""
    with current().read() as session:
        statement, _ = queries.statement_named(session, ref)
        found = next((one for one in _files(session, statement) if one.name == name), None)
    if found is None:
        raise NotFound("there is no such file", fix="Open the statement again.")
    response = make_response(found.body)
    response.headers["Content-Type"] = found.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response


@blueprint.route("/verify", methods=["GET", "POST"])
@public
def verify() -> str | Response | tuple[str, int]:
    """Anyone: is this file, or the one with this fingerprint, as it was issued?"""
    form = VerifyForm()
    if form.validate_on_submit():
        limits.check(CHECKS, limits.visitor())
        asked = _fingerprint(form)
        if asked:
            return redirect(url_for(".verify", sha256=asked), code=303)
    if request.method == "POST":
        return render_template("statements/verify.html", form=form, asked="", found=None), 422
    asked = request.args.get("sha256", "").lower()
    if not _SHA256.fullmatch(asked):
        return render_template("statements/verify.html", form=form, asked="", found=None)
    limits.check(CHECKS, limits.visitor())
    with current().read() as session:
        found = service.recognise(session, asked)
    return render_template("statements/verify.html", form=form, asked=asked, found=found)


def _fingerprint(form: VerifyForm) -> str:
    """The SHA-256 of the file or as typed; an error at the field otherwise."""
    if form.file.data is not None:
        body = form.file.data.read()
        if body:
            return sha256_hex(body)
        form.refuse("file", "The file is empty")
        return ""
    typed = re.sub(r"[\s:]", "", form.sha256.data or "").lower()
    if not typed:
        form.refuse("file", "Choose a file or enter its fingerprint")
    elif not _SHA256.fullmatch(typed):
        form.refuse("sha256", "A fingerprint has 64 characters, 0 to 9 and a to f")
        return ""
    return typed
