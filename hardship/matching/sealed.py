"""The names that an agreement keeps sealed, opened for the system's own use; a page shows how many there are."""

import json

from sqlmodel import Session

from hardship.core.vault import Vault
from hardship.funds.matches import ContactDocument
from hardship.matching.models import MatchAgreement


def excluded_names(session: Session, vault: Vault, row: MatchAgreement) -> tuple[str, ...]:
    """The donors whose gifts the agreement does not match, as they were written."""
    opened = vault.house(session).open("match_agreement", "excluded_donors", row.ref, row.excluded_donors)
    return tuple(json.loads(opened)) if opened else ()


def contact_of(session: Session, vault: Vault, row: MatchAgreement) -> ContactDocument:
    """Whom requests for payment are addressed to."""
    opened = vault.house(session).open("match_agreement", "contact", row.ref, row.contact)
    return ContactDocument(**json.loads(opened)) if opened else ContactDocument()
