"""What is announced about documents."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EvidenceSeen:
    """A person looked at a document of a case and said what it shows: a rule may ask whether one supports it."""

    application_id: int
