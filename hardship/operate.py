"""Setting an instance up and serving it."""

import os
import secrets
import subprocess
import sys
from typing import Any

import click

from hardship.config import Settings
from hardship.core.actor import Role, operator
from hardship.core.command import Report, reports
from hardship.core.errors import BadInput, Broken
from hardship.core.keyring import generate, save
from hardship.core.runtime import Runtime
from hardship.migrate import has_keyring, upgrade
from hardship.staff.queries import all_staff
from hardship.staff.service import add, checked_address
from hardship.wiring import build, check_database, settled

FIRST_ADMIN = "admin@example.org"


def register(root: click.Group) -> None:
    """Add `init` and `serve`."""
    root.add_command(init)
    root.add_command(serve)


@click.command(
    help="Make the instance folder, keyring, schema and first administrator; again changes nothing."
)
@click.option(
    "--admin", default=FIRST_ADMIN, show_default=True, help="The first administrator's e-mail address."
)
@reports
def init(admin: str) -> Report:
    """Set an instance up; every step is left alone where it was done before."""
    settings: Settings = click.get_current_context().find_root().obj.settings
    _may_begin(settings, admin)
    done = [*_folder(settings), *_keyring(settings), *_schema(settings)]
    runtime = build(settings, check=False)
    runtime.transact(operator(), lambda tx: tx.vault.install(tx.session, tx.at))
    check_database(runtime)
    login = _administrator(runtime, admin)
    lines = done + ([f"administrator {login['email']}", *_secrets(login)] if login else [])
    return Report({"done": done, "administrator": login}, lines or ["Everything is there already."])


def _may_begin(settings: Settings, admin: str) -> None:
    """Refuse, before anything is made, what would be refused half-way."""
    checked_address(admin)
    path = settings.keyring_path
    if path.exists():
        return
    if settings.production and path.parent == settings.instance:
        raise BadInput(
            "in production the keyring does not lie in the instance folder",
            where="HARDSHIP_KEYRING",
            fix="Name a place outside it and outside its backups.",
        )
    file = settings.database_file
    if (file is None or file.is_file()) and has_keyring(settings.database_url):
        raise Broken(
            "the keyring is missing, and the database belongs to one",
            where=str(path),
            fix="Put it back: a new one would open nothing of what is there.",
        )


def _folder(settings: Settings) -> list[str]:
    if settings.instance.is_dir():
        return []
    settings.instance.mkdir(parents=True, mode=0o700)
    return [f"made {settings.instance}"]


def _keyring(settings: Settings) -> list[str]:
    path = settings.keyring_path
    if path.exists():
        return []
    save(generate("own" if settings.production else "demo"), path)
    return [f"made the keyring {path}: keep a copy apart from every backup of the database"]


def _schema(settings: Settings) -> list[str]:
    from hardship.migrate import pending

    if settings.database_file is not None:
        settings.database_file.parent.mkdir(parents=True, exist_ok=True)
    if not pending(settings.database_url):
        return []
    upgrade(settings.database_url)
    return ["brought the schema to this version"]


def _administrator(runtime: Runtime, email: str) -> dict[str, str] | None:
    """The first administrator, with a password that is shown once; None when there is staff already."""
    with runtime.read() as session:
        if all_staff(session):
            return None
    password = secrets.token_urlsafe(15)
    added = runtime.transact(operator(), add, email, [Role.ADMIN], password)
    return {"email": added.email, "password": password, "totp_secret": added.totp_secret}


def _secrets(login: dict[str, str]) -> list[str]:
    return [
        f"  password       {login['password']}",
        f"  second factor  {login['totp_secret']}  (for an authenticator app; neither is shown again)",
    ]


@click.command(help="Serve the pages with a production WSGI server, with a worker beside it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Serve until stopped. Gunicorn's workers are separate processes: on SQLite, threads under writes are slower."""
    runtime: Runtime = click.get_current_context().find_root().obj.runtime
    runtime.database.dispose()
    worker = subprocess.Popen([sys.executable, "-m", "hardship", "worker"], env=os.environ.copy())
    click.echo(f"Serving {runtime.settings.base_url} on {host}:{port}; stop with Ctrl-C.")
    try:
        _gunicorn(host, port, workers)
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def _gunicorn(host: str, port: int, workers: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        """Gunicorn with our settings; each worker makes its own application and connections."""

        def load_config(self) -> None:
            """Settings from the command line."""
            for name, value in {
                "bind": f"{host}:{port}",
                "workers": workers,
                "accesslog": None,
                "loglevel": "warning",
                "limit_request_line": 4094,
                "limit_request_fields": 60,
                "graceful_timeout": 20,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """The application, in the worker's own process."""
            from hardship.app import create_app  # here, so that other commands start without the pages

            return settled(create_app())

    Server().run()
