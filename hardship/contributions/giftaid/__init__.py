"""Gift Aid: declarations, what HMRC owes on which gift, claims, and what goes back."""
