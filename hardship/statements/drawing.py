"""Drawing a statement up: its content, as canonical JSON, from what the database says in one snapshot."""

import base64
import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from hardship.audit.log import head_of
from hardship.core.canonical import canonical, digest, sha256_hex
from hardship.core.clock import iso
from hardship.core.errors import Refused
from hardship.core.refs import new_reference
from hardship.core.vault import Vault
from hardship.funds.models import Fund
from hardship.matching.models import MatchAgreement, MatchTerms
from hardship.matching.queries import agreement_by_ref
from hardship.statements import queries
from hardship.statements.figures import Figures, Line, MonthOfGrants, Movements, by_month, figures, untied
from hardship.statements.models import Statement

FORMAT = 1


@dataclass(frozen=True)
class Asked:
    """Which statement is asked for: an agreement's ref, first and last day, and the one it corrects, if any."""

    agreement: str
    from_on: dt.date
    to_on: dt.date
    supersedes: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A statement drawn up and not yet issued. `fingerprint` changes when anything does that it is made from."""

    ref: str
    agreement_ref: str
    asked: Asked
    figures: Figures
    grants: int
    months: list[MonthOfGrants]
    lines: list[Line]
    head: dict[str, Any]
    fingerprint: str

    @property
    def content(self) -> bytes:
        """The whole content, frozen as canonical JSON."""
        return canonical(
            self.head
            | self.figures.described()
            | {
                "grants": self.grants,
                "grants_by_month": [asdict(month) for month in self.months],
                "lines": [_plain_line(line) for line in self.lines],
            }
        )

    @property
    def content_sha256(self) -> str:
        """The content's SHA-256 in hexadecimal."""
        return sha256_hex(self.content)


def draw(session: Session, vault: Vault, asked: Asked, at: dt.datetime, ref: str = "") -> Drawn:
    """Draw a statement up; raises `NotFound` for an unknown agreement, `Refused` when it does not tie to the ledger."""
    agreement = agreement_by_ref(session, asked.agreement)
    days = queries.movements(session, agreement)
    _must_tie(session, agreement, days)
    conditional = queries.conditional(session, agreement, asked.to_on)
    found = figures(days.items(), asked.from_on, asked.to_on, agreement.cap_minor, conditional)
    grants, months = queries.draws(session, agreement, asked.from_on, asked.to_on)
    ref = ref or f"ST-{new_reference()}"
    drawn = Drawn(
        ref=ref,
        agreement_ref=agreement.ref,
        asked=asked,
        figures=found,
        grants=grants,
        months=by_month(months),
        lines=_lines(session, vault, agreement, asked, ref, found.allocated - conditional),
        head={},
        fingerprint="",
    )
    previous = _previous(session, agreement)
    core = [found.described(), grants, months, [_plain_line(line) for line in drawn.lines], previous]
    head = _head(session, agreement, asked, ref, at) | {"previous_sha256": previous}
    return replace(drawn, head=head, fingerprint=digest([*core, agreement.version]))


def _must_tie(session: Session, agreement: MatchAgreement, days: dict[dt.date, Movements]) -> None:
    total = sum(days.values(), Movements())
    problems = untied(total, queries.books(session, agreement.pot_id), reclaimable=agreement.may_reclaim)
    if problems:
        raise Refused(
            f"the statement does not tie to the ledger: {'; '.join(problems)}",
            where=agreement.ref,
            fix="Nothing was issued. Run: hardship ledger check",
        )


def _lines(
    session: Session, vault: Vault, agreement: MatchAgreement, asked: Asked, ref: str, earned: int
) -> list[Line]:
    """The period's lines; at the end of the last one `earned` pence have been earned in all."""
    rows = queries.allocations(session, agreement, asked.from_on, asked.to_on)
    running = earned - sum(allocation.earned_minor for allocation, _ in rows)
    lines: list[Line] = []
    for allocation, gift in rows:
        running += allocation.earned_minor
        lines.append(
            Line(
                id=opaque(vault, ref, gift.ref),
                stated_on=allocation.stated_on,
                received_on=gift.received_on,
                gift=gift.amount_minor,
                match=allocation.earned_minor,
                running=running,
            )
        )
    return lines


def opaque(vault: Vault, statement: str, gift: str) -> str:
    """A gift's name on one statement: the same gift bears another on the next, and no reference shows."""
    token = vault.stable_token("statement line", f"{statement}|{gift}")
    return base64.b32encode(token[:10]).decode()


def _previous(session: Session, agreement: MatchAgreement) -> str:
    before = queries.statements_of(session, agreement.id or 0)
    return before[-1].content_sha256 if before else ""


def _head(
    session: Session, agreement: MatchAgreement, asked: Asked, ref: str, at: dt.datetime
) -> dict[str, Any]:
    fund = session.get_one(Fund, agreement.fund_id)
    terms = session.exec(
        select(MatchTerms.sha256).where(
            MatchTerms.agreement_id == agreement.id, col(MatchTerms.version) == agreement.version
        )
    ).first()
    first, last = queries.journal_range(session, agreement.pot_id)
    stands = head_of(session)
    return {
        "format": FORMAT,
        "ref": ref,
        "agreement": agreement.ref,
        "agreement_version": agreement.version,
        "terms_sha256": terms or "",
        "ratio": f"{agreement.num}:{agreement.den}",
        "sponsor": agreement.sponsor,
        "fund": fund.name,
        "publisher": fund.publisher_name,
        "currency": fund.currency,
        "period": {"from": asked.from_on.isoformat(), "to": asked.to_on.isoformat()},
        "issued_at": iso(at),
        "supersedes": asked.supersedes,
        "journals": {"first": first, "last": last},
        "audit": {"events": stands[0].seq, "head": stands[0].hash} if stands else {"events": 0, "head": ""},
    }


def _plain_line(line: Line) -> dict[str, Any]:
    return asdict(line) | {
        "stated_on": line.stated_on.isoformat(),
        "received_on": line.received_on.isoformat(),
    }


def overlaps(statement: Statement, asked: Asked) -> bool:
    """Whether a statement speaks of a day that is asked for."""
    return statement.from_on <= asked.to_on and asked.from_on <= statement.to_on
