"""Attack 21: whatever is sent as a document, what is kept are pixels that we drew ourselves.

Each test starts the real process.
"""

import contextlib
import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardship.applications.evidence import drawing, redraw
from hardship.applications.evidence.drawing import drawn
from hardship.applications.evidence.redraw import LONG_EDGE, MAX_PAGE_BYTES, Refusal
from hardship.core.errors import BadInput
from tests.support import pictures

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64


@pytest.mark.parametrize(
    "content",
    [
        pictures.photo(),
        pictures.packed(pictures.paper(), "PNG"),
        pictures.packed(pictures.paper(), "WEBP"),
        pictures.packed(pictures.paper().convert("P"), "PNG"),
        pictures.packed(pictures.paper().convert("LA"), "PNG"),
        pictures.packed(pictures.paper().convert("CMYK"), "JPEG"),
        pictures.packed(Image.new("I;16", (120, 80), 60_000), "PNG"),
    ],
    ids=["jpeg", "png", "webp", "palette", "grey and alpha", "cmyk", "sixteen bits"],
)
def test_a_photo_of_any_kind_becomes_one_jpeg_of_the_same_shape(content: bytes) -> None:
    (page,) = drawn(content)
    image = pictures.opened(page)
    assert (image.mode, image.size) == ("RGB", (120, 80))
    assert min(image.getpixel((100, 60))) > 200  # type: ignore[arg-type, type-var]


def test_place_maker_comment_profile_and_thumbnail_stay_behind_and_the_photo_is_upright() -> None:
    content = pictures.phone_photo()
    assert pictures.PLACE in content
    (page,) = drawn(content)
    image = pictures.opened(page)
    assert b"CANARY" not in page
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert image.size == (80, 120)
    assert max(image.getpixel((70, 5))) < 60  # type: ignore[arg-type, type-var]  # the corner went to the right


def test_what_stands_beside_or_behind_a_picture_stays_behind() -> None:
    for content in (pictures.png_with_words(), pictures.photo() + b"PK\x03\x04CANARY-ZIP" + SVG):
        (page,) = drawn(content)
        assert b"CANARY" not in page
        assert b"<svg" not in page
        assert page.endswith(b"\xff\xd9")


def test_a_picture_that_is_a_script_as_well_is_only_a_picture_afterwards() -> None:
    """A polyglot: valid JPEG, whose comment is a script that a browser would run if it took the file for HTML."""
    script = b"*/=CANARY;alert(document.domain);/*<script src=x></script>"
    (page,) = drawn(pictures.photo(comment=script))
    assert b"alert" not in page
    assert b"<script" not in page


def test_see_through_parts_are_white() -> None:
    (page,) = drawn(pictures.packed(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert min(pictures.opened(page).getpixel((10, 10))) > 250  # type: ignore[arg-type, type-var]


def test_a_second_picture_inside_a_photo_is_not_looked_at() -> None:
    (page,) = drawn(pictures.moving("MPO"))
    red, green, blue = pictures.opened(page).getpixel((100, 60))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)


def test_a_large_photo_is_made_smaller_and_noise_fits_too() -> None:
    noise = Image.effect_noise((3000, 2200), 120).convert("RGB")
    (page,) = drawn(pictures.packed(noise, "JPEG", quality=75))
    image = pictures.opened(page)
    assert max(image.size) <= LONG_EDGE
    assert len(page) <= MAX_PAGE_BYTES


def test_the_pages_of_a_pdf_become_pictures_without_its_words_and_scripts() -> None:
    pages = drawn(pictures.pdf(2, script="app.alert('CANARY-SCRIPT')"))
    assert len(pages) == 2
    assert all(pictures.opened(page).size == (1488, 2105) for page in pages)
    assert b"CANARY" not in b"".join(pages)


def test_a_page_as_large_as_a_house_is_drawn_no_larger_than_any_other() -> None:
    (page,) = drawn(pictures.pdf(size=(14_400, 9_000)))
    assert max(pictures.opened(page).size) <= LONG_EDGE


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Refusal.EMPTY),
        (SVG, Refusal.UNREADABLE),
        (b"<html><script>alert(1)</script>", Refusal.UNREADABLE),
        (b"PK\x03\x04" + b"\0" * 100, Refusal.UNREADABLE),
        (b"\xff\xd8\xff" + b"not a photo at all", Refusal.UNREADABLE),
        (pictures.packed(pictures.paper(900, 900), "PNG")[:300], Refusal.UNREADABLE),
        (pictures.photo()[:-200], Refusal.UNREADABLE),
        (pictures.pdf()[:200], Refusal.UNREADABLE),
        (pictures.moving("PNG"), Refusal.MOVING),
        (pictures.moving("WEBP"), Refusal.MOVING),
        (pictures.moving("GIF"), Refusal.MOVING),
        (pictures.bomb(), Refusal.TOO_LARGE),
        (pictures.photo() + b"\0" * redraw.MAX_BYTES, Refusal.TOO_LARGE),
        (HEIC, Refusal.HEIF),
        (pictures.pdf(password="secret"), Refusal.LOCKED),
        (pictures.pdf(7), Refusal.TOO_MANY_PAGES),
    ],
    ids=lambda value: value.name if isinstance(value, Refusal) else "",
)
def test_what_is_not_taken_is_refused_with_what_to_do(content: bytes, why: Refusal) -> None:
    with pytest.raises(BadInput) as refused:
        drawn(content)
    assert refused.value.what == str(drawing.WHY[why][0])
    assert refused.value.fix


def test_a_small_file_that_unpacks_without_end_hurts_nobody() -> None:
    """The header says a hundred by a hundred: only so much is unpacked."""
    pages = []
    with contextlib.suppress(BadInput):
        pages = drawn(pictures.hungry())
    assert sum(map(len, pages)) <= MAX_PAGE_BYTES


@settings(max_examples=6)
@given(
    st.binary(max_size=60),
    st.sampled_from([pictures.photo(), pictures.pdf(), pictures.packed(pictures.paper(), "PNG")]),
    st.integers(0, 400),
)
def test_a_file_with_a_damaged_middle_is_drawn_or_refused_and_never_passed_on(
    damage: bytes, whole: bytes, at: int
) -> None:
    try:
        pages = drawn(whole[:at] + damage + whole[at + len(damage) :])
    except BadInput:
        return
    for page in pages:
        assert pictures.opened(page).mode == "RGB"


# --- The process ----------------------------------------------------------------------------------------------------


def program(tmp_path: Path, body: str) -> Path:
    """A stand-in for the process that draws."""
    made = tmp_path / "stand_in.py"
    made.write_text(textwrap.dedent(body))
    return made


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname').read()",
        "open({canary!r}, 'wb').write(content)",
        "import socket; socket.socket()",
        "import os; os.open('/', os.O_RDONLY)",
        "bytearray(2 * 1024 ** 3)",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_once_it_is_locked_down_it_can_open_write_and_reach_nothing(tmp_path: Path, attempt: str) -> None:
    """The real `lock_down`, and then what somebody would try who had taken over a decoder."""
    canary = tmp_path / "canary"
    code = f"""
        import sys, socket, subprocess
        sys.path.insert(0, {str(drawing.PROGRAM.parent)!r})
        import redraw
        redraw.lock_down()
        content = sys.stdin.buffer.read()
        try:
            {attempt.format(canary=str(canary))}
        except (OSError, MemoryError):
            sys.exit(7)
        sys.exit(0)
    """
    status, _said = drawing._run(b"secret", program(tmp_path, code))
    assert status == 7
    assert not canary.exists()


def test_its_limits_are_for_good(tmp_path: Path) -> None:
    code = f"""
        import ctypes, resource, sys
        sys.path.insert(0, {str(drawing.PROGRAM.parent)!r})
        import redraw
        libc = ctypes.CDLL(None)
        redraw.lock_down()
        names = ("AS", "CPU", "FSIZE", "CORE", "NPROC", "NOFILE")
        limits = [resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names]
        dumpable = libc.prctl(3) if sys.platform == "linux" else 0
        sys.stdout.write(f"{{limits}} {{dumpable}}")
    """
    expected = [(most, most) for most in (redraw.MEMORY, redraw.CPU_SECONDS, 0, 0, 0, 3)]
    assert drawing._run(b"", program(tmp_path, code)) == (0, f"{expected} 0".encode())


def test_nothing_of_ours_is_in_its_environment_and_no_file_of_ours_is_open(tmp_path: Path) -> None:
    code = """
        import os, sys
        own = len(os.listdir('/proc/self/fd')) - 1 if os.path.isdir('/proc/self/fd') else 3
        sys.stdout.write(f"{sorted(set(os.environ) - {'LC_CTYPE'})} {own}")
    """
    with open(os.devnull, "rb") as mine:
        os.set_inheritable(mine.fileno(), True)
        assert drawing._run(b"", program(tmp_path, code)) == (0, b"[] 3")


def test_one_that_never_ends_is_stopped(tmp_path: Path) -> None:
    status, said = drawing._run(b"x" * 1_000_000, program(tmp_path, "while True: pass"), seconds=0.2)
    assert status < 0
    assert said == b""


def test_one_that_never_stops_talking_is_stopped(tmp_path: Path) -> None:
    code = """
        import sys
        while True: sys.stdout.buffer.write(b'x' * 1_000_000)
    """
    status, said = drawing._run(b"", program(tmp_path, code))
    assert status
    assert len(said) <= drawing._MOST + 1


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        (5).to_bytes(4, "big") + b"<svg>",
        (500).to_bytes(4, "big") + b"\xff\xd8\xff\xff\xd9",
        ((5).to_bytes(4, "big") + b"\xff\xd8\xff\xff\xd9") * (redraw.MAX_PAGES + 1),
        b"",
    ],
    ids=["words", "no picture", "cut short", "too many", "nothing"],
)
def test_what_the_process_says_is_not_believed(said: bytes) -> None:
    assert drawing._pages(said) == []


def test_it_stands_on_nothing_of_ours() -> None:
    """It runs alone: no module of ours is loaded into the process that opens what strangers send."""
    code = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='x'); print([m for m in sys.modules if m.startswith('hardship')])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(drawing.PROGRAM)], capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


def test_what_draws_a_pdf_has_no_scripting_engine() -> None:
    import pypdfium2

    assert not {"V8", "XFA"} & set(pypdfium2.PDFIUM_INFO.flags)


def test_a_form_in_a_pdf_shows_what_was_filled_in() -> None:
    """Papers from offices are forms: their fields are drawn as they were filled in."""
    from pypdf import PdfWriter
    from pypdf.generic import (
        ArrayObject,
        DictionaryObject,
        FloatObject,
        NameObject,
        TextStringObject,
    )

    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    field = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("name"),
            NameObject("/V"): TextStringObject("MMMMMMMM"),
            NameObject("/DA"): TextStringObject("/Helv 24 Tf 0 g"),
            NameObject("/Rect"): ArrayObject([FloatObject(n) for n in (10, 80, 190, 120)]),
            NameObject("/F"): FloatObject(4),
        }
    )
    reference = writer._add_object(field)
    page[NameObject("/Annots")] = ArrayObject([reference])
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([reference])}
    )
    out = io.BytesIO()
    writer.write(out)
    (drawn_page,) = drawn(out.getvalue())
    assert min(low for low, _high in pictures.opened(drawn_page).getextrema()) < 100  # type: ignore[misc]
