"""Writes the parts of `docs/` that are made from the code: state diagrams, the tables, who may do what.

Run by `make docs`; a test fails when a file is not what this would write.
"""

from pathlib import Path

from sqlmodel import SQLModel

from hardship.applications import transitions as applications
from hardship.applications.evidence import transitions as evidence
from hardship.applications.owndata import transitions as owndata
from hardship.applications.vouching import transitions as vouching
from hardship.awards import transitions as awards
from hardship.contributions import steps as desk
from hardship.contributions import transitions as contributions
from hardship.core.actor import Role
from hardship.core.held import register
from hardship.core.retention import DEFAULTS
from hardship.matching import conditions
from hardship.matching import transitions as matching
from hardship.payouts import transitions as payouts
from hardship.rooms import modules
from hardship.staff.permissions import TABLE

DOCS = Path(__file__).resolve().parent.parent / "docs"


def states() -> str:
    """Every state machine as a Mermaid diagram, from the tables that the code runs on."""
    machines = {
        "Checkout": contributions.CHECKOUTS,
        "Card refund": contributions.CARD_REFUNDS,
        "Dispute": contributions.DISPUTES,
        "Bank receipt": desk.RECEIPTS,
        "Money going back": desk.ORDERS,
        **conditions.MACHINES,
        "Request for payment": matching.MACHINE,
        "Application": applications.MACHINE,
        "Document": evidence.MACHINE,
        "What vouches for somebody": vouching.MACHINE,
        "Batch of codes": vouching.BATCHES,
        "Award": awards.MACHINE,
        "Payment": payouts.MACHINE,
        "Batch": payouts.BATCH_MACHINE,
        "Sanctions hit": payouts.HIT_MACHINE,
        "Recall": payouts.RECALL_MACHINE,
        "Recovery": payouts.RECOVERY_MACHINE,
        "Payment hold": payouts.HOLD_MACHINE,
        "Erasure": owndata.ERASURES,
        "New claim code": owndata.RECOVERIES,
        "Complaint": owndata.COMPLAINTS,
    }
    parts = ["# States", "", "Made by `make docs` from the transition tables; do not edit."]
    for name, machine in machines.items():
        parts += ["", f"## {name}", "", "```mermaid", machine.mermaid(), "```"]
    return "\n".join(parts) + "\n"


def tables() -> str:
    """The tables and their references as a Mermaid diagram, and the columns of each."""
    list(modules("models"))
    found = sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)
    parts = [
        "# Tables",
        "",
        "Made by `make docs` from the models; do not edit.",
        "",
        "```mermaid",
        "erDiagram",
    ]
    parts += [
        f"    {key.column.table.name} ||--o{{ {table.name} : {column.name}"
        for table in found
        for column in table.columns
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname)
    ]
    parts += ["```", "", "| table | columns (*sealed*) |", "| --- | --- |"]
    for table in found:
        columns = ", ".join(f"*{c.name}*" if _is_sealed(c) else c.name for c in table.columns)
        parts.append(f"| `{table.name}` | {columns} |")
    return "\n".join(parts) + "\n"


def _is_sealed(column: object) -> bool:
    return getattr(column, "type", None).__class__.__name__ == "LargeBinary"


def permissions() -> str:
    """Who may do what, from the one table that services and pages read."""
    roles = list(Role)
    parts = [
        "# Who may do what",
        "",
        "Made by `make docs` from `hardship/staff/permissions.py`; do not edit.",
        "",
    ]
    parts.append("| permission | " + " | ".join(role.value for role in roles) + " |")
    parts.append("| --- |" + " --- |" * len(roles))
    for permission, holders in TABLE.items():
        marks = " | ".join("yes" if role in holders else "" for role in roles)
        parts.append(f"| {permission.value.replace('_', ' ')} | {marks} |")
    return "\n".join(parts) + "\n"


def privacy() -> str:
    """What is held of people, where, why, on what basis and how long: from what each room declares in code."""
    parts = [
        "# What is held of people",
        "",
        "Made by `make docs` from the `privacy` module of each room; do not edit. A test fails for a sealed column that",
        "declares nothing. The record of processing (UK GDPR Art 30) is this table; the assessment is in `dpia.md`.",
        "",
        "## Periods",
        "",
        'Settings: `HARDSHIP_RETENTION="details=183, evidence=90"`, in days, counted from when the system recorded a thing.',
        "",
        "| period | days by default |",
        "| --- | --- |",
    ]
    parts += [f"| `{period.value}` | {length.days} |" for period, length in DEFAULTS.items()]
    parts += [
        "",
        "`books` is the least: ledger and event log name nobody, and no command deletes them. `backups` is for whoever makes copies.",
        "",
        "## Columns",
        "",
        "| table | column | what for | sealed with | basis | how long |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    parts += [
        f"| `{held.table}` | {held.column} | {held.purpose} | {held.key.value} | {held.basis.value} | {held.until} |"
        for held in sorted(register(), key=lambda held: (held.table, held.column))
    ]
    parts += [
        "",
        "## After an erasure",
        "",
        "The person's key is destroyed, and every column above under it is emptied. What stays: blind tokens until their epoch is",
        "destroyed, so that a second application in the round is still referred; the states, dates, codes and amounts of the case;",
        "the payee's name and last four digits until the accounts are signed off. These are still personal data of somebody whom",
        "nothing here names. Copies made earlier can be read with the keyring of their time: `hardship keys rotate`, then",
        "`hardship keys rotate --forget VERSION` once those copies need not be restored any more.",
    ]
    return "\n".join(parts) + "\n"


PAGES = {"states.md": states, "tables.md": tables, "permissions.md": permissions, "privacy.md": privacy}


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
