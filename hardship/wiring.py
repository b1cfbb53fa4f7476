"""Puts one instance together: settings, keyring, database, rooms."""

import gc
from typing import TypeVar

from hardship.audit.service import append
from hardship.config import Settings
from hardship.core.clock import Clock, SystemClock
from hardship.core.db import Database
from hardship.core.errors import Broken
from hardship.core.keyring import load
from hardship.core.runtime import Runtime
from hardship.core.vault import Vault
from hardship.rooms import modules

T = TypeVar("T")


def settled(made: T) -> T:
    """`made`, once a process has started: what is there by now is there to stay, and the garbage collector need not
    look through it again and again. An import of gifts takes half as long for it."""
    gc.freeze()
    return made


def build(settings: Settings, clock: Clock | None = None, *, check: bool = True) -> Runtime:
    """A wired runtime. Unless `check` is off, refuses to start on a missing or wrong keyring (`Broken`)."""
    list(modules("models"))  # every table known before any is used
    keyring = load(settings.keyring_path)
    if settings.production:
        _refuse_rehearsal(settings, keyring.purpose)
    runtime = Runtime(
        settings,
        Database(settings.database_url),
        Vault(keyring, settings.keyring_path),
        clock or SystemClock(),
        append,
    )
    for module in modules("service"):
        if hasattr(module, "wire"):
            module.wire(runtime)
    if check:
        try:
            check_database(runtime)
        except BaseException:  # whatever it was, no connection is left open behind it
            runtime.database.dispose()
            raise
    return runtime


def check_database(runtime: Runtime) -> None:
    """Raise `Broken` unless the database is there, of this version, and belongs to the keyring."""
    from hardship.migrate import pending

    if pending(runtime.settings.database_url):
        raise Broken("the database is not of this version", fix="Run: hardship init")
    with runtime.read() as session:
        runtime.vault.check(session)


def _refuse_rehearsal(settings: Settings, purpose: str) -> None:
    if purpose == "demo":
        raise Broken(
            "production does not run on a demo keyring", fix="Make one with HARDSHIP_ENV=production."
        )
    file = settings.database_file
    beside = settings.keyring_path.parent
    if file is not None and file.parent == beside:
        raise Broken("the keyring lies beside the database", fix="Move it and set HARDSHIP_KEYRING.")
    if beside == settings.instance:
        raise Broken("the keyring lies in the instance folder", fix="Move it and set HARDSHIP_KEYRING.")
