"""Help by others: somebody fills the form in with or for a person, or a colleague enters what came on paper or was said."""
