"""Runs the real command in a process of its own, as an outsider would."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class Shell:
    """An instance in a folder, and the command that works on it."""

    folder: Path
    database_url: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the command: this instance and nothing of the machine's own settings."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HARDSHIP_", "STRIPE_"))
        }
        kept |= {"HARDSHIP_INSTANCE": str(self.folder)}
        return kept | ({"HARDSHIP_DATABASE_URL": self.database_url} if self.database_url else {})

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        """`hardship ARGUMENTS`."""
        done = subprocess.run(
            [sys.executable, "-m", "hardship", *arguments],
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> dict[str, Any]:
        """The JSON of a command that has to succeed."""
        ran = self.run(*arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.data
