"""Comparing the log with the rows it speaks of.

A room whose things have a state or an amount says so in its module `witness`:

* `states(session)` yields (subject, state) of every row whose changes of state are events; the last event of a subject
  that holds a `state` has to say the same. `SUBJECTS` names what such subjects begin with.
* `KINDS` names the kinds of event that move its amounts, `heard(subject, facts)` yields (what, amount) of one such
  event, `amounts(session)` the same of the rows; each sum has to be equal.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from sqlmodel import Session

from hardship.audit.diagnosis import MOST, Kind, Problem
from hardship.audit.log import Row
from hardship.rooms import modules

Heard = Callable[[str, Mapping[str, Any]], Iterable[tuple[str, int]]]


class Told:
    """What the events say: of each subject its last state, and of each amount its sum."""

    def __init__(self, witnesses: Iterable[ModuleType] | None = None) -> None:
        self.witnesses = list(modules("witness") if witnesses is None else witnesses)
        self.states: dict[bytes, tuple[int, bytes]] = {}
        self.sums: dict[str, int] = {}
        self._heard: dict[bytes, Heard] = {
            kind.encode(): room.heard for room in self.witnesses for kind in getattr(room, "KINDS", ())
        }

    def hear(self, rows: Sequence[Row]) -> None:
        """Take in a batch of events. What cannot be read is left to the chain, which finds it edited.

        The state is cut out of the bytes: parsing every event would take longer than all the hashing. Inside a text
        the quotation marks are escaped, so that nothing but a fact of that name is found.
        """
        states, heard = self.states, self._heard
        for seq, _, _, subject, body in rows:
            start = body.find(b'"state":"') + 9
            if start > 8:
                states[subject] = (seq, body[start : body.find(b'"', start)])
            at = body.rfind(b',"kind":"') + 9
            room = heard.get(body[at : body.find(b'"', at)])
            if room is not None:
                self._add(room, body)

    def _add(self, heard: Heard, body: bytes) -> None:
        sums = self.sums
        try:
            event = json.loads(body)
            for what, amount in heard(event["subject"], event["facts"]):
                sums[what] = sums.get(what, 0) + amount
        except (ValueError, KeyError, TypeError, AttributeError):
            return


def differences(session: Session, told: Told) -> list[Problem]:
    """Where the rows say something else than the events; at most `MOST`."""
    found: list[Problem] = []
    for problem in _all(session, told):
        found.append(problem)
        if len(found) == MOST:
            break
    return found


def _all(session: Session, told: Told) -> Iterator[Problem]:
    for room in told.witnesses:
        if hasattr(room, "states"):
            yield from _states(room.states(session), told)
        if hasattr(room, "amounts"):
            yield from _amounts(room.amounts(session), told)
    subjects = {kind for room in told.witnesses for kind in getattr(room, "SUBJECTS", ())}
    for subject, (seq, state) in told.states.items():
        name = subject.decode(errors="replace")
        if name.partition(":")[0] in subjects:
            was = state.decode(errors="replace")
            yield Problem(seq, Kind.DELETED, f"{name} was {was} and its row is missing")
    for what, amount in told.sums.items():
        if amount:
            yield Problem(0, Kind.DELETED, f"{what} is {amount} by the events and its row is missing")


def _states(rows: Iterable[tuple[str, str]], told: Told) -> Iterator[Problem]:
    for subject, state in rows:
        seq, said = told.states.pop(subject.encode(), (0, b""))
        if not said:
            yield Problem(0, Kind.INSERTED, f"{subject} is {state} and no event says so")
        elif said != state.encode():
            text = said.decode(errors="replace")
            yield Problem(seq, Kind.EDITED, f"{subject} is {state}, the last event says {text}")


def _amounts(rows: Iterable[tuple[str, int]], told: Told) -> Iterator[Problem]:
    for what, amount in rows:
        said = told.sums.pop(what, None)
        if said is None and amount:
            yield Problem(0, Kind.INSERTED, f"{what} is {amount} and no event says so")
        elif said is not None and said != amount:
            yield Problem(0, Kind.EDITED, f"{what} is {amount}, the events say {said}")
