"""Who is signed in. Flask-Login asks here; the answer comes from the session in the database and the account itself,
so that an account that was disabled, or lost a role, is stopped at its next request."""

from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import flask_login
from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_
from sqlmodel import col

from hardship.core.actor import PUBLIC, Actor, ActorKind
from hardship.core.errors import Forbidden
from hardship.core.runtime import current
from hardship.staff import service
from hardship.staff.models import Staff
from hardship.staff.permissions import holds
from hardship.web import access, sessions
from hardship.web.models import WebSession

HOME = "/staff/"


class SignedIn:
    """A member of staff as Flask-Login knows one."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, actor: Actor, email: str) -> None:
        self.actor = actor
        self.email = email

    def get_id(self) -> str:
        """The account's number."""
        return self.actor.id


def install(app: Flask) -> None:
    """Let the application know its staff, and guard the pages that are theirs."""
    manager = flask_login.LoginManager()
    manager.session_protection = (
        None  # the session is in the database; nothing of it can be copied but its id
    )
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load)
    account = and_(col(Staff.id) == col(WebSession.staff_id), col(Staff.disabled_at).is_(None))
    cast(sessions.DatabaseSessions, app.session_interface).belong_to(Staff, account, _signed_in)
    access.guard(app, access.Kind.STAFF, _guard)
    access.guard(app, access.Kind.PERMISSION, _guard)


def _load(_request: Any) -> SignedIn | None:
    return cast(SignedIn | None, sessions.current_session().owner)


def _signed_in(staff: Staff) -> SignedIn:
    return SignedIn(Actor(ActorKind.STAFF, str(staff.id), staff.roles), staff.email)


def current_staff() -> SignedIn | None:
    """Whoever is signed in, or None."""
    user = flask_login.current_user
    return cast(SignedIn, user) if user.is_authenticated else None


def current_actor() -> Actor:
    """The actor of this request: the member of staff who is signed in, else the public."""
    staff = current_staff()
    return staff.actor if staff else PUBLIC


def _guard(rule: access.Access) -> ResponseReturnValue | None:
    staff = current_staff()
    if staff is None:
        asked = {"next": request.full_path.rstrip("?")} if request.method == "GET" else {}
        query = f"?{urlencode(asked)}" if asked and request.path != HOME else ""
        return redirect(url_for("staff.sign_in") + query, code=303)
    if rule.kind is access.Kind.STAFF or any(
        holds(staff.actor, permission) for permission in rule.permissions
    ):
        return None
    deny(staff.actor, request.endpoint or "")
    raise Forbidden("You cannot see this page.", fix="Ask an administrator if your work needs it.")


def deny(actor: Actor, what: str) -> None:
    """Write into the event log that somebody tried what they may not."""
    current().transact(actor, service.record_denial, what=what)


def safe_next(asked: str | None) -> str:
    """Where to go after sign-in: a staff page of ours, whatever was asked for."""
    wanted = (asked or "")[:500]
    parts = urlsplit(wanted) if wanted.isprintable() and "\\" not in wanted else None
    ours = parts is not None and not parts.scheme and not parts.netloc
    if not ours or not wanted.startswith(HOME) or wanted.startswith("/staff/sign-"):
        return HOME
    return wanted
