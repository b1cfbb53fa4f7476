"""Draws what somebody sent anew, in a process of its own: reads a file from stdin, writes pictures to stdout.

What comes in is never trusted. It is told by its content, decoded to bare pixels, and the pixels are encoded anew as
JPEG: names, places, comments, thumbnails, scripts, and whatever hides behind the end of a picture, stay behind. The
process first gives up what it does not need (see `lock_down`), so that a fault in a decoder reaches nothing.

It is started as a file (`python -I -B redraw.py`), and imports nothing of ours. Out come, for each page, its length
as four bytes, high byte first, and the picture. A refusal is an exit status, one of `Refusal`, and no output.
"""

import io
import resource
import sys
import warnings
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

MAX_BYTES = 8 * 1024 * 1024  # of what comes in
MAX_PIXELS = {"JPEG": 52_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""Of a picture: the largest photos that phones take unasked. A JPEG is decoded at a fraction of its size, the others whole."""
MAX_PAGES = 6  # of a PDF
LONG_EDGE = 2200  # pixels of what goes out: small print on a page of A4 can be read
POINTS_AN_INCH = 72
DOTS_AN_INCH = 180
MAX_PAGE_BYTES = 2 * 1024 * 1024  # of each picture that goes out
QUALITIES = (82, 65, 45)

MEMORY = 768 * 1024 * 1024  # bytes of address space, libraries included
CPU_SECONDS = 10
_NOT_DUMPABLE = 4  # PR_SET_DUMPABLE of prctl(2)

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_KINDS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"RIFF": "WEBP"}


class Refusal(IntEnum):
    """Why nothing was drawn, as the exit status. What is not among them is `UNREADABLE`."""

    UNREADABLE = 10  # broken, or of no kind that is taken
    HEIF = 11  # the format of some phones, which is not taken
    MOVING = 12
    TOO_LARGE = 13  # more pixels than any photo has
    LOCKED = 14  # a PDF with a password
    TOO_MANY_PAGES = 15
    EMPTY = 16


class Refused(Exception):
    """Nothing was drawn."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.name)
        self.why = why


def lock_down() -> None:
    """Give up, for good, what drawing does not need: more memory and time than a photo takes, writing files, opening
    anything at all (so no file and no network), other processes, and leaving a copy of the memory behind."""
    import ctypes  # before nothing can be loaded any more

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),  # stdin, stdout and stderr are open; nothing else ever will be
    ):
        resource.setrlimit(kind, (most, most))


def kind_of(content: bytes) -> str:
    """What a file is by its first bytes: `JPEG`, `PNG`, `WEBP` or `PDF`; raises `Refused` for anything else."""
    if not content:
        raise Refused(Refusal.EMPTY)
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        raise Refused(Refusal.HEIF)
    if content.startswith((b"GIF87a", b"GIF89a")):
        raise Refused(Refusal.MOVING)
    for start, kind in _KINDS.items():
        if content.startswith(start) and (kind != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    if content.startswith(b"%PDF-"):
        return "PDF"
    raise Refused(Refusal.UNREADABLE)


def draw(content: bytes) -> Iterator[bytes]:
    """The pages of a file as JPEG pictures; raises `Refused`."""
    kind = kind_of(content)
    for image in _pages(content) if kind == "PDF" else [_photo(content, kind)]:
        yield _as_jpeg(image)


def _photo(content: bytes, kind: str) -> Any:
    """A photo as upright RGB pixels, no larger than it needs to be."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=(kind,)) as image:
        # Some phones store a second picture in a JPEG (depth, brightness): only the first is looked at.
        if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
            raise Refused(Refusal.MOVING)
        if image.width * image.height > MAX_PIXELS[kind]:
            raise Refused(Refusal.TOO_LARGE)
        image.draft("RGB", (LONG_EDGE, LONG_EDGE))  # a large JPEG is decoded at a fraction of its size
        image.load()
        image.thumbnail((LONG_EDGE, LONG_EDGE), reducing_gap=2.0)
        upright = ImageOps.exif_transpose(image)
    return _on_white(upright)


def _on_white(image: Any) -> Any:
    """The bare pixels as RGB, see-through parts on white: nothing else of the picture comes along."""
    from PIL import Image

    if image.mode.startswith("I"):  # sixteen bits a pixel: `convert` would cut, not scale
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(paper, seen)
    pixels = image.convert("RGB")
    return Image.frombytes("RGB", pixels.size, pixels.tobytes())


def _pages(content: bytes) -> Iterator[Any]:
    """The pages of a PDF, drawn one by one. The library has no scripting engine built in."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        locked = raw.FPDF_GetLastError() in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Refused(Refusal.LOCKED if locked else Refusal.UNREADABLE) from None
    document.init_forms()  # so that a form's fields are drawn as they were filled in
    if not 1 <= len(document) <= MAX_PAGES:
        raise Refused(Refusal.TOO_MANY_PAGES if len(document) else Refusal.EMPTY)
    for page in document:
        longest = max(page.get_size())
        if not longest > 0:
            raise Refused(Refusal.UNREADABLE)
        scale = min(DOTS_AN_INCH / POINTS_AN_INCH, LONG_EDGE / longest)
        yield page.render(scale=scale, fill_color=(255, 255, 255, 255)).to_pil().convert("RGB")
        page.close()


def _as_jpeg(image: Any) -> bytes:
    """The picture as a JPEG of at most `MAX_PAGE_BYTES`: coarser, then smaller, until it fits."""
    while True:
        for quality in QUALITIES:
            packed = io.BytesIO()
            image.save(packed, "JPEG", quality=quality, optimize=True)
            if packed.tell() <= MAX_PAGE_BYTES:
                return packed.getvalue()
        image = image.reduce(2)


def rehearse() -> None:
    """Draw one of each kind, so that the libraries have loaded all they need while files may still be opened."""
    import pypdfium2 as pdfium
    from PIL import Image

    blank, paper = Image.new("RGBA", (8, 8)), pdfium.PdfDocument.new()
    paper.new_page(8, 8)
    for kind in (*_KINDS.values(), "PDF"):
        packed = io.BytesIO()
        if kind == "PDF":
            paper.save(packed)
        else:
            blank.convert("RGB" if kind == "JPEG" else "RGBA").save(packed, kind)
        list(draw(packed.getvalue()))


def main() -> int:
    """Read, draw, write; the exit status says how it went."""
    from PIL import Image

    rehearse()
    Image.MAX_IMAGE_PIXELS = max(MAX_PIXELS.values())
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    lock_down()
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return Refusal.TOO_LARGE
    try:
        pages = list(draw(content))
    except Refused as refused:
        return refused.why
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Refusal.TOO_LARGE
    except Exception:  # a decoder's own word for "broken"; which of hundreds says nothing to anybody
        return Refusal.UNREADABLE
    for page in pages:
        sys.stdout.buffer.write(len(page).to_bytes(4, "big") + page)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
