"""Double entry: accounts, journals, balances, exports."""
