"""Whether a name may be one on the list: order, case, marks, spellings, scripts, years of birth, and speed."""

import random

import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from hardship.payouts.sanctions.names import Index, Listed, skeleton, words_of

ENTRIES = (
    Listed("RUS0001", ("Vladimir Vladimirovich PUTIN", "Владимир Владимирович ПУТИН"), (1952,)),
    Listed("LIB0001", ("Muammar Mohammed Abu Minyar QADHAFI", "Muammar GADDAFI"), (1942,)),
    Listed("IRQ0001", ("Abdul Rahman YASIN",), (1960,)),
    Listed("ENT0001", ("Rosneft Oil Company",)),
    Listed("SYR0001", ("Bashar AL-ASSAD", "بشار الأسد"), (1965,)),
    Listed("BEL0001", ("Aliaksandr LUKASHENKA", "Alexander LUKASHENKO"), (1954,)),
    Listed("ONE0001", ("Madonna",), (1958,)),
)
INDEX = Index(ENTRIES)


def found(name: str, year: int | None = None) -> list[str]:
    """The ids of the entries that a name may be."""
    return [match.entry.uid for match in INDEX.matches(name, year)]


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("Vladimir Putin", "RUS0001"),
        ("PUTIN, Vladimir", "RUS0001"),
        ("vladimir vladimirovich putin", "RUS0001"),
        ("Владимир Путин", "RUS0001"),
        ("Vladmir Putin", "RUS0001"),  # a letter left out
        ("Vladímir Pútin", "RUS0001"),
        ("\uff36ladimir P\u200butin", "RUS0001"),  # full width, and a character that cannot be seen
        ("Vl\u0430dimir Putin", "RUS0001"),  # a Cyrillic a among Latin letters
        ("Muammar Kadafi", "LIB0001"),
        ("Moammar al-Qaddafi", "LIB0001"),
        ("Abdulrahman Yasin", "IRQ0001"),
        ("Yasin Abd al Rahman", "IRQ0001"),
        ("Mr Bashar Assad", "SYR0001"),
        ("Bachar el-Assad", "SYR0001"),
        ("Alexandr Lukashenko", "BEL0001"),
        ("Rosneft Oil", "ENT0001"),
        ("MADONNA", "ONE0001"),
        ("V Putin", "RUS0001"),
        ("V. V. Putin", "RUS0001"),
        ("Putin, V.", "RUS0001"),
        ("В. Путин", "RUS0001"),
        ("M Gadafi", "LIB0001"),
        ("Joan Madonna", "ONE0001"),  # listed by nothing but that name
        ("Madonna, Joan", "ONE0001"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, uid: str) -> None:
    assert found(name) == [uid]


@pytest.mark.parametrize(
    "name",
    [
        "John Smith",
        "Vera Putina",
        "Vladimir Ivanov",
        "Ahmed Mohammed",
        "Rosneft",
        "Madonna Ciccone",  # there it is a given name
        "Joan Madona",  # a surname alone counts to the letter
        "K Putin",
        "V Ivanov",
        "V Puta",
        "V P",
        "V",
        "",
        "…",
        "Yasin",
    ],
)
def test_other_people_are_not(name: str) -> None:
    assert found(name) == []


def test_a_year_of_birth_that_is_known_decides_what_names_cannot() -> None:
    assert found("Vladimir Putin", 1952) == found("Vladimir Putin", 1953) == ["RUS0001"]
    assert found("Vladimir Putin", 1990) == []
    assert found("Rosneft Oil Company", 1990) == ["ENT0001"]  # the list gives none
    near = "Wladimyr Puttin"
    assert found(near, 1952) == ["RUS0001"]


def test_an_exact_name_is_called_strong_and_a_near_one_possible() -> None:
    exact, near = INDEX.matches("Vladimir Vladimirovich Putin")[0], INDEX.matches("Vladmir Putin")[0]
    assert (exact.score, exact.strength) == (1.0, "strong")
    assert near.strength == "possible"
    assert near.score < exact.score


def test_an_initial_or_a_surname_alone_is_never_called_strong() -> None:
    assert [INDEX.matches(name)[0].strength for name in ("V Putin", "Joan Madonna")] == ["possible"] * 2
    assert found("V Putin", 1990) == found("Joan Madonna", 1990) == []
    listed = Index(
        [Listed("A", ("V. PUTIN",)), Listed("B", ("Haqqani", "HAQANI")), Listed("C", ("Karim", "A KARIM"))]
    )
    assert [match.entry.uid for match in listed.matches("Vladimir Putin")] == ["A"]
    assert [match.entry.uid for match in listed.matches("Bilal Haqani")] == ["B"]
    assert listed.matches("Bilal Karim") == []  # whoever has another name as well is found by that


def test_what_transliterations_differ_in_is_left_out() -> None:
    assert len({skeleton(word) for word in ("qadhafi", "gaddafi", "kadafi", "khadafi")}) == 1
    assert len({skeleton(word) for word in ("mohammed", "muhammad", "mohamed", "muhammed")}) == 1
    assert len({skeleton(word) for word in ("yousef", "yusuf", "youssef")}) == 1


letters = st.text(st.characters(whitelist_categories=("Lu", "Ll", "Lo", "Mn", "Zs", "Cf")), max_size=40)


@given(letters)
def test_no_text_breaks_the_comparison_and_words_are_plain(text: str) -> None:
    INDEX.matches(text, 1980)
    assert all(word == word.casefold() and word.isalnum() for word in words_of(text))


@given(st.permutations(["muammar", "mohammed", "minyar", "qadhafi"]), st.booleans())
def test_order_and_case_do_not_matter(words: list[str], upper: bool) -> None:
    name = " ".join(words)
    assert found(name.upper() if upper else name) == ["LIB0001"]


def test_people_who_write_an_initial_are_seldom_held() -> None:
    listed = []
    for locale in ("ru_RU", "fa_IR", "ar_AA", "fr_FR"):
        faker = Faker(locale)
        faker.seed_instance(7)
        listed += [
            Listed(f"{locale}{at}", (f"{faker.first_name()} {faker.last_name()}",)) for at in range(300)
        ]
    british = Faker("en_GB")
    british.seed_instance(9)
    index = Index(listed)
    people = [f"{british.first_name()[0]} {british.last_name()}" for _ in range(1_000)]
    assert sum(bool(index.matches(name)) for name in people) < 15


def test_people_who_are_on_no_list_are_hardly_ever_held_and_those_who_are_always() -> None:
    draw = random.Random(4)  # noqa: S311 — a fixed seed
    faker = Faker(["en_GB", "de_DE", "fr_FR"])
    faker.seed_instance(4)
    people = [faker.name() for _ in range(1500)]
    words = [word for name in people for word in name.split()]
    entries = [
        Listed(str(number), (" ".join(draw.choices(words, k=3)),), (draw.randint(1940, 2000),))
        for number in range(5_000)
    ]
    index = Index(entries)
    hits = sum(len(index.matches(name, 1985)) for name in people[:50])
    assert hits < 5
    for entry in entries[:50]:
        assert entry.uid in {match.entry.uid for match in index.matches(entry.names[0], entry.years[0])}
