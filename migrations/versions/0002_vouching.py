"""vouching

Revision: 0002, after 0001
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hardship.core.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ANSWERS = ("vouching", "voucher_name", "voucher_contact", "call_phone", "call_when")
_STATES = (
    "code_valid",
    "code_used",
    "code_unknown",
    "to_confirm",
    "confirmed",
    "not_confirmed",
    "not_reached",
)


def upgrade() -> None:
    """Trusted groups with their codes, how somebody can be vouched for, and what became of it."""
    for name in _ANSWERS:
        op.add_column("application_answers", sa.Column(name, sa.LargeBinary(), nullable=True))
    _group()
    _batch()
    op.create_table(
        "voucher_code",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batch.id"], name=op.f("fk_voucher_code_batch_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_voucher_code")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_voucher_code_batch_id"), "voucher_code", ["batch_id"])
    op.create_table(
        "voucher_use",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["voucher_code.token"], name=op.f("fk_voucher_use_token")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_voucher_use")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "application_vouching",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("state", _kept("vouchingstate", *_STATES), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_vouching_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["staff.id"], name=op.f("fk_application_vouching_recorded_by")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_vouching")),
    )
    # What was given before has still to be confirmed by a person.
    op.execute(
        "INSERT INTO application_vouching (application_id, state)"
        " SELECT application_id, 'to_confirm' FROM application_answers WHERE voucher IS NOT NULL"
    )


def _kept(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _group() -> None:
    op.create_table(
        "voucher_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("kind", _kept("groupkind", "group", "company"), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("added_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_voucher_group_fund_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_voucher_group_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_group")),
        sa.UniqueConstraint("fund_id", "name", name=op.f("uq_voucher_group_fund_id_name")),
        sa.UniqueConstraint("ref", name=op.f("uq_voucher_group_ref")),
    )
    op.create_index(op.f("ix_voucher_group_round_id"), "voucher_group", ["round_id"])


def _batch() -> None:
    op.create_table(
        "voucher_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", _kept("batchstate", "issued", "cancelled"), nullable=False),
        sa.Column("issued_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.Column("cancel_why", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["cancelled_by"], ["staff.id"], name=op.f("fk_voucher_batch_cancelled_by")),
        sa.ForeignKeyConstraint(["group_id"], ["voucher_group.id"], name=op.f("fk_voucher_batch_group_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["staff.id"], name=op.f("fk_voucher_batch_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_batch")),
        sa.UniqueConstraint("ref", name=op.f("uq_voucher_batch_ref")),
    )
    op.create_index(op.f("ix_voucher_batch_group_id"), "voucher_batch", ["group_id"])


def downgrade() -> None:
    """The codes, and who can be vouched for how, are forgotten; the applications stay."""
    for table in ("application_vouching", "voucher_use", "voucher_code", "voucher_batch", "voucher_group"):
        op.drop_table(table)
    for name in reversed(_ANSWERS):
        op.drop_column("application_answers", name)
