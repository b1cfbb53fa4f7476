"""Reading a published list: the UK Sanctions List (FCDO) as CSV or XML, and the consolidated list of OFSI (2022 format)
as CSV or XML. Values in, values out; ships are left out. What cannot be read is refused with its place.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from hardship.core.errors import BadInput
from hardship.payouts.sanctions.names import Listed

MAX_BYTES = 256 * 1024 * 1024
MAX_NAME = 400
FIX = "Import the list as it is published: UK-Sanctions-List.csv or .xml."

UK_LIST = "uk-sanctions-list"
CONSOLIDATED = "ofsi-consolidated"

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_DATE = re.compile(
    r"(?P<day>\d{1,2})[-/ ](?P<month>\d{1,2}|[A-Za-z]{3,9})[-/ ](?P<year>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME_PARTS = ("name1", "name2", "name3", "name4", "name5", "name6")


@dataclass(frozen=True)
class Published:
    """A list as it was read: which, of what day, and its entries in the order of their ids."""

    form: str
    published_on: dt.date | None
    entries: tuple[Listed, ...] = field(repr=False)

    @property
    def names(self) -> int:
        """How many names it holds."""
        return sum(len(entry.names) for entry in self.entries)


def read_list(data: bytes, name: str) -> Published:
    """The list in a file's bytes; raises `BadInput` with the place of what is wrong."""
    if len(data) > MAX_BYTES:
        raise BadInput("the file is larger than 256 MB", where=name, fix=FIX)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise BadInput("the file is empty", where=name, fix=FIX)
    looks_xml = head.startswith(b"<") or data.startswith((b"\xff\xfe", b"\xfe\xff"))
    form, day, rows = _from_xml(data, name) if looks_xml else _from_csv(data, name)
    entries = _gathered(rows)
    if not entries:
        raise BadInput("the file names nobody", where=name, fix=FIX)
    return Published(form, day, entries)


@dataclass(frozen=True)
class _Row:
    """One name of an entry, or some names of it."""

    uid: str
    kind: str
    names: Sequence[str]
    years: Sequence[int]


def _gathered(rows: Iterable[_Row]) -> tuple[Listed, ...]:
    """The rows of each entry together; ships left out, names and years once each."""
    names: dict[str, dict[str, None]] = {}
    years: dict[str, set[int]] = {}
    for row in rows:
        if row.kind.strip().casefold() == "ship":
            continue
        known = names.setdefault(row.uid, {})
        known.update({" ".join(name.split())[:MAX_NAME]: None for name in row.names if name.strip()})
        years.setdefault(row.uid, set()).update(row.years)
    return tuple(
        Listed(uid, tuple(names[uid]), tuple(sorted(years[uid]))) for uid in sorted(names) if names[uid]
    )


def day_in(text: str) -> dt.date | None:
    """The first date in a text (17/02/2022, 17-Feb-2022, 2022-02-17); None when there is none."""
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        if found["iso"]:
            return dt.date.fromisoformat(found["iso"])
        month = found["month"]
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].casefold()) + 1
        return dt.date(int(found["year"]), number, int(found["day"]))
    except ValueError:
        return None


def _years(text: str) -> list[int]:
    return [int(year) for year in _YEAR.findall(text)]


# --- CSV ----------------------------------------------------------------------------------------------------------


def _from_csv(data: bytes, name: str) -> tuple[str, dt.date | None, list[_Row]]:
    """A first line with the day of the list, a header, and a row for each name of each entry."""
    reader = csv.reader(io.StringIO(_text(data, name), newline=""))
    day: dt.date | None = None
    try:
        for cells in reader:
            columns = {_plain(cell): at for at, cell in enumerate(cells)}
            if "name6" in columns and {"uniqueid", "groupid"} & set(columns):
                form = UK_LIST if "uniqueid" in columns else CONSOLIDATED
                return form, day, list(_csv_rows(reader, columns, name))
            day = day or day_in(" ".join(cells))
            if reader.line_num > 20:
                break
    except csv.Error:
        raise BadInput(
            "the row is not well-formed CSV", where=f"{name}, line {reader.line_num}", fix=FIX
        ) from None
    raise BadInput("no header of a sanctions list is in its first lines", where=name, fix=FIX)


def _text(data: bytes, name: str) -> str:
    if b"\0" in data:
        raise BadInput("the file holds a NUL byte", where=name, fix=FIX)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # as the consolidated list was published


def _plain(text: str) -> str:
    """A column's name without case, blanks and signs: `Name 6`, `D.O.B`, `Unique ID`."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _csv_rows(reader: Any, columns: Mapping[str, int], name: str) -> Iterator[_Row]:
    def cell(cells: Sequence[str], *wanted: str) -> str:
        for column in wanted:
            at = columns.get(column)
            if at is not None and at < len(cells):
                return cells[at].strip()
        return ""

    for cells in reader:
        if not any(one.strip() for one in cells):
            continue
        uid = cell(cells, "uniqueid", "groupid")
        if not uid:
            where = f"{name}, line {reader.line_num}"
            raise BadInput("a row without the id of its entry", where=where, fix=FIX)
        whole = " ".join(cell(cells, part) for part in _NAME_PARTS)
        other = cell(cells, "namenonlatinscript")
        kind = cell(cells, "designationtype", "individualentityship", "grouptype")
        yield _Row(uid, kind, (whole, other), _years(cell(cells, "dob")))


# --- XML ----------------------------------------------------------------------------------------------------------


@dataclass
class _Node:
    """An element of one record: its name without a namespace, its text, its children."""

    tag: str
    text: str = ""
    children: list["_Node"] = field(default_factory=list)

    def all(self, *path: str) -> list["_Node"]:
        """The elements at a path below this one."""
        found = [self]
        for tag in path:
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def one(self, *path: str) -> str:
        """The text of the first element at a path, or ""."""
        return next((node.text.strip() for node in self.all(*path)), "")


@dataclass(frozen=True)
class _Form:
    """One XML form: the root element, that of a record, where the list's own day stands, and how a record is read."""

    name: str
    record: str
    day: str
    read: Callable[[_Node], _Row]


def _designation(node: _Node) -> _Row:
    names = [" ".join(one.one(f"Name{n}") for n in range(1, 7)) for one in node.all("Names", "Name")]
    names += [one.text for one in node.all("NonLatinNames", "NonLatinName", "NameNonLatinScript")]
    births = node.all("IndividualDetails", "Individual", "DOBs", "DOB")
    years = [year for birth in births for year in _years(birth.text)]
    return _Row(node.one("UniqueID"), node.one("IndividualEntityShip"), names, years)


def _target(node: _Node) -> _Row:
    by_name = {child.tag.casefold(): child.text.strip() for child in node.children}
    whole = " ".join(by_name.get(part, "") for part in _NAME_PARTS)
    names = (whole, by_name.get("namenonlatinscript", ""))
    kind = by_name.get("grouptypedescription", "")
    return _Row(by_name.get("groupid", ""), kind, names, _years(by_name.get("individual_dateofbirth", "")))


_FORMS = {
    "Designations": _Form(UK_LIST, "Designation", "DateGenerated", _designation),
    "ArrayOfFinancialSanctionsTarget": _Form(
        CONSOLIDATED, "FinancialSanctionsTarget", "LastUpdated", _target
    ),
}


class _Reader:
    """Reads a list element by element, so that its size does not matter, and takes no declaration of its own kinds of
    document (no DTD, no entities)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.form: _Form | None = None
        self.day: dt.date | None = None
        self.rows: list[_Row] = []
        self._open: list[_Node] = []
        self._depth = 0
        self._text: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._declared

    def read(self, data: bytes) -> None:
        """Read all of it; raises `BadInput`."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            what = f"not well-formed XML ({expat.ErrorString(error.code)})"
            raise BadInput(what, where=f"{self.name}, line {error.lineno}", fix=FIX) from None
        except (ValueError, LookupError):  # an encoding that is none
            raise BadInput("the file's encoding is not known", where=self.name, fix=FIX) from None

    def _where(self) -> str:
        return f"{self.name}, line {self._parser.CurrentLineNumber}"

    def _declared(self, *_: Any) -> None:
        raise BadInput("the file declares a document type", where=self._where(), fix=FIX)

    def _start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        self._depth += 1
        self._text.clear()
        if self._depth == 1:
            self.form = _FORMS.get(local)
            if self.form is None:
                raise BadInput("not a sanctions list that is known", where=self._where(), fix=FIX)
        elif self._open or (self.form and local == self.form.record):
            node = _Node(local)
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)

    def _end(self, tag: str) -> None:
        local, text = tag.rpartition(" ")[2], "".join(self._text)
        self._text.clear()
        self._depth -= 1
        assert self.form is not None
        if local == self.form.day and (day := day_in(text)):
            self.day = max(self.day or day, day) if self._open else day
        if not self._open:
            return
        node = self._open.pop()
        node.text = text
        if not self._open:
            row = self.form.read(node)
            if not row.uid:
                raise BadInput("an entry without its id", where=self._where(), fix=FIX)
            self.rows.append(row)


def _from_xml(data: bytes, name: str) -> tuple[str, dt.date | None, list[_Row]]:
    reader = _Reader(name)
    reader.read(data)
    assert reader.form is not None
    return reader.form.name, reader.day, reader.rows
