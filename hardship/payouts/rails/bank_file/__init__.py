"""The bank file as a rail: it takes payments one by one, and the files are written once the batch is complete.

No network and no answer: a payment is taken when it can be written into a file, and paid when the bank's statement says
so. Nothing has left before somebody hands the file to the bank (`payouts/files.py` makes, shows and voids the files).
"""

from collections.abc import Sequence

from sqlmodel import col, select

from hardship.core.errors import Refused
from hardship.core.runtime import Runtime
from hardship.payouts.models import Attempt, AttemptOutcome
from hardship.payouts.rails.bank_file.checks import problem_of
from hardship.payouts.rails.base import Answer, Instruction, Rail, Status

_AT_ONCE = 500


class BankFileRail(Rail):
    """The rail of files. What cannot be written is refused, payment by payment; the rest is taken."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def send(self, instructions: Sequence[Instruction]) -> list[Answer]:
        """Take what can be written into a file."""
        return [_answer(one.key, problem_of(one)) for one in instructions]

    def look_up(self, keys: Sequence[str]) -> list[Answer]:
        """What is known of the keys: those taken stay taken; any other may be sent again under its key."""
        taken: set[str] = set()
        with self._runtime.read() as session:
            for start in range(0, len(keys), _AT_ONCE):
                wanted = select(Attempt.idem_key).where(
                    col(Attempt.idem_key).in_(keys[start : start + _AT_ONCE]),
                    Attempt.outcome == AttemptOutcome.ACCEPTED,
                )
                taken |= set(session.exec(wanted).all())
        return [Answer(key, Status.ACCEPTED if key in taken else Status.NOT_KNOWN) for key in keys]

    def stop(self, keys: Sequence[str]) -> list[Answer]:
        """Refused: a payment in a file is stopped by voiding the file."""
        raise Refused(
            "a payment in a bank file cannot be stopped alone",
            where="rail",
            fix="Ask the bank; if it has not taken the file, void the file.",
        )


def _answer(key: str, problem: str) -> Answer:
    return Answer(key, Status.REFUSED if problem else Status.ACCEPTED, problem)
