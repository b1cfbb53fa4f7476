"""Reading Pay.UK's two files. Values in, values out; what cannot be read is refused with its line."""

import re
from collections.abc import Iterator

from hardship.applications.bankdetails.modulus import Algorithm, Weighting
from hardship.core.errors import BadInput

MAX_BYTES = 4 * 1024 * 1024  # the weight table is about 80 KB
MOST_WEIGHT = 999
_CODE = re.compile(r"[0-9]{6}")
_NUMBER = re.compile(r"-?[0-9]{1,3}")


def read_weights(data: bytes, name: str) -> list[Weighting]:
    """The lines of valacdos.txt: two sort codes, an algorithm, fourteen weights, perhaps an exception.

    Raises `BadInput` with file and line for a file that is something else.
    """
    found: list[Weighting] = []
    for number, cells in _lines(data, name):
        where = f"{name}, line {number}"
        if len(cells) not in (17, 18):
            raise BadInput(
                f"the line has {len(cells)} fields, not 17 or 18", where=where, fix="Import valacdos.txt."
            )
        first, last = cells[0], cells[1]
        if not (_CODE.fullmatch(first) and _CODE.fullmatch(last)) or last < first:
            raise BadInput("not a range of sort codes", where=where, fix="Import valacdos.txt as published.")
        if cells[2] not in set(Algorithm):
            raise BadInput(
                "not an algorithm that is known", where=where, fix=f"Known: {', '.join(Algorithm)}."
            )
        weights = tuple(_number(cell, where) for cell in cells[3:17])
        exception = _number(cells[17], where) if len(cells) == 18 else 0
        if not 0 <= exception <= 14:
            raise BadInput(
                f"exception {exception} is not known",
                where=where,
                fix="Use a newer version of this program, or an older table.",
            )
        found.append(Weighting(first, last, Algorithm(cells[2]), weights, exception))
    return found


def read_substitutes(data: bytes, name: str) -> dict[str, str]:
    """The pairs of scsubtab.txt: a sort code and the one it is checked as. Raises `BadInput` as `read_weights`."""
    found: dict[str, str] = {}
    for number, cells in _lines(data, name):
        if len(cells) != 2 or not all(_CODE.fullmatch(cell) for cell in cells):
            raise BadInput(
                "not two sort codes", where=f"{name}, line {number}", fix="Import scsubtab.txt as published."
            )
        found[cells[0]] = cells[1]
    return found


def is_substitutes(data: bytes) -> bool:
    """Whether the first line has the form of the table of substitutes."""
    first = next((line for line in data.splitlines() if line.strip()), b"")
    return len(first.split()) == 2


def _lines(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    if len(data) > MAX_BYTES:
        raise BadInput("the file is larger than 4 MB", where=name, fix="Check that it is Pay.UK's table.")
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            "the file is not plain text",
            where=f"{name}, line {line}",
            fix="Import the .txt file as published.",
        ) from None
    found = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not found:
        raise BadInput("the file is empty", where=name, fix="Import valacdos.txt or scsubtab.txt.")
    yield from found


def _number(cell: str, where: str) -> int:
    if not _NUMBER.fullmatch(cell) or abs(int(cell)) > MOST_WEIGHT:
        raise BadInput("not a weight", where=where, fix="Import valacdos.txt as published.")
    return int(cell)
