"""Verification without papers: codes of trusted groups, membership numbers, somebody's word, a call-back."""
