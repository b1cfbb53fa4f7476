"""restored

Revision: 0008, after 0007
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hardship.core.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = hardship.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """What stops money after a restore, and the debits that show what was paid after the backup."""
    op.create_table(
        "payment_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("backup_made_at", _INSTANT, nullable=False),
        sa.Column("restored_at", _INSTANT, nullable=False),
        sa.Column(
            "state",
            sa.Enum("held", "lifted", name="holdstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_payment_hold_lifted_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_payment_hold_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_hold")),
        sa.UniqueConstraint("ref", name=op.f("uq_payment_hold_ref")),
    )
    op.create_index("ix_payment_hold_state", "payment_hold", ["state", "id"])
    op.create_table(
        "lost_payment",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_lost_payment_line_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_lost_payment_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_lost_payment")),
    )
    op.create_index(op.f("ix_lost_payment_line_id"), "lost_payment", ["line_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_lost_payment_line_id"), "lost_payment")
    op.drop_table("lost_payment")
    op.drop_index("ix_payment_hold_state", "payment_hold")
    op.drop_table("payment_hold")
