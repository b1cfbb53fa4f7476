"""help by others

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

import hardship.core.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who helped with an application, and how the person agreed."""
    op.create_table(
        "application_help",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column(
            "how",
            sa.Enum("with", "for", "typed", name="helped", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "consent",
            sa.Enum("agreed", "signed", "spoken", name="consent", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("helper_group", sa.LargeBinary(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_help_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["staff.id"], name=op.f("fk_application_help_entered_by_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_help")),
    )
    op.create_index(op.f("ix_application_help_entered_by_id"), "application_help", ["entered_by_id"])


def downgrade() -> None:
    """Who helped is forgotten; the applications stay."""
    op.drop_index(op.f("ix_application_help_entered_by_id"), "application_help")
    op.drop_table("application_help")
    op.execute("UPDATE application SET source = 'web' WHERE source IN ('paper', 'assisted')")
