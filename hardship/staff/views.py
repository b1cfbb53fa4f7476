"""Pages of the staff's own room: sign-in, sign-out, and the first page."""

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask import session as marks
from werkzeug.wrappers import Response

from hardship.core.actor import SYSTEM
from hardship.core.runtime import current
from hardship.staff import home, proposal_views, service
from hardship.staff.forms import CodeForm, PasswordForm, SignOutForm
from hardship.staff.session import current_actor, current_staff, install, safe_next
from hardship.web import limits, sessions
from hardship.web.access import public, signed_in

blueprint = Blueprint("staff", __name__)

BY_ACCOUNT = limits.Limit("sign-in account", 10, 900)
BY_ADDRESS = limits.Limit("sign-in address", 60, 900)
BY_CODE = limits.Limit("sign-in code", 6, 900)
CODE_WITHIN = 600  # seconds after the password

# One sentence for every reason, so that nobody learns which addresses have an account.
WRONG = "The e-mail address or the password is not right"
WRONG_CODE = "The code is not right, or it was used already. Enter the next one your app shows"
PENDING = "sign_in_pending"  # who gave the right password, when, and where they were going


def init_app(app: Flask) -> None:
    """Register the pages, the guards of every staff page, and what the staff layout shows."""
    install(app)
    app.register_blueprint(blueprint)
    proposal_views.init_app(app)
    app.context_processor(_layout)


def _layout() -> dict[str, Any]:
    staff = current_staff() if request.path.startswith("/staff/") else None
    if staff is None:
        return {}
    return {
        "nav_items": home.navigation(staff.actor),
        "staff_name": staff.email,
        "sign_out_url": url_for("staff.sign_out"),
    }


@blueprint.get("/staff/")
@signed_in
def show_home() -> str:
    """What waits for whoever is signed in, by their roles."""
    actor = current_actor()
    with current().read() as database:
        waiting = home.waiting_for(database, actor)
    return render_template("staff/home.html", waiting=waiting, roles=sorted(actor.roles))


@blueprint.route("/staff/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response | tuple[str, int]:
    """Two steps on one address: the password, then the code."""
    if current_staff() is not None and request.method == "GET":
        return redirect(safe_next(request.args.get("next")), code=303)
    if "email" in request.form or _pending() is None or "again" in request.args:
        return _password_step()
    return _code_step()


def _password_step() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(form)
    email, password = str(form.email.data), str(form.password.data)
    limits.check(BY_ADDRESS, limits.visitor())
    limits.check(BY_ACCOUNT, email.casefold())
    staff_id = service.identify(current(), email=email, password=password)
    if staff_id is None:
        form.refuse("email", WRONG)
        return _page(form)
    marks[PENDING] = [staff_id, _now(), safe_next(request.args.get("next"))]
    return redirect(url_for("staff.sign_in"), code=303)


def _code_step() -> str | Response | tuple[str, int]:
    form = CodeForm()
    pending = _pending()
    if pending is None or not form.validate_on_submit():
        return _page(form)
    staff_id, _, go_to = pending
    limits.check(BY_CODE, str(staff_id))
    actor = current().transact(SYSTEM, service.sign_in, staff_id=staff_id, code=str(form.code.data))
    if actor is None:
        form.code.data = ""
        form.refuse("code", WRONG_CODE)
        return _page(form)
    limits.forget(BY_CODE, str(staff_id))
    marks.clear()
    sessions.rotate(staff_id)
    return redirect(safe_next(go_to), code=303)


@blueprint.post("/staff/sign-out")
@signed_in
def sign_out() -> Response:
    """End the session."""
    if SignOutForm().validate_on_submit():
        current().transact(current_actor(), service.record_sign_out)
        sessions.end()
    return redirect(url_for("staff.sign_in"), code=303)


def _page(form: PasswordForm | CodeForm) -> str | tuple[str, int]:
    step = "code" if isinstance(form, CodeForm) else "password"
    html = render_template(f"staff/sign_in_{step}.html", form=form)
    return (html, 422) if form.errors else html


def _now() -> int:
    return int(current().clock.now().timestamp())


def _pending() -> tuple[int, int, str] | None:
    """Who gave the right password a short while ago in this browser."""
    found = marks.get(PENDING)
    if not found or not 0 <= _now() - found[1] <= CODE_WITHIN:
        return None
    return found[0], found[1], found[2]
