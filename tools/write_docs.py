"""Writes the parts of `docs/` that are made from the code: state diagrams, the tables, who may do what.

Run by `make docs`; a test fails when a file is not what this would write.
"""

from pathlib import Path

from sqlmodel import SQLModel

from hardship.applications import transitions as applications
from hardship.awards import transitions as awards
from hardship.core.actor import Role
from hardship.payouts import transitions as payouts
from hardship.rooms import modules
from hardship.staff.permissions import TABLE

DOCS = Path(__file__).resolve().parent.parent / "docs"


def states() -> str:
    """Every state machine as a Mermaid diagram, from the tables that the code runs on."""
    machines = {
        "Application": applications.MACHINE,
        "Award": awards.MACHINE,
        "Payment": payouts.MACHINE,
        "Batch": payouts.BATCH_MACHINE,
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


PAGES = {"states.md": states, "tables.md": tables, "permissions.md": permissions}


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
