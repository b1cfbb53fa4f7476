"""initial schema

Revision: 0001, after
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hardship.core.db
from migrations import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "subject",
            sqlmodel.sql.sqltypes.AutoString(length=120),
            server_default=sa.text("('')"),
            nullable=False,
        ),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_event_prev")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("mac", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "bank_table",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("weights", "substitutes", name="tablekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("imported_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_table")),
    )
    with op.batch_alter_table("bank_table", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_table_kind"), ["kind"], unique=False)

    op.create_table(
        "data_key",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("refers_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "refers_on IS NULL OR refers_on <= effective_on", name=op.f("ck_journal_refers_back")
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["journal.id"], name=op.f("fk_journal_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_journal_idem_key")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_cause"), ["cause"], unique=False)
        batch_op.create_index("ix_journal_day", ["effective_on", "id"], unique=False)
        batch_op.create_index(
            "uq_journal_reversed_once",
            ["reverses_id"],
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )

    op.create_table(
        "keyring_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("keyring_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("proof", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyring_mark")),
    )
    op.create_table(
        "period_close",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("is_year", sa.Boolean(), nullable=False),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("journals", sa.Integer(), nullable=False),
        sa.Column("last_journal", sa.Integer(), nullable=False),
        sa.Column("trial_balance", sa.Text(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("checklist", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_close")),
        sa.UniqueConstraint("fund_slug", "through", name=op.f("uq_period_close_fund_slug_through")),
    )
    op.create_table(
        "pot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column(
            "fund_class",
            sa.Enum(
                "restricted", "designated", "unrestricted", name="fundclass", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("is_community", sa.Boolean(), nullable=False),
        sa.Column("held_as_agent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot")),
        sa.UniqueConstraint("ref", name=op.f("uq_pot_ref")),
    )
    with op.batch_alter_table("pot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pot_fund_slug"), ["fund_slug"], unique=False)

    op.create_table(
        "rate_limit",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("window_start", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
    )
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_limit_window_start"), ["window_start"], unique=False)

    op.create_table(
        "remote_thing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "rail",
            sa.Enum("sandbox", "bank-file", "stripe", name="railname", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("parent", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_thing")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_remote_thing_idem_key")),
        sa.UniqueConstraint("rail", "kind", "subject", name=op.f("uq_remote_thing_rail_kind_subject")),
    )
    op.create_table(
        "sanctions_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("imported_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions_list")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sanctions_list_sha256")),
    )
    op.create_table(
        "sandbox_payment",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(length=18), nullable=False),
        sa.Column("payload_digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fate", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("accepted_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sandbox_payment")),
    )
    with op.batch_alter_table("sandbox_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sandbox_payment_reference"), ["reference"], unique=False)

    op.create_table(
        "spent_proof",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_spent_proof")),
    )
    with op.batch_alter_table("spent_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_proof_until"), ["until"], unique=False)

    op.create_table(
        "statement_shape",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("columns", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("saved_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_shape")),
        sa.UniqueConstraint("name", name=op.f("uq_statement_shape_name")),
    )
    op.create_table(
        "token_epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_epoch")),
    )
    op.create_table(
        "web_session",
        sa.Column("id_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_web_session")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_web_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("event_id", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("type", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "handled", "ignored", "failed", name="deliverystate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("received_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("handled_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_delivery_event_id")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_delivery_due", ["state", "due_at"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pot_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "bank",
                "card_clearing",
                "cash_in_hand",
                "disputed_receipts",
                "gift_aid_receivable",
                "match_receivable",
                "unearned_match",
                "frozen_match",
                "unidentified_receipts",
                "refunds_due",
                "sponsor_refunds_due",
                "gift_aid_due",
                "grants_payable",
                "payout_clearing",
                "donations",
                "match_income",
                "gift_aid",
                "recoveries",
                "grants",
                "fees",
                "losses",
                "opening",
                "transfers",
                name="accountkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_account_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("pot_id", "kind", "currency", name=op.f("uq_account_pot_id_kind_currency")),
    )
    op.create_table(
        "donor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_donor_data_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor")),
        sa.UniqueConstraint("token", name=op.f("uq_donor_token")),
    )
    op.create_table(
        "fund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("public_name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column(
            "fund_class",
            sa.Enum(
                "restricted", "designated", "unrestricted", name="fundclass", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum("principal", "agent", name="fundrole", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "bank_details",
            sa.Enum(
                "with_application",
                "after_approval",
                "choice",
                name="bankdetails",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("publisher_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("publisher_prefix", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("publisher_org_id", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("bank_name", sqlmodel.sql.sqltypes.AutoString(length=70), nullable=False),
        sa.Column("bank_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("bank_files", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("second_person_above_minor", sa.BigInteger(), nullable=False),
        sa.Column("community_pot_id", sa.Integer(), nullable=False),
        sa.Column("batch_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("daily_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("sanctions_officer", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=False),
        sa.Column("exit_to", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_pot_id"], ["pot.id"], name=op.f("fk_fund_community_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("slug", name=op.f("uq_fund_slug")),
    )
    op.create_table(
        "modulus_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("first", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.Column("last", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.Column("algorithm", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False),
        sa.Column("weights", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("exception", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["bank_table.id"], name=op.f("fk_modulus_line_table_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modulus_line")),
    )
    with op.batch_alter_table("modulus_line", schema=None) as batch_op:
        batch_op.create_index("ix_modulus_line_first", ["table_id", "first"], unique=False)

    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("template", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("letter", sa.LargeBinary(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tried_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_outbox_mail_data_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("ref", name=op.f("uq_outbox_mail_ref")),
    )
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_mail_data_key_id"), ["data_key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_mail_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "sort_code_substitute",
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("sort_code", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.Column("checked_as", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_id"], ["bank_table.id"], name=op.f("fk_sort_code_substitute_table_id")
        ),
        sa.PrimaryKeyConstraint("table_id", "sort_code", name=op.f("pk_sort_code_substitute")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=False),
        sa.Column("role_list", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_staff_data_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "approval_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_approval_attempt_fund_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_approval_attempt_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_attempt")),
    )
    with op.batch_alter_table("approval_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_approval_attempt_day", ["staff_id", "fund_id", "on"], unique=False)

    op.create_table(
        "bank_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_on", sa.Date(), nullable=True),
        sa.Column("adds_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_bank_import_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_import")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_import_sha256")),
    )
    with op.batch_alter_table("bank_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_import_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "bank_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("line_key", sqlmodel.sql.sqltypes.AutoString(length=160), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "unidentified",
                "claimed",
                "identified",
                "return_due",
                "returned",
                name="receiptstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "became",
            sa.Enum(
                "gift",
                "sponsor_payment",
                "card_payout",
                "paying_in",
                "gift_aid",
                name="became",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(became IS NULL) = (about IS NULL)", name=op.f("ck_bank_receipt_became_something")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_bank_receipt_amount_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_bank_receipt_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_receipt")),
        sa.UniqueConstraint("about", name=op.f("uq_bank_receipt_about")),
        sa.UniqueConstraint("line_key", name=op.f("uq_bank_receipt_line_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_bank_receipt_ref")),
    )
    with op.batch_alter_table("bank_receipt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bank_receipt_fund_state", ["fund_id", "state", "received_on", "ref"], unique=False
        )

    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column(
            "rail",
            sa.Enum("sandbox", "bank-file", "stripe", name="railname", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "approved",
                "submitting",
                "submitted",
                "settled",
                "cancelled",
                name="batchstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("request_key", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column(
            "file_form",
            sa.Enum("pain.001", "csv", name="fileform", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("resume_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_for", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("screened_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sanctions_list_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("count >= 0 AND amount_minor >= 0", name=op.f("ck_batch_contents_not_negative")),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_batch_approved_by")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_batch_fund_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_batch_made_by")),
        sa.ForeignKeyConstraint(
            ["sanctions_list_id"], ["sanctions_list.id"], name=op.f("fk_batch_sanctions_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("ref", name=op.f("uq_batch_ref")),
        sa.UniqueConstraint("request_key", name=op.f("uq_batch_request_key")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index("ix_batch_state", ["state", "id"], unique=False)

    op.create_table(
        "card_payout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_card_payout_not_zero")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_card_payout_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_payout")),
        sa.UniqueConstraint("ref", name=op.f("uq_card_payout_ref")),
    )
    with op.batch_alter_table("card_payout", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_payout_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "contribution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("received_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("card", "bank", "cash", "other", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "donor_type",
            sa.Enum("person", "organisation", "anonymous", name="donortype", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("donor_id", sa.Integer(), nullable=True),
        sa.Column(
            "held", sa.Enum("here", "elsewhere", name="held", native_enum=False, length=32), nullable=False
        ),
        sa.Column(
            "paid_into",
            sa.Enum(
                "bank",
                "card_clearing",
                "cash_in_hand",
                "disputed_receipts",
                "gift_aid_receivable",
                "match_receivable",
                "unearned_match",
                "frozen_match",
                "unidentified_receipts",
                "refunds_due",
                "sponsor_refunds_due",
                "gift_aid_due",
                "grants_payable",
                "payout_clearing",
                "donations",
                "match_income",
                "gift_aid",
                "recoveries",
                "grants",
                "fees",
                "losses",
                "opening",
                "transfers",
                name="accountkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_contribution_amount_positive")),
        sa.CheckConstraint("fee_minor >= 0", name=op.f("ck_contribution_fee_not_negative")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor",
            name=op.f("ck_contribution_refunded_within"),
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["donor.id"], name=op.f("fk_contribution_donor_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_contribution_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("ref", name=op.f("uq_contribution_ref")),
    )
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_donor_id"), ["donor_id"], unique=False)
        batch_op.create_index(
            "ix_contribution_fund_received", ["fund_id", "received_at", "ref"], unique=False
        )

    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("journal_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("pot_id", sa.Integer(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_entry_not_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_entry_account_id")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_entry_journal_id")),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_entry_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_journal_id"), ["journal_id"], unique=False)

    op.create_table(
        "fund_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("source_pot_id", sa.Integer(), nullable=False),
        sa.Column("target_pot_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column(
            "state",
            sa.Enum("made", "reversed", name="transferstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_fund_transfer_amount_positive")),
        sa.CheckConstraint("source_pot_id <> target_pot_id", name=op.f("ck_fund_transfer_two_pots")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["staff.id"], name=op.f("fk_fund_transfer_approved_by_id")
        ),
        sa.ForeignKeyConstraint(["source_pot_id"], ["pot.id"], name=op.f("fk_fund_transfer_source_pot_id")),
        sa.ForeignKeyConstraint(["target_pot_id"], ["pot.id"], name=op.f("fk_fund_transfer_target_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_transfer")),
        sa.UniqueConstraint("ref", name=op.f("uq_fund_transfer_ref")),
    )
    op.create_table(
        "gift_aid_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("made", "part_received", "received", name="claimstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("gifts", sa.Integer(), nullable=False),
        sa.Column("donations_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("adjusted_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("first_gift_on", sa.Date(), nullable=False),
        sa.Column("last_gift_on", sa.Date(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "adjusted_minor >= 0 AND adjusted_minor <= tax_minor",
            name=op.f("ck_gift_aid_claim_adjusted_within"),
        ),
        sa.CheckConstraint("received_minor >= 0", name=op.f("ck_gift_aid_claim_received_not_negative")),
        sa.CheckConstraint("tax_minor > 0", name=op.f("ck_gift_aid_claim_tax_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gift_aid_claim_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_aid_claim")),
        sa.UniqueConstraint("ref", name=op.f("uq_gift_aid_claim_ref")),
    )
    with op.batch_alter_table("gift_aid_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gift_aid_claim_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "gift_aid_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("first_name", sa.LargeBinary(), nullable=True),
        sa.Column("last_name", sa.LargeBinary(), nullable=True),
        sa.Column("house", sa.LargeBinary(), nullable=True),
        sa.Column("postcode", sa.LargeBinary(), nullable=True),
        sa.Column(
            "how",
            sa.Enum("online", "paper", "spoken", name="how", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("covers_from", sa.Date(), nullable=False),
        sa.Column("covers_until", sa.Date(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_key.id"], name=op.f("fk_gift_aid_declaration_data_key_id")
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["donor.id"], name=op.f("fk_gift_aid_declaration_donor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_aid_declaration")),
        sa.UniqueConstraint("ref", name=op.f("uq_gift_aid_declaration_ref")),
    )
    with op.batch_alter_table("gift_aid_declaration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gift_aid_declaration_donor_id"), ["donor_id"], unique=False)

    op.create_table(
        "loss",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "wrong_payment",
                "fraud",
                "theft",
                "bank_error",
                "cash_difference",
                "other",
                name="losscause",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum("recorded", "recovered", "reversed", name="lossstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recovered_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("journal_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_loss_amount_positive")),
        sa.CheckConstraint(
            "recovered_minor >= 0 AND recovered_minor <= amount_minor", name=op.f("ck_loss_recovered_within")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_loss_decided_by_id")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_loss_journal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss")),
        sa.UniqueConstraint("ref", name=op.f("uq_loss_ref")),
    )
    with op.batch_alter_table("loss", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loss_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_loss_fund_slug"), ["fund_slug"], unique=False)

    op.create_table(
        "match_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("pot_id", sa.Integer(), nullable=False),
        sa.Column("sponsor", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("match", "challenge", name="agreementkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("threshold_minor", sa.BigInteger(), nullable=True),
        sa.Column("clear_days", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("den", sa.Integer(), nullable=False),
        sa.Column("cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_contribution_cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_donor_cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("channels", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("excluded_donors", sa.LargeBinary(), nullable=True),
        sa.Column("excluded_tokens", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "paid",
            sa.Enum("in_advance", "in_arrears", name="paid", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reclaimable", sa.Boolean(), nullable=False),
        sa.Column(
            "unused",
            sa.Enum("return", "roll", "lapse", name="unused", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("restricted_to_round", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=True),
        sa.Column("purchase_order", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("contact_token", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="agreementstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rolled_to_id", sa.Integer(), nullable=True),
        sa.Column(
            "challenge",
            sa.Enum("open", "met", "failed", name="challengestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("challenge_on", sa.Date(), nullable=True),
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_minor", sa.BigInteger(), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger(), nullable=False),
        sa.Column("raised_minor", sa.BigInteger(), nullable=False),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("repaid_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "allocated_minor >= 0 AND held_minor >= 0", name=op.f("ck_match_agreement_not_negative")
        ),
        sa.CheckConstraint(
            "cap_minor IS NULL OR allocated_minor + held_minor <= cap_minor",
            name=op.f("ck_match_agreement_within_cap"),
        ),
        sa.CheckConstraint(
            "earned_minor >= 0 AND earned_minor <= allocated_minor",
            name=op.f("ck_match_agreement_earned_within"),
        ),
        sa.CheckConstraint(
            "frozen_minor >= 0 AND frozen_minor <= earned_minor",
            name=op.f("ck_match_agreement_frozen_within"),
        ),
        sa.CheckConstraint("num > 0 AND den > 0", name=op.f("ck_match_agreement_ratio")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_match_agreement_fund_id")),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_match_agreement_pot_id")),
        sa.ForeignKeyConstraint(
            ["rolled_to_id"], ["match_agreement.id"], name=op.f("fk_match_agreement_rolled_to_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_agreement")),
        sa.UniqueConstraint("pot_id", name=op.f("uq_match_agreement_pot_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_match_agreement_ref")),
    )
    with op.batch_alter_table("match_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_agreement_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "paying_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_in_on", sa.Date(), nullable=False),
        sa.Column("slip", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_paying_in_amount_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_paying_in_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paying_in")),
        sa.UniqueConstraint("ref", name=op.f("uq_paying_in_ref")),
    )
    with op.batch_alter_table("paying_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paying_in_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "refused",
                "withdrawn",
                name="proposalstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_proposal_decided_or_not")
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR state <> 'approved' OR decided_by_id <> made_by_id",
            name=op.f("ck_proposal_two_people"),
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_proposal_decided_by_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name=op.f("fk_proposal_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("ref", name=op.f("uq_proposal_ref")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_subject"), ["subject"], unique=False)

    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("opens_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("two_to_sign_above_minor", sa.BigInteger(), nullable=True),
        sa.Column(
            "spend_order",
            sa.Enum(
                "community_first", "match_first", "pro_rata", name="spendorder", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("offer_days", sa.Integer(), nullable=False),
        sa.Column("token_epoch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_round_fund_id")),
        sa.ForeignKeyConstraint(["token_epoch_id"], ["token_epoch.id"], name=op.f("fk_round_token_epoch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("slug", name=op.f("uq_round_slug")),
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "trial_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "form", sa.Enum("pain.001", "csv", name="fileform", native_enum=False, length=32), nullable=False
        ),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum("made", "confirmed", "differs", name="trialstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("amount_minor BETWEEN 1 AND 100", name=op.f("ck_trial_payment_a_few_pence")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_trial_payment_confirmed_by")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_trial_payment_fund_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_trial_payment_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_payment")),
        sa.UniqueConstraint("ref", name=op.f("uq_trial_payment_ref")),
    )
    with op.batch_alter_table("trial_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trial_payment_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "bank_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "form", sa.Enum("pain.001", "csv", name="fileform", native_enum=False, length=32), nullable=False
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum("made", "voided", name="bankfilestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("debited_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_bank_file_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_bank_file_batch_id_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_bank_file_ref")),
    )
    op.create_table(
        "card_refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "sent",
                "unknown",
                "done",
                "failed",
                "returned",
                name="cardrefundstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("reason_ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("requested_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("refunded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'returned')) = (refunded_at IS NOT NULL)",
            name=op.f("ck_card_refund_done_is_dated"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_card_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_card_refund_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_refund")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_card_refund_idem_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_card_refund_provider_ref")),
        sa.UniqueConstraint("ref", name=op.f("uq_card_refund_ref")),
    )
    with op.batch_alter_table("card_refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_refund_contribution_id"), ["contribution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_refund_due_at"), ["due_at"], unique=False)

    op.create_table(
        "checkout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "pending",
                "paid",
                "expired",
                "cancelled",
                "failed",
                name="checkoutstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("donor_name", sa.LargeBinary(), nullable=True),
        sa.Column("for_organisation", sa.Boolean(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("receipt_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("gift_aid", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("look_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("session_id", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("session_url", sa.LargeBinary(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("payment_intent", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("charge", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("fee_known", sa.Boolean(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("lapsed_minor", sa.BigInteger(), nullable=False),
        sa.Column("matched_minor", sa.BigInteger(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'paid') = (contribution_id IS NOT NULL)", name=op.f("ck_checkout_paid_has_gift")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_checkout_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_checkout_contribution_id")
        ),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_checkout_data_key_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_checkout_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
        sa.UniqueConstraint("charge", name=op.f("uq_checkout_charge")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_checkout_contribution_id")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_checkout_idem_key")),
        sa.UniqueConstraint("payment_intent", name=op.f("uq_checkout_payment_intent")),
        sa.UniqueConstraint("ref", name=op.f("uq_checkout_ref")),
        sa.UniqueConstraint("session_id", name=op.f("uq_checkout_session_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_checkout_token_hash")),
    )
    with op.batch_alter_table("checkout", schema=None) as batch_op:
        batch_op.create_index("ix_checkout_due", ["state", "look_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_checkout_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "inquiry", "open", "won", "lost", "closed", name="disputestate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_changes", sa.Integer(), nullable=False),
        sa.Column("opened_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_dispute_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_dispute_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_dispute_provider_ref")),
        sa.UniqueConstraint("ref", name=op.f("uq_dispute_ref")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_contribution_id"), ["contribution_id"], unique=False)

    op.create_table(
        "gift_aid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.Integer(), nullable=False),
        sa.Column("entitled_minor", sa.BigInteger(), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("net_claimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_out_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(claim_id IS NULL) = (claimed_minor = 0)", name=op.f("ck_gift_aid_claimed_in_a_claim")
        ),
        sa.CheckConstraint("entitled_minor >= 0", name=op.f("ck_gift_aid_entitled_not_negative")),
        sa.CheckConstraint(
            "settled_minor >= 0 AND (settled_minor = 0 OR settled_minor <= claimed_minor - entitled_minor)",
            name=op.f("ck_gift_aid_settled_within"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["gift_aid_claim.id"], name=op.f("fk_gift_aid_claim_id")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_gift_aid_contribution_id")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["gift_aid_declaration.id"], name=op.f("fk_gift_aid_declaration_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gift_aid_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_aid")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_gift_aid_contribution_id")),
    )
    with op.batch_alter_table("gift_aid", schema=None) as batch_op:
        batch_op.create_index("ix_gift_aid_claim", ["claim_id", "contribution_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gift_aid_declaration_id"), ["declaration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gift_aid_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "gift_aid_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("bank_ref", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_gift_aid_payment_not_zero")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["gift_aid_claim.id"], name=op.f("fk_gift_aid_payment_claim_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gift_aid_payment_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_aid_payment")),
        sa.UniqueConstraint("ref", name=op.f("uq_gift_aid_payment_ref")),
    )
    with op.batch_alter_table("gift_aid_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gift_aid_payment_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gift_aid_payment_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "gift_proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cash", "cheque", "transfer", "held_elsewhere", name="proofkind", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_gift_proof_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_proof")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_gift_proof_contribution_id")),
    )
    op.create_table(
        "loss_recovery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("loss_id", sa.Integer(), nullable=True),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("journal_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_loss_recovery_amount_positive")),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_loss_recovery_journal_id")),
        sa.ForeignKeyConstraint(["loss_id"], ["loss.id"], name=op.f("fk_loss_recovery_loss_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_recovery")),
        sa.UniqueConstraint("ref", name=op.f("uq_loss_recovery_ref")),
    )
    with op.batch_alter_table("loss_recovery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loss_recovery_fund_slug"), ["fund_slug"], unique=False)
        batch_op.create_index(batch_op.f("ix_loss_recovery_loss_id"), ["loss_id"], unique=False)

    op.create_table(
        "match_freeze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_match_freeze_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_freeze")),
    )
    with op.batch_alter_table("match_freeze", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_match_freeze_contribution_id"), ["contribution_id"], unique=False
        )
        batch_op.create_index(
            "uq_match_freeze_live",
            ["contribution_id"],
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )

    op.create_table(
        "match_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("agreed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_match_terms_agreement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_terms")),
        sa.UniqueConstraint("agreement_id", "version", name=op.f("uq_match_terms_agreement_id_version")),
    )
    op.create_table(
        "match_tranche",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_match_tranche_amount_positive")),
        sa.CheckConstraint(
            "received_minor >= 0 AND received_minor <= amount_minor",
            name=op.f("ck_match_tranche_received_within"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_match_tranche_agreement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_tranche")),
        sa.UniqueConstraint("agreement_id", "due_on", name=op.f("uq_match_tranche_agreement_id_due_on")),
    )
    op.create_table(
        "payment_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tranche_due_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "part_received",
                "received",
                "cancelled",
                name="requeststate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("requested_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_request_amount_positive")),
        sa.CheckConstraint(
            "received_minor >= 0 AND received_minor <= amount_minor",
            name=op.f("ck_payment_request_received_within"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_payment_request_agreement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_request")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_payment_request_agreement_id_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_payment_request_ref")),
    )
    with op.batch_alter_table("payment_request", schema=None) as batch_op:
        batch_op.create_index(
            "uq_payment_request_under_way",
            ["agreement_id", "tranche_due_on"],
            unique=True,
            sqlite_where=sa.text("state IN ('requested', 'part_received')"),
            postgresql_where=sa.text("state IN ('requested', 'part_received')"),
        )

    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("published_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_policy_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("round_id", "version", name=op.f("uq_policy_round_id_version")),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column("refunded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_refund_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint(
            "contribution_id", "refunded_at", name=op.f("uq_refund_contribution_id_refunded_at")
        ),
    )
    op.create_table(
        "refund_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=True),
        sa.Column("receipt_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "way",
            sa.Enum("card", "bank", "cash", "elsewhere", name="way", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("due", "at_card", "paid", name="orderstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("bank_ref", sa.LargeBinary(), nullable=True),
        sa.Column("approved_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'paid') = (paid_on IS NOT NULL)", name=op.f("ck_refund_order_paid_is_dated")
        ),
        sa.CheckConstraint(
            "(contribution_id IS NULL) <> (receipt_id IS NULL)", name=op.f("ck_refund_order_of_one_thing")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_order_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_refund_order_contribution_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_refund_order_fund_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["bank_receipt.id"], name=op.f("fk_refund_order_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_order")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_refund_order_receipt_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_refund_order_ref")),
    )
    with op.batch_alter_table("refund_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refund_order_contribution_id"), ["contribution_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_refund_order_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index("ix_refund_order_state", ["state", "approved_at", "id"], unique=False)

    op.create_table(
        "sign_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_sign_off_approved_by")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_sign_off_fund_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_sign_off_proposed_by")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_sign_off_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        sa.UniqueConstraint(
            "fund_id", "round_id", "through", name=op.f("uq_sign_off_fund_id_round_id_through")
        ),
    )
    op.create_table(
        "sponsor_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("received_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_sponsor_payment_not_zero")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_sponsor_payment_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["match_agreement.id"], name=op.f("fk_sponsor_payment_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsor_payment")),
        sa.UniqueConstraint("ref", name=op.f("uq_sponsor_payment_ref")),
    )
    with op.batch_alter_table("sponsor_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sponsor_payment_agreement_id"), ["agreement_id"], unique=False)

    op.create_table(
        "stated_through",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_stated_through_agreement_id")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_stated_through")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("previous_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.Column("issued_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_statement_agreement_id")
        ),
        sa.ForeignKeyConstraint(["supersedes_id"], ["statement.id"], name=op.f("fk_statement_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("ref", name=op.f("uq_statement_ref")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_statement_supersedes_id")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_agreement_id"), ["agreement_id"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("den", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column(
            "condition",
            sa.Enum("none", "pending", "met", "released", name="condition", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("earned_minor", sa.BigInteger(), nullable=False),
        sa.Column("entitled_on", sa.Date(), nullable=True),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("refund_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "condition <> 'pending' OR earned_minor = 0", name=op.f("ck_allocation_pending_is_not_earned")
        ),
        sa.CheckConstraint(
            "(amount_minor < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_allocation_reversal_names_it")
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_allocation_not_zero")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_allocation_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_allocation_contribution_id")
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_allocation_refund_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["allocation.id"], name=op.f("fk_allocation_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index("ix_allocation_agreement_stated", ["agreement_id", "stated_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_contribution_id"), ["contribution_id"], unique=False)
        batch_op.create_index(
            "ix_allocation_pending",
            ["agreement_id", "occurred_on"],
            unique=False,
            sqlite_where=sa.text("condition = 'pending'"),
            postgresql_where=sa.text("condition = 'pending'"),
        )
        batch_op.create_index(
            "uq_allocation_released_once",
            ["reverses_id"],
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NULL"),
        )
        batch_op.create_index(
            "uq_allocation_reversed_once",
            ["reverses_id", "refund_id"],
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NOT NULL"),
        )

    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "checking",
                "in_review",
                "info_requested",
                "approved",
                "declined",
                "withdrawn",
                name="applicationstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "source", sa.Enum("web", "import", name="source", native_enum=False, length=32), nullable=False
        ),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("claim_token", sa.LargeBinary(), nullable=False),
        sa.Column(
            "safe_contact",
            sa.Enum("email", "sms", "none", name="safecontact", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("submitted_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.Column("has_bank", sa.Boolean(), nullable=False),
        sa.Column(
            "bank_check",
            sa.Enum("", "passed", "not_checked", name="bankcheck", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("other_way", sa.Boolean(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("contact_said_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_application_data_key_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_application_policy_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_application_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("claim_token", name=op.f("uq_application_claim_token")),
        sa.UniqueConstraint("ref", name=op.f("uq_application_ref")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(
            "ix_application_checking",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'checking'"),
            postgresql_where=sa.text("state = 'checking'"),
        )
        batch_op.create_index(
            "ix_application_queue", ["round_id", "state", "submitted_at", "ref"], unique=False
        )

    op.create_table(
        "match_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checkout_id", sa.Integer(), nullable=False),
        sa.Column("checkout_ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("den", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("held", "committed", "void", name="holdstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("donor", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'held') = (decided_at IS NULL)", name=op.f("ck_match_hold_decided_is_dated")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_match_hold_amount_positive")),
        sa.CheckConstraint(
            "given_minor >= 0 AND given_minor <= amount_minor", name=op.f("ck_match_hold_given_within")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_match_hold_agreement_id")
        ),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkout.id"], name=op.f("fk_match_hold_checkout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_hold")),
        sa.UniqueConstraint(
            "checkout_id", "agreement_id", name=op.f("uq_match_hold_checkout_id_agreement_id")
        ),
    )
    with op.batch_alter_table("match_hold", schema=None) as batch_op:
        batch_op.create_index(
            "ix_match_hold_agreement", ["agreement_id", "state", "expires_at"], unique=False
        )
        batch_op.create_index(
            "ix_match_hold_due",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.create_table(
        "statement_file",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_file_statement_id")
        ),
        sa.PrimaryKeyConstraint("statement_id", "name", name=op.f("pk_statement_file")),
    )
    op.create_table(
        "application_answers",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("legal_name", sa.LargeBinary(), nullable=True),
        sa.Column("working_name", sa.LargeBinary(), nullable=True),
        sa.Column("birth_year", sa.LargeBinary(), nullable=True),
        sa.Column("outward_postcode", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("sort_code", sa.LargeBinary(), nullable=True),
        sa.Column("account_number", sa.LargeBinary(), nullable=True),
        sa.Column("income_before", sa.LargeBinary(), nullable=True),
        sa.Column("income_now", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("voucher", sa.LargeBinary(), nullable=True),
        sa.Column("connected", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_answers_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_answers")),
    )
    op.create_table(
        "application_token",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("epoch_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_token_application_id")
        ),
        sa.ForeignKeyConstraint(["epoch_id"], ["token_epoch.id"], name=op.f("fk_application_token_epoch_id")),
        sa.PrimaryKeyConstraint("application_id", "kind", "epoch_id", name=op.f("pk_application_token")),
    )
    with op.batch_alter_table("application_token", schema=None) as batch_op:
        batch_op.create_index("ix_application_token_token", ["token", "kind"], unique=False)

    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcomes", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_assessment_application_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_assessment_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_application_id"), ["application_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_assignment_application_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_assignment_by_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignment_staff_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "case_opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_case_opening_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_opening_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_opening")),
        sa.UniqueConstraint(
            "application_id", "staff_id", name=op.f("uq_case_opening_application_id_staff_id")
        ),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "about",
            sa.Enum("data", "service", "platform", name="about", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "acknowledged",
                "passed_on",
                "answered",
                name="complaintstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("may_pass_on", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("redacted", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column(
            "theme",
            sa.Enum(
                "account_closed",
                "money_withheld",
                "safety",
                "fees",
                "treatment",
                "privacy",
                "other",
                name="theme",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("made_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_complaint_application_id")
        ),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_complaint_data_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("ref", name=op.f("uq_complaint_ref")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_complaint_state", ["state", "due_at", "id"], unique=False)

    op.create_table(
        "conflict_of_interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_conflict_of_interest_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conflict_of_interest_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_of_interest")),
        sa.UniqueConstraint(
            "application_id", "staff_id", name=op.f("uq_conflict_of_interest_application_id_staff_id")
        ),
    )
    with op.batch_alter_table("conflict_of_interest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_of_interest_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("approve", "decline", name="outcome", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "meets_policy",
                "not_eligible",
                "duplicate",
                "no_evidence",
                "no_budget",
                "other",
                name="reasoncode",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_decision_policy_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"], name=op.f("fk_decision_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("application_id", name=op.f("uq_decision_application_id")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_draft_application_id")),
        sa.ForeignKeyConstraint(["data_key_id"], ["data_key.id"], name=op.f("fk_draft_data_key_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_draft_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "duplicate_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_duplicate_override_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_duplicate_override_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_override")),
        sa.UniqueConstraint("application_id", name=op.f("uq_duplicate_override_application_id")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("requested", "done", "withdrawn", name="erasurestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "erased_for",
            sa.Enum("asked", "desk", "retention", name="erasedfor", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("asked_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("done_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_erasure_application_id")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_erasure_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_erasure_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_erasure_open",
            ["application_id"],
            unique=True,
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )

    op.create_table(
        "name_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("payee", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "MTCH",
                "MBAM",
                "ANNM",
                "BANM",
                "PANM",
                "BAMM",
                "PAMM",
                "AC01",
                "IVCR",
                "ACNS",
                "OPTO",
                "CASS",
                "SCNS",
                name="nameresult",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_name_check_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_name_check_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_check")),
    )
    with op.batch_alter_table("name_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_name_check_application_id"), ["application_id"], unique=False)

    op.create_table(
        "recovery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "proposed",
                "approved",
                "handed_over",
                "closed",
                name="recoverystate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fits", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("at_desk", sa.Boolean(), nullable=False),
        sa.Column("pickup_token", sa.LargeBinary(), nullable=False),
        sa.Column("word_token", sa.LargeBinary(), nullable=True),
        sa.Column("new_code", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_recovery_application_id")
        ),
        sa.ForeignKeyConstraint(["started_by"], ["staff.id"], name=op.f("fk_recovery_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
        sa.UniqueConstraint("pickup_token", name=op.f("uq_recovery_pickup_token")),
        sa.UniqueConstraint("ref", name=op.f("uq_recovery_ref")),
    )
    with op.batch_alter_table("recovery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_recovery_state", ["state", "id"], unique=False)

    op.create_table(
        "sanctions_hit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("same", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "cleared", "confirmed", name="hitstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_sanctions_hit_application_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_sanctions_hit_decided_by")),
        sa.ForeignKeyConstraint(["list_id"], ["sanctions_list.id"], name=op.f("fk_sanctions_hit_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions_hit")),
        sa.UniqueConstraint("ref", name=op.f("uq_sanctions_hit_ref")),
        sa.UniqueConstraint("same", name=op.f("uq_sanctions_hit_same")),
    )
    with op.batch_alter_table("sanctions_hit", schema=None) as batch_op:
        batch_op.create_index("ix_sanctions_hit_application", ["application_id", "state"], unique=False)

    op.create_table(
        "sealed_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("fields", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_sealed_reading_application_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sealed_reading_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_reading")),
    )
    with op.batch_alter_table("sealed_reading", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sealed_reading_application_id"), ["application_id"], unique=False
        )

    op.create_table(
        "signal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "strength",
            sa.Enum("strong", "weak", name="strength", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("sentence", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_signal_application_id")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["application.id"], name=op.f("fk_signal_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
        sa.UniqueConstraint(
            "application_id", "kind", "other_id", name=op.f("uq_signal_application_id_kind_other_id")
        ),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signal_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signal_other_id"), ["other_id"], unique=False)

    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("approve", "decline", name="outcome", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "meets_policy",
                "not_eligible",
                "duplicate",
                "no_evidence",
                "no_budget",
                "other",
                name="reasoncode",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_vote_application_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_vote_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("application_id", "staff_id", name=op.f("uq_vote_application_id_staff_id")),
    )
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vote_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "award",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "offered",
                "accepted",
                "in_payment",
                "paid",
                "lapsed",
                "withdrawn",
                "cancelled",
                "recovered",
                name="awardstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("bank_token", sa.LargeBinary(), nullable=True),
        sa.Column("override_id", sa.Integer(), nullable=True),
        sa.Column("offered_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lapses_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("ended_why", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_award_amount_positive")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_award_application_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_award_fund_id")),
        sa.ForeignKeyConstraint(
            ["override_id"], ["duplicate_override.id"], name=op.f("fk_award_override_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_award_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("ref", name=op.f("uq_award_ref")),
    )
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.create_index("ix_award_round", ["round_id", "state", "amount_minor"], unique=False)
        batch_op.create_index("ix_award_state", ["fund_id", "state", "id"], unique=False)
        batch_op.create_index(
            "uq_award_bank_token",
            ["round_id", "bank_token"],
            unique=True,
            sqlite_where=sa.text(
                "bank_token IS NOT NULL AND override_id IS NULL AND state NOT IN ('lapsed', 'withdrawn', 'cancelled')"
            ),
            postgresql_where=sa.text(
                "bank_token IS NOT NULL AND override_id IS NULL AND state NOT IN ('lapsed', 'withdrawn', 'cancelled')"
            ),
        )
        batch_op.create_index(
            "uq_award_live_application",
            ["application_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('lapsed', 'withdrawn', 'cancelled')"),
            postgresql_where=sa.text("state NOT IN ('lapsed', 'withdrawn', 'cancelled')"),
        )

    op.create_table(
        "award_recovery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "recovered", "written_off", name="recoverystate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recovered_minor", sa.BigInteger(), nullable=False),
        sa.Column("written_off_minor", sa.BigInteger(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("loss_ref", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND recovered_minor >= 0 AND written_off_minor >= 0 AND recovered_minor + written_off_minor <= amount_minor",
            name=op.f("ck_award_recovery_within_the_award"),
        ),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_recovery_award_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_award_recovery_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_recovery")),
        sa.UniqueConstraint("award_id", name=op.f("uq_award_recovery_award_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_award_recovery_ref")),
    )
    op.create_table(
        "award_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column("pot_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_award_share_not_zero")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_share_award_id")),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_award_share_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_share")),
    )
    with op.batch_alter_table("award_share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_share_award_id"), ["award_id"], unique=False)
        batch_op.create_index("ix_award_share_pot_stated", ["pot_id", "stated_on"], unique=False)

    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "approved",
                "submitting",
                "unknown",
                "submitted",
                "paid",
                "recall_pending",
                "failed",
                "returned",
                "cancelled",
                "paid_externally",
                name="paymentstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("payee_digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("checked_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("look_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount_positive")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_payment_award_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_payment_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_reference")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index("ix_payment_batch", ["batch_id", "state"], unique=False)
        batch_op.create_index("ix_payment_look_at", ["look_at", "id"], unique=False)
        batch_op.create_index("ix_payment_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_payment_award",
            ["award_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('cancelled')"),
            postgresql_where=sa.text("state NOT IN ('cancelled')"),
        )

    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("bank_file_id", sa.Integer(), nullable=True),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("payload_digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "pending",
                "unknown",
                "accepted",
                "refused",
                "failed",
                "returned",
                "cancelled",
                name="attemptoutcome",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("provider_ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
        sa.Column("problem", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("name_check", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("contradicted_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bank_file_id"], ["bank_file.id"], name=op.f("fk_attempt_bank_file_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_attempt_batch_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_attempt_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_attempt_idem_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_attempt_provider_ref")),
        sa.UniqueConstraint("reference", name=op.f("uq_attempt_reference")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_bank_file_id"), ["bank_file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempt_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempt_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(
            "uq_attempt_live",
            ["payment_id"],
            unique=True,
            sqlite_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
            postgresql_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
        )

    op.create_table(
        "external_payment",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum("cash", "voucher", "wallet", "other", name="way", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "paid_from",
            sa.Enum("bank", "cash_in_hand", name="paidfrom", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("handed_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_external_payment_approved_by")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_external_payment_payment_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_external_payment_proposed_by")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_external_payment")),
    )
    op.create_table(
        "paid_record",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_paid_record_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_paid_record")),
    )
    op.create_table(
        "payment_recall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("requested", "returned", "refused", name="recallstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_payment_recall_ended_by")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_recall_payment_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["staff.id"], name=op.f("fk_payment_recall_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_recall")),
        sa.UniqueConstraint("ref", name=op.f("uq_payment_recall_ref")),
    )
    with op.batch_alter_table("payment_recall", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_recall_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(
            "uq_recall_open",
            ["payment_id"],
            unique=True,
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )

    op.create_table(
        "recovery_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recovery_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("bank_ref", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recovery_id"], ["award_recovery.id"], name=op.f("fk_recovery_receipt_recovery_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_receipt_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_receipt")),
        sa.UniqueConstraint(
            "recovery_id", "fingerprint", name=op.f("uq_recovery_receipt_recovery_id_fingerprint")
        ),
    )
    op.create_table(
        "bank_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "direction", sa.Enum("in", "out", name="direction", native_enum=False, length=32), nullable=False
        ),
        sa.Column("reference", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "matched", "exception", "set_aside", "booked", name="linestate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "no_reference",
                "receipt",
                "amount_differs",
                "seen_before",
                "not_sent",
                "several",
                name="linereason",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("bank_file_id", sa.Integer(), nullable=True),
        sa.Column(
            "matched_by",
            sa.Enum(
                "reference", "file", "total", "payee", "hand", name="matchedby", native_enum=False, length=32
            ),
            nullable=True,
        ),
        sa.Column("set_aside_by", sa.Integer(), nullable=True),
        sa.Column("set_aside_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("set_aside_note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_bank_line_attempt_id")),
        sa.ForeignKeyConstraint(["bank_file_id"], ["bank_file.id"], name=op.f("fk_bank_line_bank_file_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_bank_line_batch_id")),
        sa.ForeignKeyConstraint(["import_id"], ["bank_import.id"], name=op.f("fk_bank_line_import_id")),
        sa.ForeignKeyConstraint(["set_aside_by"], ["staff.id"], name=op.f("fk_bank_line_set_aside_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("fingerprint", "occurrence", name=op.f("uq_bank_line_fingerprint_occurrence")),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_line_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_bank_file_id"), ["bank_file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_import_id"), ["import_id"], unique=False)
        batch_op.create_index("ix_bank_line_state", ["state", "on", "id"], unique=False)

    guards.create()


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_line_state")
        batch_op.drop_index(batch_op.f("ix_bank_line_import_id"))
        batch_op.drop_index(batch_op.f("ix_bank_line_batch_id"))
        batch_op.drop_index(batch_op.f("ix_bank_line_bank_file_id"))
        batch_op.drop_index(batch_op.f("ix_bank_line_attempt_id"))

    op.drop_table("bank_line")
    op.drop_table("recovery_receipt")
    with op.batch_alter_table("payment_recall", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recall_open",
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )
        batch_op.drop_index(batch_op.f("ix_payment_recall_payment_id"))

    op.drop_table("payment_recall")
    op.drop_table("paid_record")
    op.drop_table("external_payment")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempt_live",
            sqlite_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
            postgresql_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
        )
        batch_op.drop_index(batch_op.f("ix_attempt_payment_id"))
        batch_op.drop_index(batch_op.f("ix_attempt_batch_id"))
        batch_op.drop_index(batch_op.f("ix_attempt_bank_file_id"))

    op.drop_table("attempt")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_award",
            sqlite_where=sa.text("state NOT IN ('cancelled')"),
            postgresql_where=sa.text("state NOT IN ('cancelled')"),
        )
        batch_op.drop_index("ix_payment_state")
        batch_op.drop_index("ix_payment_look_at")
        batch_op.drop_index("ix_payment_batch")

    op.drop_table("payment")
    with op.batch_alter_table("award_share", schema=None) as batch_op:
        batch_op.drop_index("ix_award_share_pot_stated")
        batch_op.drop_index(batch_op.f("ix_award_share_award_id"))

    op.drop_table("award_share")
    op.drop_table("award_recovery")
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_award_live_application",
            sqlite_where=sa.text("state NOT IN ('lapsed', 'withdrawn', 'cancelled')"),
            postgresql_where=sa.text("state NOT IN ('lapsed', 'withdrawn', 'cancelled')"),
        )
        batch_op.drop_index(
            "uq_award_bank_token",
            sqlite_where=sa.text(
                "bank_token IS NOT NULL AND override_id IS NULL AND state NOT IN ('lapsed', 'withdrawn', 'cancelled')"
            ),
            postgresql_where=sa.text(
                "bank_token IS NOT NULL AND override_id IS NULL AND state NOT IN ('lapsed', 'withdrawn', 'cancelled')"
            ),
        )
        batch_op.drop_index("ix_award_state")
        batch_op.drop_index("ix_award_round")

    op.drop_table("award")
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vote_staff_id"))

    op.drop_table("vote")
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signal_other_id"))
        batch_op.drop_index(batch_op.f("ix_signal_application_id"))

    op.drop_table("signal")
    with op.batch_alter_table("sealed_reading", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealed_reading_application_id"))

    op.drop_table("sealed_reading")
    with op.batch_alter_table("sanctions_hit", schema=None) as batch_op:
        batch_op.drop_index("ix_sanctions_hit_application")

    op.drop_table("sanctions_hit")
    with op.batch_alter_table("recovery", schema=None) as batch_op:
        batch_op.drop_index("ix_recovery_state")
        batch_op.drop_index(batch_op.f("ix_recovery_application_id"))

    op.drop_table("recovery")
    with op.batch_alter_table("name_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_name_check_application_id"))

    op.drop_table("name_check")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_erasure_open",
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )
        batch_op.drop_index("ix_erasure_state")
        batch_op.drop_index(batch_op.f("ix_erasure_application_id"))

    op.drop_table("erasure")
    op.drop_table("duplicate_override")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_expires_at"))

    op.drop_table("draft")
    op.drop_table("decision")
    with op.batch_alter_table("conflict_of_interest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_of_interest_staff_id"))

    op.drop_table("conflict_of_interest")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_index("ix_complaint_state")
        batch_op.drop_index(batch_op.f("ix_complaint_application_id"))

    op.drop_table("complaint")
    op.drop_table("case_opening")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_staff_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_application_id"))

    op.drop_table("assessment")
    with op.batch_alter_table("application_token", schema=None) as batch_op:
        batch_op.drop_index("ix_application_token_token")

    op.drop_table("application_token")
    op.drop_table("application_answers")
    op.drop_table("statement_file")
    with op.batch_alter_table("match_hold", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_match_hold_due",
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.drop_index("ix_match_hold_agreement")

    op.drop_table("match_hold")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index("ix_application_queue")
        batch_op.drop_index(
            "ix_application_checking",
            sqlite_where=sa.text("state = 'checking'"),
            postgresql_where=sa.text("state = 'checking'"),
        )

    op.drop_table("application")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_allocation_reversed_once",
            sqlite_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_allocation_released_once",
            sqlite_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL AND refund_id IS NULL"),
        )
        batch_op.drop_index(
            "ix_allocation_pending",
            sqlite_where=sa.text("condition = 'pending'"),
            postgresql_where=sa.text("condition = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_allocation_contribution_id"))
        batch_op.drop_index("ix_allocation_agreement_stated")

    op.drop_table("allocation")
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statement_agreement_id"))

    op.drop_table("statement")
    op.drop_table("stated_through")
    with op.batch_alter_table("sponsor_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sponsor_payment_agreement_id"))

    op.drop_table("sponsor_payment")
    op.drop_table("sign_off")
    with op.batch_alter_table("refund_order", schema=None) as batch_op:
        batch_op.drop_index("ix_refund_order_state")
        batch_op.drop_index(batch_op.f("ix_refund_order_fund_id"))
        batch_op.drop_index(batch_op.f("ix_refund_order_contribution_id"))

    op.drop_table("refund_order")
    op.drop_table("refund")
    op.drop_table("policy")
    with op.batch_alter_table("payment_request", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_request_under_way",
            sqlite_where=sa.text("state IN ('requested', 'part_received')"),
            postgresql_where=sa.text("state IN ('requested', 'part_received')"),
        )

    op.drop_table("payment_request")
    op.drop_table("match_tranche")
    op.drop_table("match_terms")
    with op.batch_alter_table("match_freeze", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_match_freeze_live",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_match_freeze_contribution_id"))

    op.drop_table("match_freeze")
    with op.batch_alter_table("loss_recovery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loss_recovery_loss_id"))
        batch_op.drop_index(batch_op.f("ix_loss_recovery_fund_slug"))

    op.drop_table("loss_recovery")
    op.drop_table("gift_proof")
    with op.batch_alter_table("gift_aid_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gift_aid_payment_fund_id"))
        batch_op.drop_index(batch_op.f("ix_gift_aid_payment_claim_id"))

    op.drop_table("gift_aid_payment")
    with op.batch_alter_table("gift_aid", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gift_aid_fund_id"))
        batch_op.drop_index(batch_op.f("ix_gift_aid_declaration_id"))
        batch_op.drop_index("ix_gift_aid_claim")

    op.drop_table("gift_aid")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispute_contribution_id"))

    op.drop_table("dispute")
    with op.batch_alter_table("checkout", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_checkout_fund_id"))
        batch_op.drop_index("ix_checkout_due")

    op.drop_table("checkout")
    with op.batch_alter_table("card_refund", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_refund_due_at"))
        batch_op.drop_index(batch_op.f("ix_card_refund_contribution_id"))

    op.drop_table("card_refund")
    op.drop_table("bank_file")
    with op.batch_alter_table("trial_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trial_payment_fund_id"))

    op.drop_table("trial_payment")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_fund_id"))

    op.drop_table("round")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_subject"))

    op.drop_table("proposal")
    with op.batch_alter_table("paying_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paying_in_fund_id"))

    op.drop_table("paying_in")
    with op.batch_alter_table("match_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_agreement_fund_id"))

    op.drop_table("match_agreement")
    with op.batch_alter_table("loss", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loss_fund_slug"))
        batch_op.drop_index(batch_op.f("ix_loss_about"))

    op.drop_table("loss")
    with op.batch_alter_table("gift_aid_declaration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gift_aid_declaration_donor_id"))

    op.drop_table("gift_aid_declaration")
    with op.batch_alter_table("gift_aid_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gift_aid_claim_fund_id"))

    op.drop_table("gift_aid_claim")
    op.drop_table("fund_transfer")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_journal_id"))
        batch_op.drop_index(batch_op.f("ix_entry_account_id"))

    op.drop_table("entry")
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.drop_index("ix_contribution_fund_received")
        batch_op.drop_index(batch_op.f("ix_contribution_donor_id"))

    op.drop_table("contribution")
    with op.batch_alter_table("card_payout", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_payout_fund_id"))

    op.drop_table("card_payout")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_state")
        batch_op.drop_index(batch_op.f("ix_batch_fund_id"))

    op.drop_table("batch")
    with op.batch_alter_table("bank_receipt", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_receipt_fund_state")

    op.drop_table("bank_receipt")
    with op.batch_alter_table("bank_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_import_fund_id"))

    op.drop_table("bank_import")
    with op.batch_alter_table("approval_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_approval_attempt_day")

    op.drop_table("approval_attempt")
    op.drop_table("staff")
    op.drop_table("sort_code_substitute")
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_mail_sent_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_mail_data_key_id"))

    op.drop_table("outbox_mail")
    with op.batch_alter_table("modulus_line", schema=None) as batch_op:
        batch_op.drop_index("ix_modulus_line_first")

    op.drop_table("modulus_line")
    op.drop_table("fund")
    op.drop_table("donor")
    op.drop_table("account")
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_delivery_due")

    op.drop_table("webhook_delivery")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_staff_id"))
        batch_op.drop_index(batch_op.f("ix_web_session_expires_at"))

    op.drop_table("web_session")
    op.drop_table("token_epoch")
    op.drop_table("statement_shape")
    with op.batch_alter_table("spent_proof", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_proof_until"))

    op.drop_table("spent_proof")
    with op.batch_alter_table("sandbox_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sandbox_payment_reference"))

    op.drop_table("sandbox_payment")
    op.drop_table("sanctions_list")
    op.drop_table("remote_thing")
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rate_limit_window_start"))

    op.drop_table("rate_limit")
    with op.batch_alter_table("pot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pot_fund_slug"))

    op.drop_table("pot")
    op.drop_table("period_close")
    op.drop_table("keyring_mark")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_journal_reversed_once",
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_journal_day")
        batch_op.drop_index(batch_op.f("ix_journal_cause"))

    op.drop_table("journal")
    op.drop_table("data_key")
    with op.batch_alter_table("bank_table", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_table_kind"))

    op.drop_table("bank_table")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject"))

    op.drop_table("audit_event")
    op.drop_table("audit_checkpoint")
