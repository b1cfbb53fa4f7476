"""Whether an account number can be one of its sort code: Pay.UK's modulus check. Values in, values out.

The rules are those of "Validating account numbers: UK modulus checking" (VocaLink for Pay.UK): three algorithms and
fourteen exceptions. A pass says that the digits fit, not that the account is there, nor whose it is. A sort code that
the table does not name cannot be checked, and its accounts are taken as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hardship.applications.identity import BankAccount


class Algorithm(StrEnum):
    """The sums that the table names."""

    MOD10 = "MOD10"
    MOD11 = "MOD11"
    DBLAL = "DBLAL"


class Verdict(StrEnum):
    """What the check says of an account."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Weighting:
    """One line of the table: sort codes `first` to `last`, fourteen weights (six digits of sort code, eight of account
    number: u v w x y z a b c d e f g h), and the number of an exception or 0."""

    first: str
    last: str
    algorithm: Algorithm
    weights: tuple[int, ...]
    exception: int = 0


A, B, C, G, H = 6, 7, 8, 12, 13  # where these digits of the account number stand among the fourteen

EITHER = frozenset({(2, 9), (10, 11), (12, 13)})
"""Pairs of exceptions of which one check passed is enough."""

LLOYDS_EURO = "309634"  # exception 9: checked as this sort code
TSB = "090126"  # exception 8: checked as this sort code
EURO = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)  # exception 2, a not 0, g not 9
EURO_9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)  # exception 2, a not 0, g is 9


def check(
    account: BankAccount, lines: Sequence[Weighting], substitutes: Mapping[str, str] | None = None
) -> Verdict:
    """Check an account against the lines for its sort code, in the table's order; `substitutes` are the sort codes to
    check as others (scsubtab.txt)."""
    mine = [line for line in lines if line.first <= account.sort_code <= line.last]
    if not mine:
        return Verdict.NOT_CHECKED
    first = _passes(account, mine[0], substitutes or {})
    if len(mine) == 1:
        return _verdict(first)
    second = mine[1]
    if (mine[0].exception, second.exception) in EITHER:
        return _verdict(first or _passes(account, second, substitutes or {}))
    if not first:
        return Verdict.FAILED
    return _verdict(_passes(account, second, substitutes or {}))


def _verdict(passed: bool) -> Verdict:
    return Verdict.PASSED if passed else Verdict.FAILED


def _passes(account: BankAccount, line: Weighting, substitutes: Mapping[str, str]) -> bool:
    digits = _digits(account, line.exception, substitutes)
    if line.exception == 6 and digits[A] in range(4, 9) and digits[G] == digits[H]:
        return True  # a foreign currency account, which has no check digit
    if line.exception == 3 and digits[C] in (6, 9):
        return True  # this second check does not apply
    rest = _rest(line.algorithm, digits, _weights(line, digits), 27 if line.exception == 1 else 0)
    if line.exception == 4:
        return rest == digits[G] * 10 + digits[H]
    if line.exception == 5:
        return _fits_check_digit(line.algorithm, rest, digits)
    if line.exception == 14 and rest != 0:
        return _passes_shortened(digits, line)
    return rest == 0


def _digits(account: BankAccount, exception: int, substitutes: Mapping[str, str]) -> list[int]:
    """The fourteen digits, the sort code replaced where an exception asks for it."""
    code = account.sort_code
    if exception == 5:
        code = substitutes.get(code, code)
    elif exception == 8:
        code = TSB
    elif exception == 9:
        code = LLOYDS_EURO
    return [int(digit) for digit in code + account.account_number]


def _weights(line: Weighting, digits: Sequence[int]) -> Sequence[int]:
    """The weights, as the digits themselves may change them."""
    if line.exception == 2 and digits[A] != 0:
        return EURO_9 if digits[G] == 9 else EURO
    starts_99 = digits[A] in (0, 9) and digits[B] == 9
    if digits[G] == 9 and (line.exception == 7 or (line.exception == 10 and starts_99)):
        return (0,) * 8 + line.weights[8:]
    return line.weights


def _rest(algorithm: Algorithm, digits: Sequence[int], weights: Sequence[int], more: int) -> int:
    """What is left of the weighted sum; of double alternate the digits of each product are added up."""
    products = [digit * weight for digit, weight in zip(digits, weights, strict=True)]
    if algorithm is Algorithm.DBLAL:
        return (sum(sum(map(int, str(abs(product)))) for product in products) + more) % 10
    return sum(products) % (11 if algorithm is Algorithm.MOD11 else 10)


def _fits_check_digit(algorithm: Algorithm, rest: int, digits: Sequence[int]) -> bool:
    """Exception 5: g is the check digit of the first sum, h of the second."""
    if algorithm is Algorithm.MOD11:
        return rest != 1 and digits[G] == (11 - rest) % 11
    return digits[H] == (10 - rest) % 10


def _passes_shortened(digits: Sequence[int], line: Weighting) -> bool:
    """Exception 14: a Coutts number whose last digit is 0, 1 or 9 may be one without it."""
    if digits[H] not in (0, 1, 9):
        return False
    shortened = [*digits[:A], 0, *digits[A:H]]
    return _rest(line.algorithm, shortened, line.weights, 0) == 0
