"""`hardship statements issue`, `list` and `verify`."""

import os
from pathlib import Path

import click

from hardship.core.canonical import sha256_hex
from hardship.core.clock import iso, parse_day
from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.core.money import display
from hardship.staff.acting import acting_as, as_option
from hardship.staff.permissions import Permission, require
from hardship.statements import queries, service
from hardship.statements.service import Issued

MOST_BYTES = 64 * 1024 * 1024


def register(root: click.Group) -> None:
    """Add `statements issue`, `statements list` and `statements verify`."""
    statements = group(root, "statements", "What sponsors are told, frozen.")
    for command in (issue, list_issued, verify):
        statements.add_command(command)


@click.command(help="Issue a sponsor's statement: figures frozen, as PDF, CSV and JSON in DIR.")
@click.option("--agreement", metavar="REF", required=True)
@click.option("--from", "first", metavar="DATE", required=True, help="The first day.")
@click.option("--to", "last", metavar="DATE", required=True, help="The last day, included.")
@click.option("--out", metavar="DIR", required=True, help="The folder for the files; made if need be.")
@click.option("--supersedes", metavar="REF", help="The statement of the same days that this one corrects.")
@as_option()
@reports
def issue(
    agreement: str, first: str, last: str, out: str, supersedes: str | None, acting: str | None
) -> Report:
    """Issue a statement and write its files."""
    from_on, to_on = parse_day(first, where="--from"), parse_day(last, where="--to")
    folder = _folder(out)
    issued = service.issue(
        the_runtime(),
        acting_as(acting),
        agreement=agreement,
        from_on=from_on,
        to_on=to_on,
        supersedes=supersedes,
    )
    files = [_write(folder, name, body) for name, _, body in issued.files]
    return Report(issued.described | {"files": files}, _lines(issued, files))


def _folder(path: str) -> Path:
    """The folder, made before anything is issued; raises `BadInput` when that is not possible."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the folder cannot be made ({type(error).__name__})", where=path, fix="Name another."
        ) from None
    if not writable:
        raise BadInput("the folder cannot be written to", where=path, fix="Name another.")
    return folder


def _write(folder: Path, name: str, body: bytes) -> str:
    path = folder / name
    path.write_bytes(body)
    return str(path)


def _lines(issued: Issued, files: list[str]) -> list[str]:
    said = issued.described
    lines = [f"{issued.ref}: {issued.agreement}, {said['period']['from']} to {said['period']['to']}"]
    lines += [f"  {name:<10} {display(value):>16}" for name, value in said["movements"].items()]
    lines += [
        f"  closing {name.replace('_', ' ')} {display(value)}" for name, value in said["closing"].items()
    ]
    return [*lines, f"  grants {said['grants']}", f"  content {issued.content_sha256}", *files]


@click.command("list", help="The statements that were issued.")
@as_option()
@reports
def list_issued(acting: str | None) -> Report:
    """List the statements, newest first."""
    require(acting_as(acting), Permission.SEE_MONEY)
    with the_runtime().read() as session:
        found = queries.issued(session)
        gone = queries.superseded_ids(session)
    data = [
        {
            "ref": statement.ref,
            "agreement": agreement.ref,
            "period": {"from": statement.from_on.isoformat(), "to": statement.to_on.isoformat()},
            "issued_at": iso(statement.issued_at),
            "content_sha256": statement.content_sha256,
            "superseded": statement.id in gone,
        }
        for statement, agreement in found
    ]
    lines = [
        f"{one['ref']}  {one['agreement']}  {one['issued_at']}{'  superseded' if one['superseded'] else ''}"
        for one in data
    ]
    return Report({"statements": data}, lines or ["No statement was issued yet."])


@click.command(help="Say whether FILE is, byte for byte, one that was issued here; exit 1 when not.")
@click.argument("file")
@reports
def verify(file: str) -> Report:
    """Recognise an issued file by its bytes."""
    sha256 = sha256_hex(_bytes(file))
    with the_runtime().read() as session:
        found = service.recognise(session, sha256, Path(file).name)
    if found is None:
        line = "This file was not issued here, or was changed since."
        return Report({"issued": False, "sha256": sha256, "file": file}, [line], exit_code=1)
    data = {
        "issued": True,
        "sha256": sha256,
        "file": file,
        "ref": found.ref,
        "name": found.name,
        "period": {"from": found.from_on.isoformat(), "to": found.to_on.isoformat()},
        "issued_at": iso(found.issued_at),
        "superseded_by": found.superseded_by,
    }
    lines = [f"Issued: {found.name}, {found.from_on} to {found.to_on}, on {found.issued_at:%Y-%m-%d}."]
    if found.superseded_by:
        lines.append(f"It was corrected: {found.superseded_by} took its place.")
    return Report(data, lines)


def _bytes(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the file cannot be read ({type(error).__name__})", where=path, fix="Check the path."
        ) from None
    if len(body) > MOST_BYTES:
        raise BadInput("the file is larger than any statement", where=path, fix="Check the path.")
    if not body:
        raise BadInput("the file is empty", where=path, fix="Check the path.")
    return body
