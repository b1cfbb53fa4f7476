"""The fund of spring 2020, replayed through the real services."""

FUND, ROUND, AGREEMENT = "hardship-2020", "spring-2020", "LC-2020"
