"""texts

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Messages in the outbox leave by mail or as a text."""
    op.add_column(
        "outbox_mail",
        sa.Column(
            "kind",
            sa.Enum("mail", "text", name="channel", native_enum=False, length=32),
            server_default="mail",
            nullable=False,
        ),
    )


def downgrade() -> None:
    """Texts that were not sent are lost."""
    op.execute("DELETE FROM outbox_mail WHERE kind = 'text'")
    op.drop_column("outbox_mail", "kind")
