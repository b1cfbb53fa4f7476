"""Talking with an applicant: messages, a question to them, corrected details, and asking again."""
