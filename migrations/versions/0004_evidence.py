"""Documents that applicants show: drawn anew, sealed, destroyed once seen

Revision: 0004, after 0003
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hardship.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("state", _one_of("evidencestate", "waiting", "seen", "destroyed"), nullable=False),
        sa.Column("once", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sent_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("shows", _one_of("shows", "supports", "does_not_support", "unreadable"), nullable=True),
        sa.Column("seen_by", sa.Integer(), nullable=True),
        sa.Column("seen_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column(
            "gone_for",
            _one_of("gonefor", "seen", "removed", "withdrawn", "erased", "schedule"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_evidence_application_id")
        ),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_evidence_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("ref", name=op.f("uq_evidence_ref")),
        sa.UniqueConstraint("application_id", "once", name=op.f("uq_evidence_application_id_once")),
    )
    op.create_index("ix_evidence_state", "evidence", ["state", "id"])
    op.create_table(
        "evidence_page",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_page_evidence_id")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_evidence_page_application_id")
        ),
        sa.PrimaryKeyConstraint("evidence_id", "number", name=op.f("pk_evidence_page")),
    )
    op.create_index(op.f("ix_evidence_page_application_id"), "evidence_page", ["application_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_evidence_page_application_id"), table_name="evidence_page")
    op.drop_table("evidence_page")
    op.drop_index("ix_evidence_state", table_name="evidence")
    op.drop_table("evidence")
