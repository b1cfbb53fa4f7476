"""What the rooms' commands share: the runtime, `--json`, one-line errors, exit statuses."""

import functools
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, cast

import click

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
