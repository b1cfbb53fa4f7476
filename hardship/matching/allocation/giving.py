"""The match rule itself: what is given for a gift, what a refund takes back, what freed cap adds."""

from collections.abc import Iterable, Mapping

from hardship.matching.allocation.values import (
    Agreement,
    Contribution,
    Donated,
    Gift,
    Given,
    Live,
    Ratio,
    Release,
    Rows,
    Take,
    closed_by,
    covered,
    covered_by,
    in_order,
    rows_of,
)


def allocate(
    gift: Gift,
    agreements: Iterable[Agreement],
    live: Mapping[str, int] | None = None,
    ratios: Mapping[str, Ratio] | None = None,
    donated: Donated | None = None,
) -> list[Take]:
    """What each agreement gives for the gift now, on top of `live`, in agreement order; only takes above zero.

    `live` is pence by agreement already on this gift, of every agreement, open to it or not; `ratios` the
    ratio that allocated them where it is not the agreement's present one. Raises `ValueError` for live pence
    of an agreement whose ratio is in neither place. Use `allocate_over` if one agreement has live pence under
    several ratios. Without `donated` the donor has nothing yet but what is live on this gift; a gift without a known
    donor is a donor's only one.
    """
    ordered = in_order(agreements)
    rows: Rows = {}
    if live:
        present = {a.terms.ref: (a.terms.num, a.terms.den) for a in ordered}
        for ref, pence in live.items():
            ratio = (ratios or {}).get(ref) or present.get(ref)
            if ratio is None:
                raise ValueError(f"agreement {ref} has live pence on this gift, but no ratio is known for it")
            rows[ref] = {ratio: pence}
    return _fold(
        gift,
        ordered,
        [a.remaining_minor for a in ordered],
        rows,
        dict(live or {} if donated is None else donated),
    )


def allocate_over(
    gift: Gift, agreements: Iterable[Agreement], lives: Iterable[Live], donated: Donated | None = None
) -> list[Take]:
    """`allocate`, with the live pence as rows: for agreements that have allocated under more than one ratio."""
    ordered = in_order(agreements)
    rows = rows_of(lives)
    return _fold(gift, ordered, [a.remaining_minor for a in ordered], rows, donated_by(rows, donated))


def donated_by(rows: Rows, donated: Donated | None) -> dict[str, int]:
    """What the donor has from each agreement: `donated`, or what is live on the gift alone."""
    return dict(donated) if donated is not None else {ref: sum(own.values()) for ref, own in rows.items()}


def redistribute(
    contributions: Iterable[Contribution],
    agreements: Iterable[Agreement],
    donated: Mapping[str, Donated] | None = None,
) -> list[Given]:
    """What freed cap adds to gifts already received: the rule over all of them, in order of (received_at, ref).

    Nothing is taken away. Contributions that gain nothing are left out. Doing it again with the takes applied
    gives []: a take is stopped by the room, which later takes only narrow, or by a cap, which they only use.
    `donated` is what each donor (as in `Gift.donor_name`) has already; a donor that it leaves out has nothing.
    """
    ordered = in_order(agreements)
    remaining = [a.remaining_minor for a in ordered]
    donors = {donor: dict(pence) for donor, pence in (donated or {}).items()}
    given = []
    for contribution in sorted(contributions, key=lambda c: (c.gift.received_at, c.ref)):
        rows, donor = rows_of(contribution.lives), contribution.gift.donor_name
        own = donors.setdefault(donor, {}) if donor else donated_by(rows, None)
        takes = _fold(contribution.gift, ordered, remaining, rows, own)
        if takes:
            given.append(Given(contribution.ref, takes))
    return given


def _fold(
    gift: Gift, ordered: list[Agreement], remaining: list[int | None], rows: Rows, donated: dict[str, int]
) -> list[Take]:
    """The rule, agreement by agreement. `remaining` (parallel to `ordered`), `rows` and `donated` are brought up to
    date."""
    takes: list[Take] = []
    uncovered = gift.net_minor - covered_by(rows)
    for index, agreement in enumerate(ordered):
        terms = agreement.terms
        rest = remaining[index]
        if (rest is not None and rest <= 0) or closed_by(agreement, gift) is not None:
            continue
        ratio = (terms.num, terms.den)
        own = rows.setdefault(terms.ref, {})
        live = own.get(ratio, 0)
        used = covered(live, *ratio)
        take = (uncovered + used) * terms.num // terms.den - live
        if terms.per_contribution_cap_minor is not None:
            take = min(take, terms.per_contribution_cap_minor - sum(own.values()))
        if terms.per_donor_cap_minor is not None:
            take = min(take, terms.per_donor_cap_minor - donated.get(terms.ref, 0))
        if rest is not None:
            take = min(take, rest)
        if take <= 0:
            continue
        own[ratio] = live + take
        donated[terms.ref] = donated.get(terms.ref, 0) + take
        uncovered -= covered(live + take, *ratio) - used
        remaining[index] = None if rest is None else rest - take
        takes.append(Take(terms.ref, take))
    return takes


def release(net_minor: int, lives: Iterable[Live]) -> list[Release]:
    """What a refund takes back once it has brought a gift's net amount down to `net_minor`: the refund rule.

    In agreement order each keeps what the net amount still carries at the ratio that allocated it; the rest
    is reversed. Nothing is reversed while the net amount carries all of it. Raises `ValueError` if
    `net_minor` is negative.
    """
    if net_minor < 0:
        raise ValueError(f"a gift's net amount cannot be {net_minor}")
    merged: dict[tuple[str, int, int], int] = {}
    for row in sorted(lives, key=lambda r: (r.priority, r.ref)):
        key = (row.ref, row.num, row.den)
        merged[key] = merged.get(key, 0) + row.live_minor
    rest = net_minor
    releases = []
    for (ref, num, den), live in merged.items():
        keep = min(rest * num // den, live)
        rest -= covered(keep, num, den)
        if keep < live:
            releases.append(Release(ref, live - keep, num, den))
    return releases


def unmatched(net_minor: int, lives: Iterable[Live]) -> int:
    """The pence of a gift no agreement covers: net − Σ ⌈live·d/n⌉."""
    return net_minor - covered_by(rows_of(lives))
