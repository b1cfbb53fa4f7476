"""Who may see a page is written on the view, and a view that says nothing is shown to nobody.

    @blueprint.get("/staff/queue")
    @requires(Permission.SEE_QUEUE)
    def show_queue() -> str: ...

The web layer knows no accounts: the room that does registers a guard for a kind of access with `guard`. A guard
returns None to let the request pass, or a response (a redirect to the sign-in page), or raises `Forbidden`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from hardship.core.errors import Forbidden

V = TypeVar("V", bound=Callable[..., Any])


class Kind(StrEnum):
    """The kinds of access a view can declare."""

    PUBLIC = "public"  # anybody
    APPLICANT = "applicant"  # whoever showed a reference and its claim code, or began an application here
    STAFF = "staff"  # signed in, whatever the role
    PERMISSION = "permission"  # signed in, and holding one of the permissions


@dataclass(frozen=True)
class Access:
    """What a view declares. With several permissions, any one of them opens it."""

    kind: Kind
    permissions: tuple[Any, ...] = ()


Guard = Callable[[Access], ResponseReturnValue | None]


def _marked(view: V, access: Access) -> V:
    cast(Any, view).access = access
    return view


def public(view: V) -> V:
    """Anybody may see this page."""
    return _marked(view, Access(Kind.PUBLIC))


def applicant(view: V) -> V:
    """Only the applicant whose case it is; the room of applications guards it."""
    return _marked(view, Access(Kind.APPLICANT))


def signed_in(view: V) -> V:
    """Any member of staff who is signed in."""
    return _marked(view, Access(Kind.STAFF))


def requires(*permissions: Any) -> Callable[[V], V]:
    """A member of staff who holds one of `permissions`."""
    if not permissions:
        raise ValueError("name at least one permission, or use signed_in")
    return lambda view: _marked(view, Access(Kind.PERMISSION, permissions))


def guard(app: Flask, kind: Kind, check: Guard) -> None:
    """Let `check` decide for every view of `kind`."""
    _guards(app)[kind] = check


def access_of(app: Flask, endpoint: str) -> Access | None:
    """What the view behind an endpoint declares, or None."""
    view = app.view_functions[endpoint]
    found = getattr(view, "access", None) or getattr(getattr(view, "view_class", None), "access", None)
    return cast(Access | None, found)


def undeclared(app: Flask) -> list[str]:
    """The endpoints that declare nothing, for a test to find."""
    return sorted(
        {rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None}
    )


def enforce() -> ResponseReturnValue | None:
    """Before each request: ask the guard of the view's kind. Without a declaration or a guard nobody passes."""
    if request.endpoint is None:
        return None  # no such page; the error page says so
    access = access_of(current_app, request.endpoint)
    if access is None:
        if current_app.testing:
            raise RuntimeError(f"{request.endpoint} declares no access")
        raise Forbidden("You cannot see this page.")
    if access.kind is Kind.PUBLIC:
        return None
    check = _guards(current_app).get(access.kind)
    if check is None:
        raise Forbidden("You cannot see this page.")
    return check(access)


def _guards(app: Flask) -> dict[Kind, Guard]:
    return cast(dict[Kind, Guard], app.extensions.setdefault("hardship_guards", {}))
