"""The languages of the pages for applicants. Pages for staff, donors and sponsors are in English.

    from hardship.web.language import _, _n, lazy

    _("We have it")                                 # in the language of this request
    _n("%(num)d day", "%(num)d days", days)         # plural forms differ from language to language
    label = TextField(lazy("Reference"))            # made at import, said in the language of each request

The messages are their own keys, in English; `languages/<code>.po` holds what they are in another language. A catalogue
is read when it is first needed, so that nothing has to be compiled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, redirect, request, session
from flask.typing import ResponseReturnValue

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ro": "Română"}
"""Every language by its code (BCP 47), named in itself."""

FOLDER = Path(__file__).parent / "languages"
_ONLY_ENGLISH = ("/staff", "/donate", "/gift", "/verify", "/statement")
_MARK = "language"  # in the session: what was chosen
_spoken: ContextVar[str | None] = ContextVar("language spoken whatever the page's", default=None)


def current_language() -> str:
    """The code of the language to speak now: what `speaking` set; else in a request what was chosen (English on pages
    that have no other)."""
    spoken = _spoken.get()
    if spoken is not None or not has_request_context():
        return spoken or ENGLISH
    if "language" not in g:
        g.language = ENGLISH if request.path.startswith(_ONLY_ENGLISH) else known(session.get(_MARK))
    return cast(str, g.language)


def known(code: object) -> str:
    """The code if it is a language of ours, else English."""
    return code if isinstance(code, str) and code in LANGUAGES else ENGLISH


def was_chosen() -> bool:
    """Whether a language was chosen in this browser."""
    return _MARK in session


def choose(code: str) -> None:
    """Speak this language from now on in this browser; what is no language of ours is English."""
    session[_MARK] = g.language = known(code)
    flask_babel.refresh()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language whatever the page's is, for instance in a mail, or on a slip that a colleague hands over."""
    token = _spoken.set(known(code))
    try:
        yield
    finally:
        _spoken.reset(token)


@cache
def catalogue(code: str) -> NullTranslations:
    """The messages of one language; English is what the messages say themselves."""
    if code == ENGLISH:
        return NullTranslations()
    with (FOLDER / f"{code}.po").open("rb") as file:
        messages = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return cast(NullTranslations, Translations(compiled))


def _(message: str, /, **values: Any) -> str:
    """The message in the current language, with `%(name)s` filled in."""
    said = catalogue(current_language()).ugettext(message)
    return said % values if values else said


def _n(one: str, many: str, number: int, /, **values: Any) -> str:
    """The message for `number` things, with `%(num)d` filled in."""
    said = catalogue(current_language()).ungettext(one, many, number)
    return said % {"num": number, **values}


def lazy(message: str, /, **values: Any) -> str:
    """A message made at import and said when it is shown."""
    return cast(str, flask_babel.speaklater.LazyString(_, message, **values))


class _Catalogues(flask_babel.Domain):
    """Lets Flask-Babel's own functions, and through them the templates, read our catalogues."""

    def get_translations(self) -> NullTranslations:
        return catalogue(current_language())


def install(app: Flask) -> None:
    """Let pages speak: `_` and `{% trans %}` in templates, and `?lang=ro` on any page that has other languages."""
    babel = flask_babel.Babel(app, default_locale=ENGLISH, locale_selector=current_language)
    babel.domain_instance = _Catalogues()
    app.before_request(_chosen_in_the_address)
    app.context_processor(_layout)


def _chosen_in_the_address() -> ResponseReturnValue | None:
    """Take the choice from the address, keep it, and go on at the same page without it."""
    chosen = request.args.get("lang")
    if (
        chosen is None
        or request.method not in {"GET", "HEAD"}
        or request.path.startswith((*_ONLY_ENGLISH, "/static/"))
    ):
        return None
    choose(chosen)
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return redirect(request.path + (f"?{urlencode(rest)}" if rest else ""), code=303)


def _layout() -> dict[str, Any]:
    return {"lang": "en-GB" if current_language() == ENGLISH else current_language(), "languages": _ways}


def _ways() -> list[dict[str, str]]:
    """The other languages of this page, for the switch in the layout: code, name in itself, address."""
    if request.path.startswith(_ONLY_ENGLISH):
        return []
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [
        {"code": code, "name": name, "href": f"{request.path}?{urlencode([*asked, ('lang', code)])}"}
        for code, name in LANGUAGES.items()
        if code != current_language()
    ]
