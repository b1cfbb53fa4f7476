"""`hardship doctor`: every invariant that data can show, and the set-up.

A room's module `doctor` has `CHECKS`: pairs of a name that begins with the invariant's, and a function
`(session, runtime) -> problems`. The set-up's checks are in `setup_checks`.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, Table, exists, func
from sqlalchemy import select as core_select
from sqlmodel import Session, SQLModel, col, select

from hardship.applications.models import Application, ApplicationAnswers
from hardship.applications.owndata.models import Erasure
from hardship.applications.owndata.transitions import ErasureState
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime
from hardship.jobs.setup_checks import SETUP
from hardship.rooms import modules

Examine = Callable[[Session, Runtime], list[str]]

SHOWN = 3
SAMPLE = 500
LOOKED_AT = 256  # bytes of each value
PICTURE = b"\xff\xd8\xff\xe0"  # how a JPEG begins
SHORTEST_SEALED = 12 + 16 + 1  # nonce, tag, and a byte of text


@dataclass(frozen=True)
class Finding:
    """One check's outcome."""

    name: str
    ok: bool
    detail: str

    def described(self) -> dict[str, Any]:
        """The finding as `--json` shows it."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


def examine(runtime: Runtime, only: Sequence[str] = ()) -> list[Finding]:
    """Run every check (or those whose name begins with one of `only`), invariants first, in their order."""
    found: list[Finding] = []
    for name, check in checks():
        if only and not any(name.casefold().startswith(wanted.casefold()) for wanted in only):
            continue
        with runtime.read() as session:
            problems = check(session, runtime)
        found.append(Finding(name, not problems, _detail(problems)))
    for name, look in SETUP:
        if only and not any(name.casefold().startswith(wanted.casefold()) for wanted in only):
            continue
        ok, detail = look(runtime)
        found.append(Finding(name, ok, detail))
    return found


def checks() -> list[tuple[str, Examine]]:
    """The invariants' checks by number."""
    named = [(name, check) for room in modules("doctor") for name, check in getattr(room, "CHECKS", ())]
    return sorted(named, key=lambda pair: (_number(pair[0]), pair[0]))


def _number(name: str) -> int:
    """The number of the invariant that a check's name begins with; one without comes after them."""
    found = re.match(r"I(\d+)", name)
    return int(found[1]) if found else 99


def _detail(problems: Sequence[str]) -> str:
    if not problems:
        return "holds"
    rest = len(problems) - SHOWN
    return "; ".join(problems[:SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def sealed_columns() -> Iterator[tuple[Table, str]]:
    """Every column that holds sealed values: binary ones that may be empty."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if (
                isinstance(column.type, LargeBinary)
                and column.nullable
                and not column.name.endswith("_token")
            ):
                yield table, column.name


def looks_sealed(value: bytes) -> bool:
    """Whether a value (or how a long one begins) can be the output of AES-GCM: long enough, no text, no picture."""
    if len(value) < SHORTEST_SEALED or value.startswith(PICTURE):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(value)  # the last letter may be cut in two
    except UnicodeDecodeError:
        return True
    return False


def sealed(session: Session, _runtime: Runtime) -> list[str]:
    """Sealed columns hold nothing short of ciphertext; of long tables the newest rows are looked at closely."""
    found: list[str] = []
    connection = session.connection()
    for table, name in sealed_columns():
        column, key = table.c[name], next(iter(table.primary_key))
        short = connection.execute(
            core_select(func.count()).where(column.is_not(None), func.length(column) < SHORTEST_SEALED)
        ).scalar_one()
        begins = func.substr(column, 1, LOOKED_AT)  # some hold pictures: their first bytes say enough
        newest = core_select(begins).where(column.is_not(None)).order_by(key.desc()).limit(SAMPLE)
        plain = sum(not looks_sealed(value) for value in connection.execute(newest).scalars())
        if short or plain:
            found.append(f"{table.name}.{name} holds {max(short, plain)} values that are not sealed")
    return found


def erased(session: Session, _runtime: Runtime) -> list[str]:
    """Of whoever was erased no key and no answers are left."""
    left = session.exec(
        select(Application.ref)
        .join(Erasure, col(Erasure.application_id) == Application.id)
        .join(DataKey, col(DataKey.id) == Application.data_key_id)
        .where(Erasure.state == ErasureState.DONE)
        .where(
            col(DataKey.wrapped).is_not(None)
            | col(Application.salt).is_not(None)
            | exists().where(col(ApplicationAnswers.application_id) == Application.id)
        )
        .order_by(col(Application.ref))
    ).all()
    return [f"{ref} was erased and is here again" for ref in left]


CHECKS = (("I10 sealed: columns", sealed), ("I10 sealed: the erased", erased))
