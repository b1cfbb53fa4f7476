"""What shared tokens say about a case: signals for a reviewer, never a verdict. Values in, values out.

A strong signal, or two weak ones of different kinds, refers a case to a person; one weak one never does
(facts/checks-and-privacy.md, §1: shared devices, networks and templates are ordinary among people who are
helped by the same drop-in centre). A sentence names other cases by reference only, and says what may be
innocent about it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Strength(StrEnum):
    """How much a signal says by itself."""

    STRONG = "strong"
    WEAK = "weak"


class SignalKind(StrEnum):
    """What two cases share; the first four are the kinds of blind token."""

    BANK = "bank"
    EMAIL = "email"
    PHONE = "phone"
    PERSON = "person"
    DEVICE = "device"
    STATEMENT = "statement"


STRONG = frozenset({SignalKind.BANK, SignalKind.EMAIL, SignalKind.PHONE, SignalKind.PERSON})
"""Kinds that refer a case by themselves."""

_SAME: Mapping[SignalKind, str] = {
    SignalKind.BANK: "The same bank account",
    SignalKind.EMAIL: "The same e-mail inbox",
    SignalKind.PHONE: "The same phone number",
    SignalKind.PERSON: "The same name, year of birth and postcode area",
    SignalKind.DEVICE: "The same device",
    SignalKind.STATEMENT: "A statement in nearly the same words",
}
_INNOCENT: Mapping[SignalKind, str] = {
    SignalKind.BANK: "People may share an account.",
    SignalKind.EMAIL: "A helper may have lent an inbox.",
    SignalKind.PHONE: "People may share a phone.",
    SignalKind.PERSON: "Two people may be alike in all three.",
    SignalKind.DEVICE: "People may share a device, at a drop-in centre for one.",
    SignalKind.STATEMENT: "Advocates may give people a template.",
}
_NAMED = 5  # references a sentence names before it counts the rest


@dataclass(frozen=True, slots=True)
class Case:
    """Another case, as far as linking knows it: its public reference, its tokens, and whether it has a live award."""

    ref: str
    tokens: Mapping[str, Collection[str]]
    awarded: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a case shares with others, and the plain sentence a reviewer sees. `refs` are the other cases."""

    kind: SignalKind
    strength: Strength
    sentence: str
    refs: tuple[str, ...] = ()


def signals(own: Mapping[str, Collection[str]], matches: Iterable[Case]) -> list[Signal]:
    """What a case with the tokens `own` shares with other cases, one signal for each kind, strong ones first.

    Tokens are collections by kind (one token for each live epoch key); two cases share a kind if they have a
    token of it in common. Kinds that are not a `SignalKind` are passed over. The order of `matches` makes no
    difference.
    """
    cases = sorted({case.ref: case for case in matches}.values(), key=lambda case: case.ref)
    found = []
    for kind in SignalKind:
        tokens = frozenset(own.get(kind, ()))
        sharing = [case for case in cases if not tokens.isdisjoint(case.tokens.get(kind, ()))]
        if sharing:
            strength = Strength.STRONG if kind in STRONG else Strength.WEAK
            refs = tuple(case.ref for case in sharing)
            found.append(Signal(kind, strength, _sentence(kind, sharing), refs))
    return found


def refers(found: Iterable[Signal]) -> bool:
    """Whether these signals refer the case to a person: any strong one, or two weak ones of different kinds."""
    found = list(found)
    weak = {signal.kind for signal in found if signal.strength is Strength.WEAK}
    return len(weak) > 1 or any(signal.strength is Strength.STRONG for signal in found)


def _sentence(kind: SignalKind, sharing: list[Case]) -> str:
    awarded = [case.ref for case in sharing if case.awarded]
    others = _listed([case.ref for case in sharing])
    paid = f" Already awarded: {_listed(awarded)}." if awarded else ""
    return f"{_SAME[kind]} as {others}.{paid} {_INNOCENT[kind]}"


def _listed(refs: list[str]) -> str:
    """References as people list them: A, B and C; of many, the first few and how many more."""
    shown = refs if len(refs) <= _NAMED else [*refs[: _NAMED - 1], f"{len(refs) - _NAMED + 1} more"]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
