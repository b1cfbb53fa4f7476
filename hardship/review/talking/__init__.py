"""The panel's side of the conversation with an applicant: read, write, ask."""
