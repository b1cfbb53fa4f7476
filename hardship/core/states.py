"""State machines as one table each, from which code, docs and diagrams are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from hardship.core.errors import Conflict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalTransition(Conflict):
    """The event cannot happen in this state; nothing was changed."""


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """A finite state machine.

    `table` maps (state, event) to the next state; whatever is absent is illegal. `final` holds the states in which a
    thing may rest for ever (a final state may still have exits: a paid payment can be returned).
    """

    name: str
    initial: S
    table: Mapping[tuple[S, E], S]
    final: frozenset[S] = field(default_factory=frozenset)

    def apply(self, state: S, event: E) -> S:
        """The state after `event`; raises `IllegalTransition` with what would have been possible."""
        try:
            return self.table[state, event]
        except KeyError:
            allowed = ", ".join(sorted(self.allowed(state))) or "nothing"
            raise IllegalTransition(
                f"{self.name} is {state.value}: {event.value} is not possible now",
                fix=f"Possible from here: {allowed}.",
            ) from None

    def allowed(self, state: S) -> set[E]:
        """The events possible in `state`."""
        return {event for (origin, event) in self.table if origin == state}

    def can(self, state: S, event: E) -> bool:
        """Whether `event` is possible in `state`."""
        return (state, event) in self.table

    def states(self) -> set[S]:
        """Every state the table names."""
        return {self.initial} | {origin for origin, _ in self.table} | set(self.table.values())

    def mermaid(self) -> str:
        """The machine as a Mermaid state diagram, edges in the table's own order."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.value}"]
        lines += [
            f"    {origin.value} --> {to.value}: {event.value}" for (origin, event), to in self.table.items()
        ]
        lines += [f"    {state.value} --> [*]" for state in sorted(self.final)]
        return "\n".join(lines)
