"""What `hardship doctor` asks of applications."""

from hardship.applications.evidence.doctor import destroyed
from hardship.applications.messages.doctor import questions_end
from hardship.applications.vouching.doctor import counted_once

CHECKS = (
    ("I10 sealed: documents", destroyed),
    ("codes count once", counted_once),
    ("questions end", questions_end),
)
