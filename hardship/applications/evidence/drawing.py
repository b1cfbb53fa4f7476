"""Has a file drawn anew by a process of its own (see `redraw`), and believes nothing of what that process says."""

import subprocess
import sys
import threading
from pathlib import Path

from hardship.applications.evidence.redraw import MAX_BYTES, MAX_PAGE_BYTES, MAX_PAGES, Refusal
from hardship.core.errors import BadInput
from hardship.web.language import lazy

PROGRAM = Path(__file__).with_name("redraw.py")
SECONDS = 20.0  # by the clock on the wall; a photo takes less than one
_MOST = MAX_PAGES * (MAX_PAGE_BYTES + 4)

WHY = {
    Refusal.UNREADABLE: (
        lazy("We could not open this file"),
        lazy("Take a photo of the paper or of the screen, and send that."),
    ),
    Refusal.HEIF: (
        lazy("We cannot open this kind of photo"),
        lazy("Open the photo on your phone, take a screenshot of it, and send that."),
    ),
    Refusal.MOVING: (lazy("This is a moving picture"), lazy("Send a photo or a PDF.")),
    Refusal.TOO_LARGE: (
        lazy("This file is too large"),
        lazy("Take a screenshot of it, and send that. A file may have 8 MB."),
    ),
    Refusal.LOCKED: (
        lazy("This PDF has a password"),
        lazy("Open it, take a screenshot of it, and send that."),
    ),
    Refusal.TOO_MANY_PAGES: (
        lazy("This PDF has more than 6 pages"),
        lazy("Send only the pages that we need to see."),
    ),
    Refusal.EMPTY: (lazy("This file is empty"), lazy("Choose another one.")),
}
"""What somebody is told whose file was not drawn, and what to do."""


def drawn(content: bytes) -> list[bytes]:
    """The pages of a file as JPEG pictures of our own; raises `BadInput` with what to do. The file touches no disk."""
    if len(content) > MAX_BYTES:
        raise _refused(Refusal.TOO_LARGE)
    status, said = _run(content)
    if status:
        raise _refused(Refusal(status) if status in set(Refusal) else Refusal.UNREADABLE)
    pages = _pages(said)
    if not pages:
        raise _refused(Refusal.UNREADABLE)
    return pages


def _refused(why: Refusal) -> BadInput:
    what, fix = WHY[why]
    return BadInput(str(what), where="file", fix=str(fix))


def _run(content: bytes, program: Path = PROGRAM, seconds: float = SECONDS) -> tuple[int, bytes]:
    """The exit status of the process (not 0 when it was stopped), and at most as much as pages can be."""
    with subprocess.Popen(
        [sys.executable, "-I", "-B", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        close_fds=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        alarm = threading.Timer(seconds, process.kill)
        feeder = threading.Thread(target=_feed, args=(process, content))
        alarm.start()
        feeder.start()
        try:
            said = process.stdout.read(_MOST + 1)
            if len(said) > _MOST:
                process.kill()
            process.stdout.close()
            feeder.join()
            return process.wait(), said
        finally:
            process.kill()
            alarm.cancel()
            alarm.join()


def _feed(process: "subprocess.Popen[bytes]", content: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(content)
        process.stdin.close()
    except BrokenPipeError:
        return  # it has stopped reading: its exit status says why


def _pages(said: bytes) -> list[bytes]:
    """The pictures in what was said; none at all when anything about it is not as it should be."""
    found: list[bytes] = []
    while said:
        length = int.from_bytes(said[:4], "big")
        page, said = said[4 : 4 + length], said[4 + length :]
        whole = len(page) == length <= MAX_PAGE_BYTES
        if not whole or not page.startswith(b"\xff\xd8\xff") or not page.endswith(b"\xff\xd9"):
            return []
        found.append(page)
    return found if len(found) <= MAX_PAGES else []
