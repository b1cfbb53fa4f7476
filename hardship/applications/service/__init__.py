"""Use cases of applications: submitting, changing state, bank details, withdrawal, and reading what is sealed."""

from hardship.applications import drafts
from hardship.applications.owndata.recovering import KIND as CLAIM_CODE
from hardship.applications.owndata.recovering import recovery_kind
from hardship.applications.service.details import ask_other_way, bank_token_of, give_bank_details
from hardship.applications.service.intake import NewApplication, Receipt, import_applications, submit
from hardship.applications.service.reading import (
    CaseFacts,
    Payee,
    case_facts,
    open_answers,
    open_fields,
    payees,
)
from hardship.applications.service.sending import Incomplete, RoundClosed, send
from hardship.applications.service.states import lock_application, subject_of, transition, withdraw
from hardship.core.runtime import Due, Runtime
from hardship.staff.proposals import kinds

__all__ = [
    "CaseFacts",
    "Incomplete",
    "NewApplication",
    "Payee",
    "Receipt",
    "RoundClosed",
    "ask_other_way",
    "bank_token_of",
    "case_facts",
    "give_bank_details",
    "import_applications",
    "lock_application",
    "open_answers",
    "open_fields",
    "payees",
    "send",
    "subject_of",
    "submit",
    "transition",
    "wire",
    "withdraw",
]


def wire(runtime: Runtime) -> None:
    """Let the worker delete drafts whose time is over."""
    from hardship.applications.evidence import service as evidence  # which stands on this package
    from hardship.applications.messages import service as messages  # which does, too

    runtime.due.append(Due("drafts", drafts.purge))
    evidence.wire(runtime)
    messages.wire(runtime)
    kinds(runtime)[CLAIM_CODE] = recovery_kind()
