"""A real Chromium against the real application, on an SQLite instance with a small fund."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from hardship.app import create_app
from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import load

CHROMIUM = "/usr/bin/chromium"
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
PATIENCE = 30_000  # milliseconds: a machine that runs two halves of the suite at once is slow at times
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Site:
    """The running application: its address, and the runtime behind it."""

    url: str
    runtime: Runtime

    def at(self, path: str) -> str:
        """The address of a page."""
        return self.url + path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Callable[[Runtime], "contextmanager[Site]"]:  # type: ignore[type-arg]
    """Serves the application over a runtime: `with serve(runtime) as site: …`."""
    return serving


@contextmanager
def serving(runtime: Runtime) -> Iterator[Site]:
    """The application over `runtime` on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, create_app(runtime), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://localhost:{port}", runtime)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(sqlite_runtime: Runtime) -> Iterator[Site]:
    """The application with the small fund (`tests/integration/applications/helpers.py`), its round open."""
    load(sqlite_runtime)
    with serving(sqlite_runtime) as running:
        yield running


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a tab of a browser of its own: `open_page(javascript=False, viewport=NARROW)`. Fails the test at the end
    if the page asked for anything from elsewhere, or a script broke."""
    contexts, faults = [], list[str]()

    def make(*, javascript: bool = True, viewport: dict[str, int] = WIDE) -> Page:
        context = chromium.new_context(java_script_enabled=javascript, viewport=viewport)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("request", lambda asked: _local(asked.url) or faults.append(f"asked for {asked.url}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not faults, faults


def _local(url: str) -> bool:
    return url.startswith(("http://localhost:", "data:", "blob:", "about:"))


@pytest.fixture(scope="session")
def accessible() -> Callable[[Page], None]:
    """Holds the page that is open to axe, and to the width of its window."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{page.url} is {wider}px wider than the window"

    return check
