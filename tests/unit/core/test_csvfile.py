"""One strict reader for every file that is imported."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.csvfile import Row, rows_of, text_cell
from hardship.core.errors import BadInput

NAME = Path("a.csv")


def read(text: str | bytes) -> list[Row]:
    """The rows of a file with columns a, b and perhaps c."""
    return rows_of(text if isinstance(text, bytes) else text.encode(), NAME, ["a", "b"], ["c"])


def test_rows_know_their_lines_and_columns() -> None:
    """Over quoted line ends and blank lines, in any order of columns, trimmed."""
    rows = read('\ufeffb,a\r\n"two\r\nlines", x \r\n\r\n,,\r\n3,y\r\n'.replace("\r\n,,", ""))
    assert [(row.line, row.values) for row in rows] == [
        (2, {"a": "x", "b": "two\r\nlines", "c": ""}),
        (5, {"a": "y", "b": "3", "c": ""}),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.csv: the file is empty"),
        ("a\n1\n", "a.csv, line 1: missing column b"),
        ("a,b,d\n", "unknown column 'd'"),
        ("a,b,A\n", "Did you mean a?"),
        ("a,b,a\n", "the column a is there twice"),
        ("a,b\n", "no rows"),
        ('a,b\n1,"2\n', "a.csv, line 2: the row is not well-formed"),
        (f"a,b\n1,{'x' * 200_000}\n", "a.csv, line 2: a field is longer"),
        (b"a,b\n1,\xff\n", "a.csv, line 2: the file is not UTF-8"),
        (b"a,b\n1,2\n3,\x00\n", "a.csv, line 3: the file holds a NUL byte"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_its_place(text: str | bytes, said: str) -> None:
    """What, where and, in one line, what to do."""
    with pytest.raises(BadInput) as error:
        read(text)
    assert said in str(error.value)


def test_a_row_of_another_length_is_a_problem_of_its_own() -> None:
    """The others are read; the problem knows its line."""
    rows = rows_of(b"a,b\n1\n2,3\n4,5,6\n", NAME, ["a", "b"])
    assert [row.line for row in rows] == [3]
    assert sorted(rows.rejected) == [2, 4]
    assert rows.read == 3


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=8))
def test_what_was_written_is_read(cells: list[tuple[str, str]]) -> None:
    """Whatever stands in the cells, quoted as CSV has it."""
    kept = [(a, b) for a, b in cells if "\0" not in a + b and (a.strip() or b.strip())]
    if not kept:
        return
    quoted = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in kept)
    rows = read(f"a,b\r\n{quoted}\r\n".encode())
    assert [(row["a"], row["b"]) for row in rows] == [(a.strip(), b.strip()) for a, b in kept]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Never anything but rows or a clear refusal."""
    with contextlib.suppress(BadInput):
        assert read(b"a,b\n" + data) is not None


def test_a_cell_is_held_to_its_length() -> None:
    """Too long, or empty though needed."""
    row = Row(2, {"a": "xxx", "b": ""})
    assert text_cell(row, "a", max_length=3) == "xxx"
    for column, options in (("a", {"max_length": 2}), ("b", {"max_length": 2, "required": True})):
        with pytest.raises(BadInput):
            text_cell(row, column, **options)  # type: ignore[arg-type]
