"""The synthetic gifts of the demo: £151,000.00 net of refunds, early enough that no award waits for money."""

import datetime as dt
import random
from dataclasses import dataclass

from faker import Faker

from hardship.demo.cast import OPENS_AT, WEEKS

COMMUNITY_MINOR = 15_100_000
MATCH_MINOR = 10_000_000
_SHARE_OF_WEEK = (20, 16, 13, 10, 8, 7, 6, 5, 5, 4, 3, 2, 1)  # nothing new in the last week


@dataclass(frozen=True)
class Gift:
    """One gift of the demo, with the columns of the contributions file; `refund_minor` is given back later."""

    ref: str
    received_at: dt.datetime
    amount_minor: int
    channel: str
    donor_name: str
    donor_type: str
    refund_minor: int = 0


def gifts(seed: int) -> list[Gift]:
    """Every gift in the order of arrival; net of refunds they come to `COMMUNITY_MINOR`, all before the last week."""
    made = _Maker(seed)
    found = [made.special(number, *special) for number, special in enumerate(_SPECIAL)]
    net = sum(gift.amount_minor - gift.refund_minor for gift in found)
    while net < COMMUNITY_MINOR:
        gift = made.ordinary(len(found), COMMUNITY_MINOR - net)
        found.append(gift)
        net += gift.amount_minor
    return sorted(found, key=lambda gift: (gift.received_at, gift.ref))


# Week, amount, channel, donor, kind, refunded: what a match agreement meets.
_SPECIAL = (
    (0, 750_000, "bank", "Harbour Street Trust", "organisation", 0),  # above the cap for one gift
    (1, 620_000, "bank", "Northside Foundation", "organisation", 0),
    (0, 50, "card", "", "anonymous", 0),  # below the minimum
    (1, 45_000, "cash", "", "anonymous", 0),  # a collecting tin: not a channel of the agreement
    (2, 150_000, "bank", "Listings company", "organisation", 0),  # the sponsor itself
    (1, 25_000, "card", "Robin Ashdown", "person", 25_000),  # refunded whole
    (2, 60_000, "card", "Sam Okoye", "person", 20_000),  # refunded in part
    (3, 10_000, "bank", "Jo Lindqvist", "person", 10_000),
)


class _Maker:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed + 1)
        self._faker = Faker("en_GB")
        self._faker.seed_instance(seed + 1)

    def special(
        self, number: int, week: int, minor: int, channel: str, name: str, kind: str, refund_minor: int
    ) -> Gift:
        return Gift(f"G-{number + 1:04d}", self._moment(week), minor, channel, name, kind, refund_minor)

    def ordinary(self, number: int, left_minor: int) -> Gift:
        pounds = self._random.choices(
            (5, 10, 20, 25, 50, 100, 200, 500, 1000, 2500), (9, 14, 18, 12, 16, 12, 8, 6, 4, 1)
        )[0]
        anonymous = self._random.random() < 0.3
        return Gift(
            f"G-{number + 1:04d}",
            self._moment(self._random.choices(range(len(_SHARE_OF_WEEK)), _SHARE_OF_WEEK)[0]),
            min(pounds * 100, left_minor),
            self._random.choice(("card", "card", "bank")),
            "" if anonymous else self._faker.name(),
            "anonymous" if anonymous else "person",
        )

    def _moment(self, week: int) -> dt.datetime:
        if not 0 <= week < WEEKS:
            raise ValueError(f"the demo has no week {week}")
        return OPENS_AT + dt.timedelta(weeks=week, minutes=self._random.randrange(0, 4 * 24 * 60))
