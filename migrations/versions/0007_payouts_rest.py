"""payouts rest

Revision: 0007, after 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A bank line that names several payments; the form that asked for a test payment."""
    op.create_table(
        "bank_line_attempt",
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_bank_line_attempt_attempt_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_line_attempt_line_id")),
        sa.PrimaryKeyConstraint("line_id", "attempt_id", name=op.f("pk_bank_line_attempt")),
    )
    op.create_index(op.f("ix_bank_line_attempt_attempt_id"), "bank_line_attempt", ["attempt_id"])
    op.add_column(
        "trial_payment",
        sa.Column("request_key", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
    )
    op.create_index("uq_trial_payment_request_key", "trial_payment", ["request_key"], unique=True)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("uq_trial_payment_request_key", "trial_payment")
    op.drop_column("trial_payment", "request_key")
    op.drop_index(op.f("ix_bank_line_attempt_attempt_id"), "bank_line_attempt")
    op.drop_table("bank_line_attempt")
