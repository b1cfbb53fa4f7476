"""The same form sent twice at one instant, over HTTP to a server with threads, as an impatient hand does."""

import html
import http.client
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from flask import Flask
from sqlmodel import col, select
from werkzeug.serving import make_server

from hardship.app import create_app
from hardship.audit.models import AuditEvent
from hardship.core.runtime import Runtime
from tests.integration.staff.signing import sign_in

Fields = list[tuple[str, str]]
Upload = tuple[str, bytes]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    where: str
    text: str

    @property
    def is_done(self) -> bool:
        """Whether it leads on."""
        return self.status in {302, 303}

    @property
    def is_plain(self) -> bool:
        """Whether it is an answer that a person can go on from: done, a file, or a page with a heading that says why."""
        said = "<h1" in self.text and ("govuk-body" in self.text or "govuk-error" in self.text)
        return self.is_done or self.status == 200 or (self.status in {403, 409, 422} and said)


@dataclass
class Presses:
    """A served application, and people who press its buttons."""

    runtime: Runtime
    app: Flask
    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def join(self, *names: str) -> None:
        """Sign people in."""
        for name in names:
            client = self.app.test_client()
            sign_in(client, self.runtime, f"{name}@example.org")
            jar = client._cookies.values()  # type: ignore[attr-defined]  # what a browser would send
            self.cookies[name] = "; ".join(f"{one.key}={one.value}" for one in jar)

    def ask(self, who: str, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """One request on a connection of its own."""
        link = http.client.HTTPConnection("localhost", self.port, timeout=60)
        headers = {"Cookie": self.cookies[who]} | ({"Content-Type": kind} if kind else {})
        link.request(method, path, body=body, headers=headers)
        got = link.getresponse()
        answer = Answer(got.status, got.getheader("Location") or "", got.read().decode(errors="replace"))
        link.close()
        return answer

    def form(self, who: str, page: str, action: str) -> Fields:
        """The hidden fields of the form on a page that is sent to `action`."""
        shown = self.ask(who, "GET", page)
        assert shown.status == 200, (page, shown.status, shown.text)
        for attributes, inside in re.findall(r"<form([^>]*)>(.*?)</form>", shown.text, re.DOTALL):
            found = re.search(r'action="([^"]*)"', attributes)
            if (html.unescape(found[1]) if found else page) in {action, ""} and 'method="post"' in attributes:
                tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', inside)
                return [(_of(tag, "name"), _of(tag, "value")) for tag in tags]
        raise AssertionError(f"{page} has no form for {action}: {shown.text}")

    def press(
        self,
        who: str,
        page: str,
        action: str = "",
        upload: Upload | None = None,
        **typed: str | dict[str, str],
    ) -> "Press":
        """The form of a page filled in, with the finger on its button."""
        where = action or page
        fields = self.form(who, page, action or page.split("?")[0])
        for name, value in typed.items():
            if isinstance(value, dict):
                fields += [(name, part) for part in value.values()]
            else:
                fields = [one for one in fields if one[0] != name] + [(name, value)]
        if upload is not None:
            return Press(who, where, *_multipart(fields, upload))
        return Press(who, where, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def twice(self, who: str, page: str, action: str = "", **given: Any) -> tuple[list[Answer], Counter[str]]:
        """Press a button twice at once; the answers, those that lead on first, and the events that came of it."""
        once = self.press(who, page, action, **given)
        return self.at_once(once, once)

    def at_once(self, *presses: "Press") -> tuple[list[Answer], Counter[str]]:
        """Press all of these at one instant; the answers, those that lead on first, and the events that came of it."""
        before = self._last()
        start = threading.Barrier(len(presses))
        answers: list[Answer] = []

        def go(one: Press) -> None:
            start.wait(timeout=60)
            answers.append(self.ask(one.who, "POST", one.where, one.body, one.kind))

        threads = [threading.Thread(target=go, args=(one,)) for one in presses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert len(answers) == len(presses)
        assert all(one.is_plain for one in answers), [(one.status, one.text) for one in answers]
        return sorted(answers, key=lambda one: (not one.is_done, one.status)), self._events(before)

    def _last(self) -> int:
        with self.runtime.read() as session:
            return session.exec(select(AuditEvent.seq).order_by(col(AuditEvent.seq).desc())).first() or 0

    def _events(self, after: int) -> Counter[str]:
        with self.runtime.read() as session:
            bodies = session.exec(select(AuditEvent.body).where(AuditEvent.seq > after)).all()
        return Counter(json.loads(body)["kind"] for body in bodies)


@dataclass(frozen=True)
class Press:
    """A form that is ready to be sent."""

    who: str
    where: str
    body: bytes
    kind: str


def _of(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _multipart(fields: Fields, upload: Upload) -> tuple[bytes, str]:
    mark = uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    name, data = upload
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{quote(name)}"\r\n\r\n'
    return b"".join(
        [*parts, head.encode(), data, f"\r\n--{mark}--\r\n".encode()]
    ), f"multipart/form-data; boundary={mark}"


@contextmanager
def served(runtime: Runtime) -> Iterator[Presses]:
    """The application over `runtime`, served with threads on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(runtime)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Presses(runtime, app, port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
