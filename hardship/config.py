"""Settings, from the environment and the instance folder."""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from hardship.core import retention
from hardship.core.errors import BadInput
from hardship.core.retention import Period

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
    stripe_secret_key: str = field(default="", repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    stripe_financial_account: str = ""
    stripe_api_base: str = ""
    stripe_contact_email: str = ""
    retention: Mapping[Period, dt.timedelta] = field(default_factory=lambda: retention.DEFAULTS)

    @property
    def https(self) -> bool:
        """Whether people reach the pages over TLS."""
        return self.base_url.startswith("https://")

    @property
    def database_file(self) -> Path | None:
        """Where the database lies, with links followed; None unless it is SQLite."""
        if not self.database_url.startswith("sqlite:///"):
            return None
        return Path(make_url(self.database_url).database or "").resolve()


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `HARDSHIP_*` and `SMTP_URL`; raises `BadInput` on a value that cannot be meant."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("HARDSHIP_INSTANCE") or ROOT / "instance").resolve()
    mode = env.get("HARDSHIP_ENV") or "development"
    if mode not in {"development", "production"}:
        raise BadInput(f"{mode!r} is no mode", where="HARDSHIP_ENV", fix="Use development or production.")
    return Settings(
        instance=instance,
        database_url=_database_url(env.get("HARDSHIP_DATABASE_URL"), instance),
        keyring_path=Path(env.get("HARDSHIP_KEYRING") or instance / "keyring.json").resolve(),
        production=mode == "production",
        base_url=_base_url(env.get("HARDSHIP_BASE_URL") or "http://localhost:8000"),
        smtp_url=env.get("SMTP_URL", ""),
        stripe_secret_key=env.get("STRIPE_SECRET_KEY", "").strip(),
        stripe_webhook_secrets=_several(env.get("STRIPE_WEBHOOK_SECRET", "")),
        stripe_financial_account=env.get("STRIPE_FINANCIAL_ACCOUNT", "").strip(),
        stripe_api_base=_api_base(env.get("STRIPE_API_BASE", "")),
        stripe_contact_email=env.get("STRIPE_CONTACT_EMAIL", "").strip(),
        retention=retention.parse(env.get("HARDSHIP_RETENTION", ""), where="HARDSHIP_RETENTION"),
    )


def _several(given: str) -> tuple[str, ...]:
    """The secrets in a comma-separated list: while one is being changed for another, both hold."""
    return tuple(part.strip() for part in given.split(",") if part.strip())


def _api_base(given: str) -> str:
    try:
        parts = urlsplit(given.strip())
    except ValueError:
        parts = urlsplit("")
    if given.strip() and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise BadInput(
            "not a web address",
            where="STRIPE_API_BASE",
            fix="Leave it out, or write it like http://localhost:12111",
        )
    return given.strip().rstrip("/")


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        return f"sqlite:///{instance / 'hardship.db'}"
    if not given.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadInput(
            "not a database this runs on",
            where="HARDSHIP_DATABASE_URL",
            fix="Use sqlite:///… or postgresql+psycopg://…",
        )
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # their words quote the address, which may hold a password
        raise BadInput(
            "not an address of a database",
            where="HARDSHIP_DATABASE_URL",
            fix="Write it like postgresql+psycopg://user:password@host:5432/name.",
        ) from None
    if given.startswith("sqlite") and (url.database or ":memory:") == ":memory:":
        raise BadInput(
            "a database in memory keeps nothing",
            where="HARDSHIP_DATABASE_URL",
            fix="Name a file: sqlite:////var/lib/hardship/hardship.db",
        )
    return given


def _base_url(given: str) -> str:
    try:
        parts = urlsplit(given)
    except ValueError:  # brackets that hold no IPv6 address
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadInput(
            "not a web address", where="HARDSHIP_BASE_URL", fix="Write it like https://help.example.org"
        )
    return given.rstrip("/")
