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
        "bank_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_import")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_import_sha256")),
    )
    op.create_table(
        "data_key",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idem_key", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("fund_slug", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["reverses_id"], ["journal.id"], name=op.f("fk_journal_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_journal_idem_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_journal_reverses_id")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_cause"), ["cause"], unique=False)
        batch_op.create_index(batch_op.f("ix_journal_fund_slug"), ["fund_slug"], unique=False)

    op.create_table(
        "keyring_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("keyring_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("proof", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyring_mark")),
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
        sa.Column("community_pot_id", sa.Integer(), nullable=False),
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_pot_id"], ["pot.id"], name=op.f("fk_fund_community_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("slug", name=op.f("uq_fund_slug")),
    )
    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("template", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("data_key_id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
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
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state_since", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count >= 0 AND amount_minor >= 0", name=op.f("ck_batch_contents_not_negative")),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_batch_approved_by")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_batch_fund_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_batch_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("ref", name=op.f("uq_batch_ref")),
        sa.UniqueConstraint("request_key", name=op.f("uq_batch_request_key")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index("ix_batch_state", ["state", "id"], unique=False)

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
        "match_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("pot_id", sa.Integer(), nullable=False),
        sa.Column("sponsor", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("den", sa.Integer(), nullable=False),
        sa.Column("cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_contribution_cap_minor", sa.BigInteger(), nullable=True),
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
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
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
        sa.CheckConstraint("num > 0 AND den > 0", name=op.f("ck_match_agreement_ratio")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_match_agreement_fund_id")),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_match_agreement_pot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_agreement")),
        sa.UniqueConstraint("pot_id", name=op.f("uq_match_agreement_pot_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_match_agreement_ref")),
    )
    with op.batch_alter_table("match_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_agreement_fund_id"), ["fund_id"], unique=False)

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
        "sponsor_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("received_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("recorded_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_sponsor_payment_not_zero")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["match_agreement.id"], name=op.f("fk_sponsor_payment_agreement_id")
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
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("refund_id", sa.Integer(), nullable=True),
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
        sa.UniqueConstraint("reverses_id", "refund_id", name=op.f("uq_allocation_reverses_id_refund_id")),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index("ix_allocation_agreement_stated", ["agreement_id", "stated_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_contribution_id"), ["contribution_id"], unique=False)

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
        batch_op.create_index(batch_op.f("ix_payment_batch_id"), ["batch_id"], unique=False)
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
        sa.Column("created_at", hardship.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_attempt_batch_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_attempt_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_attempt_idem_key")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_attempt_provider_ref")),
        sa.UniqueConstraint("reference", name=op.f("uq_attempt_reference")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
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
            sa.Enum("matched", "exception", "set_aside", name="linestate", native_enum=False, length=32),
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
                name="linereason",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("set_aside_by", sa.Integer(), nullable=True),
        sa.Column("set_aside_at", hardship.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("set_aside_note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_bank_line_attempt_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_bank_line_batch_id")),
        sa.ForeignKeyConstraint(["import_id"], ["bank_import.id"], name=op.f("fk_bank_line_import_id")),
        sa.ForeignKeyConstraint(["set_aside_by"], ["staff.id"], name=op.f("fk_bank_line_set_aside_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("fingerprint", "occurrence", name=op.f("uq_bank_line_fingerprint_occurrence")),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_line_attempt_id"), ["attempt_id"], unique=False)
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
        batch_op.drop_index(batch_op.f("ix_bank_line_attempt_id"))

    op.drop_table("bank_line")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempt_live",
            sqlite_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
            postgresql_where=sa.text("outcome IN ('pending', 'unknown', 'accepted')"),
        )
        batch_op.drop_index(batch_op.f("ix_attempt_payment_id"))
        batch_op.drop_index(batch_op.f("ix_attempt_batch_id"))

    op.drop_table("attempt")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_award",
            sqlite_where=sa.text("state NOT IN ('cancelled')"),
            postgresql_where=sa.text("state NOT IN ('cancelled')"),
        )
        batch_op.drop_index("ix_payment_state")
        batch_op.drop_index("ix_payment_look_at")
        batch_op.drop_index(batch_op.f("ix_payment_batch_id"))

    op.drop_table("payment")
    with op.batch_alter_table("award_share", schema=None) as batch_op:
        batch_op.drop_index("ix_award_share_pot_stated")
        batch_op.drop_index(batch_op.f("ix_award_share_award_id"))

    op.drop_table("award_share")
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
    op.drop_table("duplicate_override")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_expires_at"))

    op.drop_table("draft")
    op.drop_table("decision")
    with op.batch_alter_table("conflict_of_interest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_of_interest_staff_id"))

    op.drop_table("conflict_of_interest")
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
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index("ix_application_queue")
        batch_op.drop_index(
            "ix_application_checking",
            sqlite_where=sa.text("state = 'checking'"),
            postgresql_where=sa.text("state = 'checking'"),
        )

    op.drop_table("application")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
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
    op.drop_table("refund")
    op.drop_table("policy")
    op.drop_table("match_terms")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_fund_id"))

    op.drop_table("round")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_subject"))

    op.drop_table("proposal")
    with op.batch_alter_table("match_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_agreement_fund_id"))

    op.drop_table("match_agreement")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_journal_id"))
        batch_op.drop_index(batch_op.f("ix_entry_account_id"))

    op.drop_table("entry")
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.drop_index("ix_contribution_fund_received")
        batch_op.drop_index(batch_op.f("ix_contribution_donor_id"))

    op.drop_table("contribution")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_state")
        batch_op.drop_index(batch_op.f("ix_batch_fund_id"))

    op.drop_table("batch")
    op.drop_table("staff")
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_mail_sent_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_mail_data_key_id"))

    op.drop_table("outbox_mail")
    op.drop_table("fund")
    op.drop_table("donor")
    op.drop_table("account")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_staff_id"))
        batch_op.drop_index(batch_op.f("ix_web_session_expires_at"))

    op.drop_table("web_session")
    op.drop_table("token_epoch")
    with op.batch_alter_table("sandbox_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sandbox_payment_reference"))

    op.drop_table("sandbox_payment")
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rate_limit_window_start"))

    op.drop_table("rate_limit")
    with op.batch_alter_table("pot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pot_fund_slug"))

    op.drop_table("pot")
    op.drop_table("keyring_mark")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_fund_slug"))
        batch_op.drop_index(batch_op.f("ix_journal_cause"))

    op.drop_table("journal")
    op.drop_table("data_key")
    op.drop_table("bank_import")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject"))

    op.drop_table("audit_event")
    op.drop_table("audit_checkpoint")
