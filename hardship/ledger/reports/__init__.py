"""What the books say over a period: trial balance, statement of financial activities, receipts and payments.

Each is a pure function over `sums`, so that they tie to one another and to the entries by construction.
"""
