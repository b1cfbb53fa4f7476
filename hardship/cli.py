"""The `hardship` command: collects each room's commands, and turns errors into one line and an exit status."""

import json
import sys
import traceback
from functools import cached_property
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from hardship import operate, recover
from hardship.config import Settings, from_environment
from hardship.core.errors import BadInput, HardshipError
from hardship.core.runtime import Runtime
from hardship.rooms import modules


class Instance:
    """What commands get: settings, and the runtime on first use."""

    @cached_property
    def settings(self) -> Settings:
        """The settings from the environment."""
        return from_environment()

    @cached_property
    def runtime(self) -> Runtime:
        """The wired runtime; raises `Broken` when the instance is not fit to run."""
        from hardship.wiring import build, settled

        return settled(build(self.settings))


def build_cli() -> click.Group:
    """The root command with every room's commands."""
    root = click.Group("hardship", help="Hardship fund grant administration.")
    for module in [operate, recover, *modules("commands")]:
        module.register(root)
    return root


def main(args: list[str] | None = None) -> None:
    """Run the command; exits 0, 1 or 2 as the contract says."""
    given = sys.argv[1:] if args is None else args
    try:
        _readable(given)
        build_cli().main(given, prog_name="hardship", obj=Instance(), standalone_mode=False)
    except HardshipError as error:
        _fail(str(error), given, error.exit_code)
    except click.exceptions.Abort:
        _fail("stopped", given, 2)
    except click.ClickException as error:
        where = (
            f" (see {error.ctx.command_path} --help)"
            if isinstance(error, click.UsageError) and error.ctx
            else ""
        )
        _fail(error.format_message() + where, given, 2)
    except SQLAlchemyError as error:
        _fail(f"the database refused ({_kind(error)}). Nothing was changed; see: hardship doctor", given, 2)
    except OSError as error:
        _fail(
            f"{error.filename or 'the system'}: {error.strerror or _kind(error)}. Check the path.", given, 2
        )
    except Exception as error:  # a fault of ours; its words may quote what somebody typed
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{_kind(error)} at {Path(place.filename).name}:{place.lineno}"
        _fail(f"this failed by a fault of the program ({at}). Please report it.", given, 2)


def _kind(error: BaseException) -> str:
    """What kind of error it is, never its words: they may quote what somebody typed."""
    return type(getattr(error, "orig", None) or error).__name__


def _readable(given: list[str]) -> None:
    """Raise `BadInput` for an argument that is not UTF-8: nothing here has such a name, nor could store it."""
    for number, argument in enumerate(given, 1):
        if not argument.isascii() and any("\ud800" <= c <= "\udfff" for c in argument):
            raise BadInput("it is not UTF-8", where=f"argument {number}", fix="Type it anew.")


def _fail(message: str, given: list[str], exit_code: int) -> None:
    line = " ".join(message.split())
    click.echo(f"hardship: {line}", err=True)
    if "--json" in given:
        click.echo(json.dumps({"error": line}, ensure_ascii=False))
    sys.exit(exit_code)
