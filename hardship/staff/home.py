"""What the rooms add to the staff's pages: a place in the navigation, and what waits for somebody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Flask, current_app, request
from sqlmodel import Session

from hardship.core.actor import Actor
from hardship.staff.permissions import Permission, holds


@dataclass(frozen=True)
class Waiting:
    """Something that waits: `count` of `text` (`one`: the words for a single one), to be dealt with at `href`.
    `capped`: there are at least so many."""

    text: str
    count: int
    href: str
    capped: bool = False
    one: str = ""

    @property
    def words(self) -> str:
        """The words that fit the count."""
        return self.one if self.one and self.count == 1 else self.text


@dataclass(frozen=True)
class Place:
    """An entry of the navigation, shown to whoever holds one of `permissions`."""

    text: str
    href: str
    permissions: tuple[Permission, ...]


Provider = Callable[[Session, Actor], Iterable[Waiting]]


@dataclass
class Home:
    """What was added, in the order of the rooms."""

    places: list[Place] = field(default_factory=list)
    providers: list[tuple[Permission, Provider]] = field(default_factory=list)


def _home(app: Flask) -> Home:
    return cast(Home, app.extensions.setdefault("hardship_staff_home", Home()))


def add_place(app: Flask, text: str, href: str, *permissions: Permission) -> None:
    """Put a page into the navigation of everybody who holds one of `permissions`."""
    _home(app).places.append(Place(text, href, permissions))


def add_waiting(app: Flask, permission: Permission, provider: Provider) -> None:
    """Let `provider(session, actor)` say on the first page what waits for somebody who holds `permission`."""
    _home(app).providers.append((permission, provider))


def places_of(actor: Actor) -> list[Place]:
    """The pages in an actor's navigation."""
    return [
        place
        for place in _home(current_app).places
        if any(holds(actor, allowed) for allowed in place.permissions)
    ]


def waiting_for(session: Session, actor: Actor) -> list[Waiting]:
    """What waits for an actor, by room; things of which there are none are left out."""
    found: list[Waiting] = []
    for permission, provider in _home(current_app).providers:
        if holds(actor, permission):
            found += [waiting for waiting in provider(session, actor) if waiting.count]
    return found


def navigation(actor: Actor) -> list[dict[str, Any]]:
    """The navigation as the staff layout draws it."""
    here = request.path
    return [
        {
            "text": place.text,
            "href": place.href,
            "active": here == place.href or here.startswith(place.href + "/"),
        }
        for place in places_of(actor)
    ]
