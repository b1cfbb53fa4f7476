"""messages

Revision: 0003, after 0002
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hardship.core.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = hardship.core.db.UtcDateTime(timezone=True)
_WAITS = sa.text("message_at IS NOT NULL")


def upgrade() -> None:
    """Messages, questions to applicants, and applications that ask again."""
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("once", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("applicant", "fund", name="direction", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("read_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_message_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_message_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("application_id", "once", name=op.f("uq_message_application_id_once")),
        sa.UniqueConstraint("ref", name=op.f("uq_message_ref")),
    )
    op.create_index(op.f("ix_message_application_id"), "message", ["application_id"])
    op.create_table(
        "message_reading",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_message_reading_application_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_reading_message_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_message_reading_staff_id")),
        sa.PrimaryKeyConstraint("application_id", "staff_id", name=op.f("pk_message_reading")),
    )
    op.create_table(
        "info_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column(
            "wants",
            sa.Enum("answer", "evidence", "details", name="wants", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("reminded_at", _INSTANT, nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column(
            "ending",
            sa.Enum(
                "answered", "evidence", "details", "no_answer", name="ending", native_enum=False, length=32
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_info_request_application_id")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_info_request_asked_by")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_info_request_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_info_request")),
        sa.UniqueConstraint("message_id", name=op.f("uq_info_request_message_id")),
    )
    op.create_index(op.f("ix_info_request_application_id"), "info_request", ["application_id"])
    for table in ("application", "draft"):
        # Said in SQL: what both databases take for a column that refers to another row, without rebuilding the table.
        name = op.f(f"fk_{table}_again_of_id")
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN again_of_id INTEGER CONSTRAINT {name} REFERENCES application (id)"
        )
        op.create_index(op.f(f"ix_{table}_again_of_id"), table, ["again_of_id"])
    op.add_column("application", sa.Column("message_at", _INSTANT, nullable=True))
    op.add_column("application", sa.Column("changed_at", _INSTANT, nullable=True))
    op.create_index(
        "ix_application_message",
        "application",
        ["message_at", "id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    """What was said is lost."""
    op.drop_index("ix_application_message", "application")
    op.drop_column("application", "changed_at")
    op.drop_column("application", "message_at")
    for table in ("draft", "application"):
        op.drop_index(op.f(f"ix_{table}_again_of_id"), table)
        op.drop_column(table, "again_of_id")
    for table in ("info_request", "message_reading", "message"):
        op.drop_table(table)
