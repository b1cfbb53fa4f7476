"""A stand-in for a charity's text gateway: a real HTTP server that takes one message a POST, and knows a key again.

By hand: `python -m tests.support.sms_gateway --port 12222`, then `SMS_URL=http://localhost:12222/messages hardship worker`;
it prints what it was given.
"""

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """What the stand-in was asked, and what it sent: one message a key.

    `answers` holds the status for numbers that end so; `deaf_once` lets it take the next message and say nothing.
    """

    token: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    deaf_once: bool = False
    asked: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""

    def status(self, headers: dict[str, str], body: dict[str, Any]) -> int | None:
        """Take a message; None is no answer at all."""
        self.asked.append((headers, body))
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            return 401
        refused = next((code for end, code in self.answers.items() if body["to"].endswith(end)), 0)
        if refused:
            return refused
        self.sent.setdefault(headers["idempotency-key"], body)
        if self.deaf_once:
            self.deaf_once = False
            return None
        return 202


@contextmanager
def running(gateway: Gateway, port: int = 0) -> Iterator[Gateway]:
    """The stand-in on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 — the server's name for it
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = gateway.status({name.lower(): text for name, text in self.headers.items()}, body)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            said = json.dumps({"detail": f"about {body['to']}"}).encode()
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}/messages?account=7"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Shown(Gateway):
    def status(self, headers: dict[str, str], body: dict[str, Any]) -> int | None:
        """Take a message and show it."""
        sys.stdout.write(f"{json.dumps(body, ensure_ascii=False)}\n")
        sys.stdout.flush()
        return super().status(headers, body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for a text gateway.")
    parser.add_argument("--port", type=int, default=12222)
    with running(_Shown(), parser.parse_args().port):
        threading.Event().wait()
