"""Reads of who helped."""

from sqlmodel import Session

from hardship.applications.helping.models import ApplicationHelp, Help
from hardship.applications.models import Application
from hardship.core.errors import NotFound
from hardship.core.vault import Vault


def help_with(session: Session, vault: Vault, application: Application) -> Help | None:
    """Who helped with an application, opened; None where nobody did. Of an erased person the group is not known."""
    row = session.get(ApplicationHelp, application.id)
    if row is None:
        return None
    group = None
    if row.helper_group is not None:
        try:
            sealer = vault.person(session, application.data_key_id)
        except NotFound:
            sealer = None
        if sealer is not None:
            group = sealer.open("application_help", "helper_group", application.ref, row.helper_group)
    return Help(row.how, row.consent, group or "", row.entered_by_id)
