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
    sms_url: str = ""
    sms_token: str = field(default="", repr=False)
    leave_to: str = "https://www.bbc.co.uk/weather"
    stripe_secret_key: str = field(default="", repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    stripe_financial_account: str = ""
    stripe_api_base: str = ""
    stripe_contact_email: str = ""
    retention: Mapping[Period, dt.timedelta] = field(default_factory=lambda: retention.DEFAULTS)
    answer_days: int = 14  # that an applicant has to answer a question
    proxies: int = 0  # in front of us, each of which adds to X-Forwarded-For where a request came from

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
    """Settings from `HARDSHIP_*`, `SMTP_URL` and their like; raises `BadInput` on a value that cannot be meant."""
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
        sms_url=env.get("SMS_URL", "").strip(),
        sms_token=_one_line(env.get("SMS_TOKEN", ""), where="SMS_TOKEN"),
        stripe_secret_key=env.get("STRIPE_SECRET_KEY", "").strip(),
        stripe_webhook_secrets=_several(env.get("STRIPE_WEBHOOK_SECRET", "")),
        stripe_financial_account=env.get("STRIPE_FINANCIAL_ACCOUNT", "").strip(),
        stripe_api_base=_api_base(env.get("STRIPE_API_BASE", "")),
        stripe_contact_email=env.get("STRIPE_CONTACT_EMAIL", "").strip(),
        retention=retention.parse(env.get("HARDSHIP_RETENTION", ""), where="HARDSHIP_RETENTION"),
        answer_days=_days(env.get("HARDSHIP_ANSWER_DAYS") or "14", where="HARDSHIP_ANSWER_DAYS"),
        proxies=_proxies(env.get("HARDSHIP_PROXIES", ""), env.get("HARDSHIP_BASE_URL", "")),
    )


def _proxies(given: str, base_url: str) -> int:
    """How many proxies stand in front: we speak no TLS, so with an https address there is one unless it is said
    otherwise. Without this every visitor would have the proxy's address, and be counted as one."""
    text = given.strip() or ("1" if base_url.startswith("https://") else "0")
    if text not in {"0", "1", "2", "3"}:
        raise BadInput("not a number of proxies", where="HARDSHIP_PROXIES", fix="Write a number from 0 to 3.")
    return int(text)


def _one_line(given: str, *, where: str) -> str:
    """A key as it can stand in a header; raises `BadInput` without quoting it."""
    text = given.strip()
    if not text.isascii() or not (text.isprintable() or not text):
        raise BadInput("not a key", where=where, fix="Copy it as the gateway shows it, on one line.")
    return text


def _days(given: str, *, where: str) -> int:
    """A number of days, of two so that there is a middle to remind at, to ninety."""
    text = given.strip()
    if not text.isascii() or not text.isdigit() or not 2 <= int(text[:3]) <= 90:
        raise BadInput("not a number of days", where=where, fix="Write a number from 2 to 90.")
    return int(text)


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
