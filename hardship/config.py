"""Settings, from the environment and the instance folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hardship.core.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
MIGRATIONS = ROOT / "migrations"


@dataclass(frozen=True)
class Settings:
    """How this instance runs. See `docs/operations.md` for every variable."""

    instance: Path
    database_url: str
    keyring_path: Path
    production: bool
    base_url: str
    smtp_url: str = ""
    leave_to: str = "https://www.bbc.co.uk/weather"

    @property
    def https(self) -> bool:
        """Whether people reach the pages over TLS."""
        return self.base_url.startswith("https://")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `HARDSHIP_*` and `SMTP_URL`; raises `BadInput` on a value that cannot be meant."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("HARDSHIP_INSTANCE") or ROOT / "instance").resolve()
    mode = env.get("HARDSHIP_ENV", "development")
    if mode not in {"development", "production"}:
        raise BadInput(f"{mode!r} is no mode", where="HARDSHIP_ENV", fix="Use development or production.")
    return Settings(
        instance=instance,
        database_url=_database_url(env.get("HARDSHIP_DATABASE_URL"), instance),
        keyring_path=Path(env.get("HARDSHIP_KEYRING") or instance / "keyring.json").resolve(),
        production=mode == "production",
        base_url=_base_url(env.get("HARDSHIP_BASE_URL") or "http://localhost:8000"),
        smtp_url=env.get("SMTP_URL", ""),
    )


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        return f"sqlite:///{instance / 'hardship.db'}"
    if not given.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadInput(
            "not a database this runs on",
            where="HARDSHIP_DATABASE_URL",
            fix="Use sqlite:///… or postgresql+psycopg://…",
        )
    return given


def _base_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput(
            "not a web address", where="HARDSHIP_BASE_URL", fix="Write it like https://help.example.org"
        )
    return given.rstrip("/")
