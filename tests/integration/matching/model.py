"""The match, written down plainly: gifts in a dictionary, pence by agreement and ratio, and the rules as they read.

Nothing of the system's own code is used here, and nothing is clever: it is what the machine is compared with. Amounts
are pence, days are counted from the first, donors are names ("" is nobody known).
"""

from dataclasses import dataclass, field

Key = tuple[str, int, int]
"""An agreement's ref and the ratio n:d at which it gave."""


@dataclass
class Terms:
    """What the model knows of an agreement."""

    ref: str
    n: int
    d: int
    priority: int
    cap: int | None
    per_gift: int | None = None
    per_donor: int | None = None
    minimum: int = 0
    channels: frozenset[str] = frozenset({"card", "bank"})
    clear_days: int = 0
    threshold: int | None = None
    last_day: int = 1000
    reclaimable: bool = True
    met: int | None = None
    failed: bool = False
    reversed: int = 0
    received: int = 0
    repaid: int = 0

    @property
    def is_met(self) -> bool:
        return self.threshold is None or self.met is not None


@dataclass
class Given:
    """What the model knows of a gift: `live` in the order in which it was given, `earned` of it."""

    ref: str
    at: tuple[int, int]  # day and minute
    amount: int
    channel: str
    donor: str = ""
    refunded: int = 0
    frozen: bool = False
    live: dict[Key, int] = field(default_factory=dict)
    earned: dict[Key, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        return self.amount - self.refunded

    def of(self, ref: str) -> int:
        """Live pence of one agreement."""
        return sum(minor for (name, _, _), minor in self.live.items() if name == ref)


@dataclass
class Checkout:
    """What the model knows of a checkout: what it was promised, and what of that still stands. Times are minutes from
    the first day."""

    ref: str
    amount: int
    donor: str
    opened: int
    expires: int
    promised: int = 0
    standing: dict[Key, int] = field(default_factory=dict)
    is_over: bool = False


def covers(key: Key, minor: int) -> int:
    """The pence of a gift that `minor` pence of match cover."""
    return -(-minor * key[2] // key[1])


class Model:
    """One fund's gifts, checkouts and agreements."""

    def __init__(self, *agreements: Terms) -> None:
        self.agreements = {one.ref: one for one in agreements}
        self.gifts: dict[str, Given] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.today = 0

    def in_order(self) -> list[Terms]:
        return sorted(self.agreements.values(), key=lambda one: (one.priority, one.ref))

    # --- Totals

    def allocated(self, ref: str) -> int:
        return sum(gift.of(ref) for gift in self.gifts.values())

    def earned(self, ref: str, *, frozen: bool = False) -> int:
        return sum(
            minor
            for gift in self.gifts.values()
            for (name, _, _), minor in gift.earned.items()
            if name == ref and (gift.frozen or not frozen)
        )

    def held(self, ref: str) -> int:
        return sum(
            minor
            for checkout in self.checkouts.values()
            for (name, _, _), minor in checkout.standing.items()
            if name == ref
        )

    def raised(self, one: Terms) -> int:
        return sum(gift.net for gift in self.gifts.values() if self.is_open(one, gift))

    def by_donor(self, ref: str, donor: str, gift: Given) -> int:
        if not donor:
            return gift.of(ref)
        given = sum(other.of(ref) for other in self.gifts.values() if other.donor == donor)
        held = sum(
            minor
            for checkout in self.checkouts.values()
            if checkout.donor == donor
            for (name, _, _), minor in checkout.standing.items()
            if name == ref
        )
        return given + held

    # --- The rule

    def is_open(self, one: Terms, gift: Given) -> bool:
        return gift.channel in one.channels and gift.amount >= one.minimum and gift.at[0] <= one.last_day

    def takes(self, gift: Given) -> dict[Key, int]:
        """What the agreements give for a gift now, on top of what it has."""
        found: dict[Key, int] = {}
        live = dict(gift.live)
        for one in self.in_order():
            key = (one.ref, one.n, one.d)
            if one.failed or not self.is_open(one, gift):
                continue
            room = gift.net - sum(covers(other, minor) for other, minor in live.items() if other != key)
            mine = sum(minor for (name, _, _), minor in live.items() if name == one.ref)
            take = room * one.n // one.d - live.get(key, 0)
            limits = [take]
            if one.per_gift is not None:
                limits.append(one.per_gift - mine)
            if one.per_donor is not None:
                limits.append(one.per_donor - self.by_donor(one.ref, gift.donor, gift))
            if one.cap is not None:
                limits.append(one.cap - self.allocated(one.ref) - self.held(one.ref))
            take = max(0, min(limits))
            if take:
                found[key] = take
                live[key] = live.get(key, 0) + take
        return found

    def give(self, gift: Given, key: Key, minor: int) -> None:
        one = self.agreements[key[0]]
        gift.live[key] = gift.live.get(key, 0) + minor
        if one.clear_days == 0 and one.is_met:
            gift.earned[key] = gift.earned.get(key, 0) + minor

    def match(self, gift: Given) -> None:
        for key, minor in self.takes(gift).items():
            self.give(gift, key, minor)

    # --- What happens

    def arrive(self, gift: Given) -> None:
        self.gifts[gift.ref] = gift
        self.count(gift.at[0])
        self.match(gift)

    def count(self, day: int) -> None:
        """A challenge is met once its gifts reach the threshold, and stays met."""
        for one in self.agreements.values():
            if one.threshold is not None and one.met is None and self.raised(one) >= one.threshold:
                one.met, one.failed = day, False

    def entitle(self) -> None:
        """What meets every condition is income; not of a gift under dispute."""
        for gift in self.gifts.values():
            for key, minor in gift.live.items():
                one = self.agreements[key[0]]
                cleared = one.clear_days == 0 or gift.at[0] + one.clear_days <= self.today
                if one.is_met and cleared and not gift.frozen and minor:
                    gift.earned[key] = minor

    def refund(self, gift: Given, minor: int) -> None:
        gift.refunded += minor
        left = gift.net
        for one in self.in_order():
            for key in [key for key in gift.live if key[0] == one.ref]:
                live = gift.live[key]
                keep = min(left * key[1] // key[2], live)
                self.take_back(gift, key, live - keep)
                left -= covers(key, keep)

    def take_back(self, gift: Given, key: Key, minor: int) -> None:
        """What is conditional goes first."""
        self.agreements[key[0]].reversed += minor
        gift.live[key] -= minor
        gift.earned[key] = min(gift.earned.get(key, 0), gift.live[key])

    def redistribute(self) -> None:
        for gift in sorted(self.gifts.values(), key=lambda each: (each.at, each.ref)):
            if not gift.frozen and gift.net:
                self.match(gift)

    def lapse(self, minute: int, keep: str = "") -> None:
        """What has expired by a minute is void; not of the checkout `keep`."""
        for checkout in self.checkouts.values():
            if checkout.expires <= minute and checkout.ref != keep:
                checkout.standing = {}

    def open(self, checkout: Checkout) -> None:
        self.lapse(checkout.opened)
        gift = Given(checkout.ref, divmod(checkout.opened, 1440), checkout.amount, "card", checkout.donor)
        checkout.standing = self.takes(gift)
        checkout.promised = sum(checkout.standing.values())
        self.checkouts[checkout.ref] = checkout

    def pay(self, checkout: Checkout, minute: int) -> int:
        """The gift of a checkout comes; returns how much of the promise had lapsed."""
        gift = Given(checkout.ref, divmod(minute, 1440), checkout.amount, "card", checkout.donor)
        in_time = minute <= checkout.expires
        self.lapse(minute, checkout.ref if in_time else "")
        standing, checkout.standing, checkout.is_over = checkout.standing, {}, True
        self.gifts[gift.ref] = gift
        self.count(gift.at[0])
        for key, minor in standing.items():
            self.give(gift, key, minor)
        self.match(gift)
        self.entitle()
        return max(0, checkout.promised - sum(gift.live.values()))

    def close_challenges(self) -> None:
        """A challenge whose time is over and which is not met gives nothing, and holds nothing."""
        for one in self.agreements.values():
            if one.threshold is None or one.is_met or one.failed or self.today <= one.last_day:
                continue
            one.failed = True
            for gift in self.gifts.values():
                for key in [key for key in gift.live if key[0] == one.ref]:
                    self.take_back(gift, key, gift.live[key])
            for checkout in self.checkouts.values():
                checkout.standing = {
                    key: minor for key, minor in checkout.standing.items() if key[0] != one.ref
                }

    # --- The books

    def unearned(self, one: Terms) -> int:
        return max(0, one.received - one.repaid - self.earned(one.ref)) if one.reclaimable else 0

    def withheld(self, one: Terms) -> int:
        """The sponsor's money that would be unearned were the frozen match not earned."""
        if not one.reclaimable:
            return 0
        net, earned = one.received - one.repaid, self.earned(one.ref)
        return max(0, net - earned + self.earned(one.ref, frozen=True)) - max(0, net - earned)

    def spendable(self, one: Terms) -> int:
        return one.received - one.repaid - self.unearned(one) - self.withheld(one)
