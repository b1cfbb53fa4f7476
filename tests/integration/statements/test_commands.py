"""`hardship statements`: the contract's form, exit statuses, and one line for what cannot be meant."""

import csv
import json
from pathlib import Path

import pypdf
import pytest

from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.statements.home import Home

DAYS = ["--from", "2020-04-01", "--to", "2020-04-01"]


@pytest.fixture
def hardship(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """`hardship …` on the runtime."""
    return Command(runtime, capsys, monkeypatch)


def test_issue_writes_what_it_froze(house: Home, hardship: Command, tmp_path: Path) -> None:
    """The contract's keys; three files that `verify` knows again, and does not when they were changed."""
    house.give(25_000)
    out = tmp_path / "new" / "folder"
    args = ["statements", "issue", "--agreement", "LC", *DAYS, "--out", str(out), "--json"]
    status, said, _ = hardship(*args, "--as", "finance@example.org")
    found = json.loads(said)
    assert status == 0
    assert set(found) == {
        "ref", "agreement", "period", "cap", "allocated", "headroom", "opening", "movements", "closing", "grants",
        "content_sha256", "files",
    }  # fmt: skip
    assert set(found["movements"]) == {"received", "earned", "reversed", "repaid", "drawn"}
    assert set(found["opening"]) == set(found["closing"]) == {"sponsor_account", "unspent_match"}
    files = {Path(name).suffix: Path(name) for name in found["files"]}
    assert set(files) == {".pdf", ".csv", ".json"}
    assert sha256_hex(files[".json"].read_bytes()) == found["content_sha256"]
    with files[".csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["gift"], row["match"], row["running_total"]) for row in rows] == [
        ("250.00", "250.00", "250.00")
    ]
    pages = "".join(page.extract_text() for page in pypdf.PdfReader(files[".pdf"]).pages)
    assert found["ref"] in pages
    assert found["content_sha256"] in pages
    assert "£250.00" in pages
    for path in files.values():
        assert hardship("statements", "verify", path)[0] == 0
        path.write_bytes(path.read_bytes() + b" ")
        status, said, _ = hardship("statements", "verify", path, "--json")
        assert (status, json.loads(said)["issued"]) == (1, False)


def test_files_with_equal_bytes_are_told_apart_by_name(
    house: Home, hardship: Command, tmp_path: Path
) -> None:
    """Statements without any line have the same CSV."""
    for day in ("2020-03-01", "2020-03-02"):
        issue = ("statements", "issue", "--agreement", "LC", "--from", day, "--to", day, "--out", tmp_path)
        assert hardship(*issue, "--as", "finance@example.org")[0] == 0
    for path in tmp_path.glob("*.csv"):
        status, said, _ = hardship("statements", "verify", path, "--json")
        assert (status, json.loads(said)["name"]) == (0, path.name)


def test_issued_statements_are_listed(house: Home, hardship: Command, tmp_path: Path) -> None:
    """With what took their place."""
    assert "No statement" in hardship("statements", "list")[1]
    args = ["statements", "issue", "--agreement", "LC", *DAYS, "--out", str(tmp_path), "--json"]
    first = json.loads(hardship(*args)[1])["ref"]
    second = json.loads(hardship(*args, "--supersedes", first)[1])["ref"]
    listed = json.loads(hardship("statements", "list", "--json")[1])["statements"]
    assert [(one["ref"], one["superseded"]) for one in listed] == [(second, False), (first, True)]
    pdf = tmp_path / f"statement-{first}.pdf"
    assert json.loads(hardship("statements", "verify", pdf, "--json")[1])["superseded_by"] == second
    assert house.runtime is not None


def test_the_pdf_is_tagged_and_its_metadata_name_nobody(
    house: Home, hardship: Command, tmp_path: Path
) -> None:
    """For screen readers; the title is the statement's reference and nothing else."""
    house.give(25_000)
    args = ["statements", "issue", "--agreement", "LC", *DAYS, "--out", str(tmp_path), "--json"]
    found = json.loads(hardship(*args)[1])
    reader = pypdf.PdfReader(tmp_path / f"statement-{found['ref']}.pdf")
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == f"Statement {found['ref']}"


BAD = {
    "another agreement": ["--agreement", "nobody", *DAYS],
    "an odd agreement": ["--agreement", "x\ny", *DAYS],
    "no date": ["--agreement", "LC", "--from", "soon", "--to", "2020-04-01"],
    "a British date": ["--agreement", "LC", "--from", "01/04/2020", "--to", "2020-04-01"],
    "a day that is not": ["--agreement", "LC", "--from", "2020-02-30", "--to", "2020-04-01"],
    "a time": ["--agreement", "LC", "--from", "2020-04-01T00:00:00", "--to", "2020-04-01"],
    "days in the wrong order": ["--agreement", "LC", "--from", "2020-04-01", "--to", "2020-03-31"],
    "a day to come": ["--agreement", "LC", "--from", "2020-04-01", "--to", "2020-04-02"],
    "a year to come": ["--agreement", "LC", "--from", "2020-04-01", "--to", "9999-12-31"],
    "centuries ago": ["--agreement", "LC", "--from", "0001-01-01", "--to", "2020-04-01"],
    "nothing to correct": ["--agreement", "LC", *DAYS, "--supersedes", "ST-NONE"],
    "somebody who may not": ["--agreement", "LC", *DAYS, "--as", "reviewer@example.org"],
    "somebody who is not": ["--agreement", "LC", *DAYS, "--as", "nobody@example.org"],
    "no agreement": DAYS,
}


def test_what_cannot_be_meant_is_one_line_and_changes_nothing(
    house: Home, hardship: Command, tmp_path: Path
) -> None:
    """Exit 2, with --json one object with the error, and the same database as before."""
    before = everything_in(house.runtime)
    (tmp_path / "file").write_text("x")
    cases = {name: [*args, "--out", str(tmp_path)] for name, args in BAD.items()}
    cases["a folder that is a file"] = ["--agreement", "LC", *DAYS, "--out", str(tmp_path / "file")]
    cases["a folder below a file"] = ["--agreement", "LC", *DAYS, "--out", str(tmp_path / "file" / "x")]
    for name, args in cases.items():
        status, out, err = hardship("statements", "issue", *args)
        assert (status, out) == (2, ""), name
        assert err.startswith("hardship: "), name
        assert err.count("\n") == 1, name
        status, out, _ = hardship("statements", "issue", *args, "--json")
        assert (status, set(json.loads(out))) == (2, {"error"}), name
    for args in (["/nowhere"], [str(tmp_path)], [str(tmp_path / "empty")], []):
        (tmp_path / "empty").write_bytes(b"")
        assert hardship("statements", "verify", *args)[0] == 2
    assert everything_in(house.runtime) == before
