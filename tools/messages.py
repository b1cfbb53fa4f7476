"""The messages that applicants and the public read, and what each language says for them.

`python -m tools.messages` brings every catalogue in `hardship/web/languages/` up to date: a message that is new is added
without a translation, one that is gone is left out. See `docs/languages.md`.
"""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from hardship.config import ROOT, TEMPLATES
from hardship.web.language import ENGLISH, FOLDER, LANGUAGES

KEYWORDS = {
    "_": None,
    "lazy": None,
    "_n": (1, 2),
    "gettext": None,
    "ngettext": (1, 2),
    "BadBankDetails": (2,),
}

ELSEWHERE = re.compile(r'^DOES_NOT_FIT = "([^"]+)"$', re.MULTILINE)
_VALUE = re.compile(r"%\(\w+\)[sd]|%\{\w+\}|%%")

Key = str | tuple[str, str]


def messages() -> dict[Key, list[str]]:
    """Every message (one with a plural is a pair) with the files that say it, in the order of the files."""
    found: dict[Key, list[str]] = {}
    for path in (*sorted((ROOT / "hardship").rglob("*.py")), *sorted(TEMPLATES.rglob("*.*"))):
        for message in _in(path):
            places = found.setdefault(message, [])
            name = str(path.relative_to(ROOT))
            if name not in places:
                places.append(name)
    return found


def _in(path: Path) -> Iterator[Key]:
    content = path.read_bytes()
    if path.suffix == ".py":
        if not re.search(rb"web\.language import|BadBankDetails|DOES_NOT_FIT = ", content):
            return
        found = extract_python(BytesIO(content), list(KEYWORDS), (), {})
        yield from ELSEWHERE.findall(content.decode())
    elif path.suffix in {".html", ".txt"}:
        found = babel_extract(
            BytesIO(content), list(KEYWORDS), (), {"trim_blocks": "true", "lstrip_blocks": "true"}
        )
    else:
        return
    for _line, function, said, _comments in found:
        yield from _said(function, said)


def _said(function: str | None, said: object) -> Iterator[Key]:
    parts = said if isinstance(said, tuple) else (said,)
    if function in {"_n", "ngettext"}:
        one, many = parts[:2]
        yield (str(one), str(many))
        return
    wanted = parts[1] if function == "BadBankDetails" and len(parts) > 1 else parts[0]
    if isinstance(wanted, str) and wanted and not (function == "BadBankDetails" and len(parts) < 2):
        yield wanted


def faults(code: str) -> list[str]:
    """What is wrong with a catalogue, a sentence each: missing, fuzzy, left over, or with other values to fill in."""
    catalogue, wanted, wrong = read(code), messages(), []
    for key, places in wanted.items():
        entry = catalogue.get(key[0] if isinstance(key, tuple) else key)
        if entry is None or not _filled(entry):
            wrong.append(f"missing: {key!r} ({', '.join(places)})")
        elif entry.fuzzy:
            wrong.append(f"fuzzy: {key!r}")
        elif isinstance(key, tuple) != isinstance(entry.id, tuple | list):
            wrong.append(f"plural and not: {key!r}")
        elif not _same_values(entry):
            wrong.append(f"other values: {key!r}")
    known = {key[0] if isinstance(key, tuple) else key for key in wanted}
    left = [entry for entry in catalogue if entry.id and _id(entry) not in known and not entry.user_comments]
    return wrong + [f"said nowhere: {_id(entry)!r}" for entry in left]


def read(code: str) -> Catalog:
    """A language's catalogue."""
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> int:
    """Bring a catalogue up to date; returns how many messages have no translation."""
    old, new = read(code), Catalog(locale=code, fuzzy=False, charset="utf-8")
    for key in messages():
        entry = old.get(key[0] if isinstance(key, tuple) else key)
        new.add(
            key,
            entry.string if entry is not None and isinstance(entry.id, str) == isinstance(key, str) else None,
        )
    for entry in old:
        if entry.id and entry.user_comments and _id(entry) not in new:  # kept by hand: a fund's own words
            new.add(entry.id, entry.string, user_comments=entry.user_comments)
    written = BytesIO()
    write_po(written, new, width=110, no_location=True, omit_header=True)
    (FOLDER / f"{code}.po").write_bytes(_header(code, new).encode() + written.getvalue())
    return sum(1 for entry in new if entry.id and not _filled(entry))


def _header(code: str, catalogue: Catalog) -> str:
    return (
        f"# {LANGUAGES[code]}. A native speaker has still to review it.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {code}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )


def _id(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def _filled(entry: Message) -> bool:
    said = [entry.string] if isinstance(entry.string, str) else list(entry.string or [""])
    return all(said)


def _same_values(entry: Message) -> bool:
    if isinstance(entry.id, str):
        return sorted(_VALUE.findall(entry.id)) == sorted(_VALUE.findall(str(entry.string)))
    return all(set(_VALUE.findall(one)) == set(_VALUE.findall(entry.id[1])) for one in entry.string)


def main() -> None:
    """Update every catalogue and say what is missing."""
    for code in LANGUAGES:
        if code != ENGLISH:
            missing = update(code)
            sys.stdout.write(f"{code}: {missing} messages without a translation\n")


if __name__ == "__main__":
    main()
