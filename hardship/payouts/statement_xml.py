"""A small, strict reader of XML from outside: no document types, no entities, nothing fetched, bounded depth and size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from hardship.core.errors import BadInput

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 60
MAX_ELEMENTS = 500_000


@dataclass(slots=True)
class Node:
    """An element: its local name, namespace, attributes, text (trimmed) and children, in order."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, path: str) -> Iterator["Node"]:
        """Every descendant along `path` (`NtryDtls/TxDtls`)."""
        first, _, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, path: str) -> "Node | None":
        """The first descendant along `path`, or None."""
        return next(self.all(path), None)

    def said(self, *paths: str) -> str:
        """The text of the first of several paths that says anything."""
        return next((found.text for path in paths for found in self.all(path) if found.text), "")


def parse_xml(data: bytes, name: str) -> Node:
    """The root of a document; raises `BadInput` for anything that is not plain, well-formed XML of a sane size."""
    if len(data) > MAX_BYTES:
        raise BadInput(
            f"the file is larger than {MAX_BYTES // 1024 // 1024} MB",
            where=name,
            fix="Ask the bank for less.",
        )
    reader = _Reader(name)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "it cannot be read")
        raise BadInput(
            f"not well-formed XML ({what})",
            where=f"{name}, line {error.lineno}",
            fix="Save it anew as the bank gave it.",
        ) from None
    except (LookupError, ValueError):  # an encoding that nobody knows
        raise BadInput(
            "the encoding is not one that can be read", where=name, fix="Save it in UTF-8."
        ) from None
    assert reader.root is not None
    return reader.root


class _Reader:
    """Builds the tree from expat's events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.elements = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_given: object) -> None:
        raise BadInput(
            "the file declares a document type or entities, which no bank statement does",
            where=self.name,
            fix="It is not read.",
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.open) >= MAX_DEPTH or self.elements > MAX_ELEMENTS:
            raise BadInput("the file is no bank statement", where=self.name, fix="It has too many elements.")
        namespace, _, local = tag.rpartition(" ")
        node = Node(local, namespace, {key.rpartition(" ")[2]: value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def _end(self, _tag: str) -> None:
        self.open.pop().text = "".join(self.texts.pop()).strip()

    def _text(self, text: str) -> None:
        self.texts[-1].append(text)
