"""Bank details: whether an account number can be one of its sort code, by Pay.UK's modulus check."""
