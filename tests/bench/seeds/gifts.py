"""Gifts, received by the service that imports a file."""

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from hardship.contributions.files import CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, gift_in
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel, DonorType
from hardship.contributions.service import import_gifts, receive
from hardship.core.actor import operator
from hardship.core.csvfile import Numbered, Outcome, run_import
from hardship.core.money import plain
from hardship.core.runtime import Runtime
from hardship.funds.queries import fund_by_slug
from tests.bench.harness import seconds, seconds_each
from tests.bench.seeds import fund

_AT_ONCE = 5_000
_DONORS = 2_000


def gift(prefix: str, number: int) -> NewGift:
    """One gift: of a few amounts, from one of two thousand donors, one every half hour."""
    return NewGift(
        ref=f"{prefix}-{number:07d}",
        received_at=fund.OPENS + dt.timedelta(minutes=30 * number),
        amount_minor=(500, 1000, 2000, 2550, 10000)[number % 5],
        channel=(Channel.CARD, Channel.BANK)[number % 2],
        donor_name=f"Donor {number % _DONORS}",
        donor_type=DonorType.PERSON,
    )


def gifts(prefix: str, count: int, start: int = 0) -> list[NewGift]:
    """`count` gifts in a row."""
    return [gift(prefix, number) for number in range(start, start + count)]


def imported(runtime: Runtime, new: Sequence[NewGift]) -> None:
    """Import gifts as a file's rows, in one transaction."""
    rows = [Numbered(line, one) for line, one in enumerate(new, 2)]
    runtime.transact(operator(), import_gifts, fund_slug=fund.FUND, rows=rows)


def stored(count: int) -> Callable[[Runtime], None]:
    """Makes a fund with `count` gifts."""

    def make(runtime: Runtime) -> None:
        fund.load(runtime)
        for start in range(0, count, _AT_ONCE):
            imported(runtime, gifts("SEED", min(_AT_ONCE, count - start), start))

    return make


class Receiving:
    """Receives gifts that are new to an instance, live or from a file's rows."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.number = 0
        with runtime.read() as session:
            self.fund = fund_by_slug(session, fund.FUND)

    def _next(self, count: int) -> list[NewGift]:
        self.number += count
        return gifts("NEW", count, self.number - count)

    def live(self, count: int) -> float:
        """Receive `count` gifts, each in a transaction of its own; seconds a gift."""
        new = self._next(count)
        return seconds_each(lambda at: self._receive(new[at]), count)

    def _receive(self, one: NewGift) -> None:
        self.runtime.transact(operator(), receive, fund=self.fund, gifts=[one])

    def file(self, count: int, path: Path) -> float:
        """Import a file of `count` gifts as the command does; seconds a gift."""
        write_file(path, self._next(count))
        return seconds(lambda: self._import(path)) / count

    def _import(self, path: Path) -> None:
        def use(rows: list[Numbered[NewGift]]) -> Outcome:
            return self.runtime.transact(operator(), import_gifts, fund_slug=fund.FUND, rows=rows)

        report = run_import(path, CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, gift_in, use, skip_bad=False)
        assert report.exit_code == 0, report.data


def write_file(path: Path, new: Sequence[NewGift]) -> None:
    """A contributions file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CONTRIBUTIONS)
        for one in new:
            at, amount = one.received_at.isoformat(), plain(one.amount_minor)
            writer.writerow([one.ref, at, amount, one.channel, one.donor_name, one.donor_type, one.note])
