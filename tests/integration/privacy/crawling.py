"""Goes through the pages as somebody would who fills in every box of every form, and notes which boxes there were."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from wtforms.fields.core import UnboundField

from hardship.web.forms import FileField, Form, LongTextField, PasswordField, TextField
from tests.support.canaries import FIXED, MARK, Aviary

TYPED = (TextField, LongTextField, PasswordField, FileField)
Box = tuple[str, str]
"""A form's class and its field."""


def boxes() -> set[Box]:
    """Every box of every form of the program that takes words or a file."""
    found: set[Box] = set()
    todo = [Form]
    while todo:
        form = todo.pop()
        todo += form.__subclasses__()
        if form.__module__.startswith("hardship."):
            found |= {
                (_name(form), name)
                for name, field in vars(form).items()
                if isinstance(field, UnboundField) and issubclass(field.field_class, TYPED)
            }
    return found


def _name(form: type) -> str:
    return f"{form.__module__.removeprefix('hardship.')}.{form.__name__}"


class Watch:
    """Notes which boxes held a canary when a form was read, and when it was found good."""

    def __init__(self) -> None:
        self.filled: set[Box] = set()
        self.taken: set[Box] = set()

    def put_on(self, setattr_: Callable[..., None]) -> None:
        """Watch every form."""
        begin, judge = Form.__init__, Form.validate

        def watched(form: Form, *args: Any, **options: Any) -> None:
            begin(form, *args, **options)
            self.filled |= set(self._held(form))

        def judged(form: Form, *args: Any, **options: Any) -> Any:
            good = judge(form, *args, **options)
            if good:
                self.taken |= set(self._held(form))
            return good

        setattr_(Form, "__init__", watched)
        setattr_(Form, "validate", judged)

    def _held(self, form: Form) -> Iterator[Box]:
        for field in form:
            raw = [
                one if isinstance(one, str) else getattr(one, "filename", "") or ""
                for one in field.raw_data or ()
            ]
            if any(MARK in one or one in FIXED.values() for one in raw):
                for kind in type(form).__mro__:
                    if isinstance(vars(kind).get(field.name), UnboundField):
                        yield _name(kind), field.name
                        break


class Crawler:
    """One browser. `words` says what to type into boxes of some names instead of a canary, `files` what to send on some
    pages, with `{}` where the canary goes."""

    def __init__(
        self,
        app: Flask,
        client: FlaskClient,
        aviary: Aviary,
        words: Mapping[str, str],
        files: Mapping[str, str],
    ) -> None:
        self.app, self.client, self.aviary, self.words, self.files = app, client, aviary, words, files
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []

    def crawl(self, *starts: str, skip: Callable[[str], bool], most: int = 2) -> None:
        """Follow links from `starts`, at most so many pages of a kind, and send each form that is met."""
        todo, met = list(starts), set(starts)
        while todo:
            path = todo.pop(0)
            rule = self._rule(path)
            if rule is None or self.seen[rule] >= most or skip(path):
                continue
            self.seen[rule] += 1
            answer = self._get(path)
            if answer.mimetype != "text/html" or answer.status_code >= 300:
                if answer.location:
                    todo.append(answer.location)
                continue
            page = BeautifulSoup(answer.data, "html.parser")
            for link in page.find_all("a", href=True):
                target = urljoin(path, str(link["href"]))
                if target.startswith("/") and not target.startswith("//") and target not in met:
                    met.add(target)
                    todo.append(target.partition("#")[0])
            for number, form in enumerate(page.find_all("form")):
                landed = self._send(path, form, number)
                if landed and landed not in met:
                    met.add(landed)
                    todo.append(landed)

    def _note(self, path: str, status: int) -> None:
        if status >= 500:
            self.faults.append(f"{path}: {status}")

    def _rule(self, path: str) -> str | None:
        adapter = self.app.url_map.bind("localhost")
        try:
            return str(adapter.match(urlsplit(path).path)[0])
        except HTTPException:  # no such address
            return None

    def _get(self, path: str) -> Any:
        answer = self.client.get(path)
        self._note(path, answer.status_code)
        return answer

    def _send(self, path: str, form: Tag, number: int) -> str | None:
        action = urljoin(path, str(form.get("action") or path))
        if not action.startswith("/") or "/exit" in action or "sign-out" in action:
            return None
        data = self.filled(path, form)
        if str(form.get("method", "get")).lower() == "get":
            answer = self.client.get(action.partition("?")[0], query_string=data)
        else:
            answer = self.client.post(action, data=data)
        self._note(action, answer.status_code)
        return str(answer.location) if answer.location and answer.location.startswith("/") else None

    def filled(self, path: str, form: Tag) -> dict[str, Any]:
        """Every box of a form filled: words with a canary, amounts and days with one that may be, choices with the first
        that says something."""
        data: dict[str, Any] = {}
        names = Counter(str(box.get("name")) for box in form.find_all("input", {"inputmode": "numeric"}))
        for box in form.find_all(["input", "textarea", "select", "button"]):
            name, kind = str(box.get("name") or ""), str(box.get("type") or box.name)
            if not name:
                continue
            if kind == "hidden":
                data[name] = str(box.get("value") or "")
            elif box.name == "select":
                values = [str(one.get("value") or "") for one in box.find_all("option")]
                data[name] = next((one for one in values if one), "")
            elif kind in ("radio", "checkbox", "submit", "button"):
                data.setdefault(name, str(box.get("value") or "y"))
            elif names[name] == 3:
                data[name] = ["1", "4", "2020"]  # a day in three boxes
            elif kind == "file":
                data[name] = self._file(path, name)
            elif box.get("inputmode") == "decimal":
                data[name] = "1.00"
            else:
                data[name] = self.words.get(name) or self.aviary.value(f"{_kind_of(path)}.{name}")
        return data

    def _file(self, path: str, name: str) -> tuple[io.BytesIO, str]:
        content = self.files.get(urlsplit(path).path, "{}\n").replace(
            "{}", self.aviary.canary(f"{_kind_of(path)}.{name}")
        )
        return io.BytesIO(content.encode()), f"{self.aviary.canary(f'{_kind_of(path)}.file name')}.csv"


def _kind_of(path: str) -> str:
    """A page's address without what is one thing's own."""
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}|\b[0-9A-Z]{10}\b", "…", urlsplit(path).path)
