"""What the rooms' commands share: the runtime, `--json`, one-line errors, exit statuses."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, cast

import click

from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime

P = ParamSpec("P")


@dataclass
class Report:
    """What a command says: `data` for `--json`, `lines` for people, and the exit status."""

    data: dict[str, Any]
    lines: Iterable[str] = field(default_factory=list)
    exit_code: int = 0


def the_runtime() -> Runtime:
    """The runtime of the running command, built on first use."""
    return cast(Runtime, click.get_current_context().find_root().obj.runtime)


def reports(command: Callable[P, Report]) -> Callable[P, None]:
    """Print what a command returns: one JSON object with `--json`, else its lines; exit with its status."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
    @functools.wraps(command)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
        report = command(*args, **kwargs)
        if as_json:
            click.echo(json.dumps(report.data, ensure_ascii=False))
        else:
            for line in report.lines:
                click.echo(line)
        if report.exit_code:
            sys.exit(report.exit_code)

    return cast(Callable[P, None], run)


def file_bytes(path: Path | str, most: int) -> bytes:
    """What is in a file; raises `BadInput` for one that is not there, cannot be read, or is larger than `most` bytes."""
    path = Path(path)
    try:
        with path.open("rb") as handle:
            data = handle.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that no system can hold
        what = "there is no such file" if isinstance(error, FileNotFoundError) else "the file cannot be read"
        raise BadInput(what, where=str(path)[:200], fix="Check the path.") from None
    if len(data) > most:
        raise BadInput(
            f"the file is larger than {most // 1024 // 1024} MB",
            where=path.name,
            fix="Check that it is the right one.",
        )
    return data


def private_file(name: str, option: str) -> Path:
    """A new, empty file that only its owner reads, for what is written once: made before the work is done, since what
    cannot be written would be lost. Raises `BadInput` when it is there already or cannot be made."""
    path = Path(name)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        what = "this file is there already" if isinstance(error, FileExistsError) else "it cannot be made"
        fix = f"Name a new file, for {option}, in a folder that is there."
        raise BadInput(what, where=name[:200], fix=fix) from None
    return path


def group(root: click.Group, name: str, text: str) -> click.Group:
    """The subgroup `name` of `root`, made on first use: several rooms may add to one."""
    found = root.commands.get(name)
    if isinstance(found, click.Group):
        return found
    made = click.Group(name, help=text)
    root.add_command(made)
    return made


def progress(text: str) -> None:
    """Tell whoever waits how far a long job is: on stderr, so that stdout stays one JSON object."""
    click.echo(text, err=True)
