"""Files as people, and worse, send them: photos, papers, bombs, two things in one."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

PLACE = b"CANARY-PLACE-51.5074N"


def packed(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def paper(width: int = 120, height: int = 80, colour: str = "white") -> Image.Image:
    """A page of one colour with a dark corner at the top left, so that one sees how it is turned."""
    page = Image.new("RGB", (width, height), colour)
    page.paste("black", (0, 0, width // 4, height // 4))
    return page


def photo(**options: Any) -> bytes:
    """A plain JPEG."""
    return packed(paper(), "JPEG", **options)


def phone_photo() -> bytes:
    """A photo lying on its side, as phones store them, that says where it was taken, by which phone, and more."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "CANARY-MAKER"
    exif[0x9286] = "CANARY-COMMENT-OF-EXIF"
    exif.get_ifd(0x8825)[29] = PLACE.decode()
    return packed(paper(), "JPEG", exif=exif, comment=b"CANARY-COMMENT", icc_profile=b"CANARY-PROFILE" * 9)


def png_with_words() -> bytes:
    """A PNG with text beside the picture, and something behind its end."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "CANARY-AUTHOR")
    words.add_itxt("Comment", "CANARY-ITXT")
    return packed(paper(), "PNG", pnginfo=words) + b"CANARY-BEHIND"


def moving(kind: str) -> bytes:
    """A picture that moves."""
    frames = [paper(colour=colour) for colour in ("red", "green", "blue")]
    return packed(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def bomb() -> bytes:
    """A PNG of 144 kB that would be 3.6 GB of pixels."""
    side = 30_000
    line = zlib.compressobj(9)
    body = b"".join(line.compress(b"\0" * (side // 8 + 1)) for _ in range(side)) + line.flush()
    return _png(side, side, body)


def hungry() -> bytes:
    """A small PNG whose header says that it is small too, and whose data never end."""
    return _png(100, 100, zlib.compress(b"\0" * 40_000_000, 1)[:-9])


def _png(width: int, height: int, body: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def pdf(
    pages: int = 1, *, password: str = "", script: str = "", size: tuple[float, float] = (595, 842)
) -> bytes:
    """A PDF of empty pages; with a password, or a script that wants to run when it is opened."""
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(*size)
    writer.add_metadata({"/Author": "CANARY-AUTHOR"})
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if password:
        writer.encrypt(password)
    writer.write(out)
    return out.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    """What came out, as a picture."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        image.load()
        return image
