"""What invented people tell us."""


def person(number: int) -> dict[str, str]:
    """The answers of one person: all twelve questions, different from everybody else's."""
    return {
        "legal_name": f"Person {_letters(number)} Example",
        "working_name": f"Name {_letters(number)}",
        "birth_year": str(1950 + number % 50),
        "outward_postcode": f"LS{number % 28 + 1}",
        "email": f"person.{number}@example.org",
        "phone": f"07700 9{number % 100_000:05d}",
        "sort_code": "20-00-00",
        "account_number": f"{10_000_000 + 100 * number:08d}",
        "income_before": "1400.00",
        "income_now": "300.00",
        "reason": "livelihood",
        "statement": "My work stopped overnight, and there is nothing left for the rent. " * 3,
        "safe_contact": "email",
        "connected": "no",
    }


def _letters(number: int) -> str:
    """A number in letters, since names hold no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)).capitalize()
