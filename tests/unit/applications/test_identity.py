"""What means the same becomes the same: the attacks of facts/checks-and-privacy.md, §5, and ordinary handwriting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.applications.identity import (
    BadBankDetails,
    BankAccount,
    TokenKind,
    bank_account,
    birth_year,
    email,
    name_key,
    outward_postcode,
    phone,
    takes_texts,
    token_inputs,
)

A = BankAccount("202959", "55779911")


@pytest.mark.parametrize(
    ("typed", "takes"),
    [("07700 900123", True), ("+40 721 234 567", True), ("020 7946 0000", False), ("0808 157 0000", False)],
)
def test_a_line_that_reads_text_messages_out_loud_takes_none(typed: str, takes: bool) -> None:
    assert takes_texts(phone(typed) or "") is takes


class TestBankAccount:
    @pytest.mark.parametrize(
        ("sort_code", "number"),
        [
            ("20-29-59", "55779911"),
            ("202959", "5577 9911"),
            (" 20 29 59 ", "5577-9911"),
            ("２０－２９－５９", "５５７７９９１１"),
            ("20–29—59", "55779911\u200b"),
            ("٢٠٢٩٥٩", "५५७७९९११"),
        ],
    )
    def test_attack_3_one_account_however_written(self, sort_code: str, number: str) -> None:
        assert bank_account(sort_code, number) == A

    @pytest.mark.parametrize(
        ("sort_code", "number", "account"),
        [
            ("20-29-59", "123456", BankAccount("202959", "00123456")),
            ("20-29-59", "1234567", BankAccount("202959", "01234567")),
            ("20-29-59", "00123456", BankAccount("202959", "00123456")),
            ("09-01-28", "712345678", BankAccount("090127", "12345678")),
            ("72-00-00", "512345678", BankAccount("720005", "12345678")),
            ("60-10-20", "10-12345678", BankAccount("601020", "12345678")),
            ("08-90-00", "1234567800", BankAccount("089000", "12345678")),
        ],
    )
    def test_attack_4_other_lengths_by_the_published_rule(
        self, sort_code: str, number: str, account: BankAccount
    ) -> None:
        assert bank_account(sort_code, number) == account

    @pytest.mark.parametrize(
        ("sort_code", "number", "field", "says"),
        [
            ("20-29-59", "123456789", "account_number", "has 9 digits"),
            ("20-29-59", "1234567890", "account_number", "has 10 digits"),
            ("20-29-59", "12345", "account_number", "has 5"),
            ("20-29-59", "12345678901", "account_number", "has 11"),
            ("20-29-5", "12345678", "sort_code", "has 5"),
            ("20-29-599", "12345678", "sort_code", "has 7"),
            ("", "12345678", "sort_code", "Enter the sort code"),
            ("20-29-59", " ", "account_number", "Enter the account number"),
            ("20-29-59", "1234567O", "account_number", "other than digits"),
            ("20-29-59", "1e7", "account_number", "other than digits"),
            ("00-00-00", "12345678", "sort_code", "all zeros"),
            ("20-29-59", "00000000", "account_number", "all zeros"),
        ],
    )
    def test_attack_4_or_a_clear_error(self, sort_code: str, number: str, field: str, says: str) -> None:
        with pytest.raises(BadBankDetails, match=says) as refused:
            bank_account(sort_code, number)
        assert refused.value.field == field
        assert refused.value.message == str(refused.value)

    def test_an_error_repeats_nothing_of_what_was_written(self) -> None:
        with pytest.raises(BadBankDetails) as refused:
            bank_account("20-29-59", "SECRET99")
        assert "SECRET" not in str(refused.value)


class TestPhone:
    @pytest.mark.parametrize(
        "text",
        [
            "07700 900123",
            "+44 7700 900123",
            "0044 7700-900-123",
            "+44 (0)7700 900123",
            "(07700) 900123",
            "٠٧٧٠٠٩٠٠١٢٣",
        ],
    )
    def test_one_number_however_written(self, text: str) -> None:
        assert phone(text) == "+447700900123"

    def test_other_countries_keep_their_code(self) -> None:
        assert phone("+353 85 012 3456") == "+353850123456"

    @pytest.mark.parametrize("text", ["", "none", "12", "07700 900123 900123 900"])
    def test_what_cannot_be_a_number_is_none(self, text: str) -> None:
        assert phone(text) is None


class TestEmail:
    @pytest.mark.parametrize(
        "text",
        [
            "john@gmail.com",
            "j.o.hn+x@googlemail.com",
            " J.O.H.N@GMAIL.COM ",
            "john+a+b@gmail.com.",
            "jo\u200bhn@gmail.com",
            "ｊｏｈｎ@gmail.com",
        ],
    )
    def test_attack_6_one_inbox_however_written(self, text: str) -> None:
        assert email(text) == "john@gmail.com"

    def test_dots_count_elsewhere_but_tags_do_not(self) -> None:
        assert email("j.o.hn+x@example.org") == "j.o.hn@example.org"

    def test_other_names_of_one_provider(self) -> None:
        assert email("a@pm.me") == email("a@protonmail.com") == email("a@proton.me")

    def test_domains_in_other_scripts(self) -> None:
        assert email("a@bücher.example") == email("a@xn--bcher-kva.example") == "a@xn--bcher-kva.example"

    @pytest.mark.parametrize(
        "text", ["", "john", "@gmail.com", "john@", "john@gmail", "a b@c.de", "a@b@c.de", "+x@c.de"]
    )
    def test_what_is_no_address_is_none(self, text: str) -> None:
        assert email(text) is None


class TestNameKey:
    @pytest.mark.parametrize(
        "text",
        [
            "Anna O'Brien",
            "ANNA O’BRIEN",
            "Аnnа O'Brien",  # Cyrillic A and a
            "ΑNNΑ OBRIEN",  # Greek Alpha
            "An\u200bna O'\u2060Brien",
            "\u202eAnna\u202c O'Brien",
            "Anna\u00ad O'Brien",
            "Ａｎｎａ Ｏ'Ｂｒｉｅｎ",
            "Ánnà  O'Bríen",
            "A\u0301nna O'Brien.",
            "𝐀𝐧𝐧𝐚 O'Brien",
        ],
    )
    def test_attack_7_one_name_however_disguised(self, text: str) -> None:
        assert name_key(text) == "anna obrien"

    def test_attack_8_given_name_and_surname_may_stand_either_way_round(self) -> None:
        assert name_key("Smith, Jane") == name_key("Jane Smith") == name_key("SMITH Jane")

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("Łukasz Żółć", "lukasz zolc"),
            ("Søren Straße", "soren strasse"),
            ("Çağrı Işık", "cagri isik"),
            ("Anne-Marie", "anne marie"),
            ("ΗELEN", "helen"),  # Greek Eta in front of Latin letters
            ("СОРЕ", "cope"),  # Cyrillic throughout
            ("!?", ""),
            ("", ""),
        ],
    )
    def test_folds(self, text: str, key: str) -> None:
        assert name_key(text) == key

    @pytest.mark.parametrize(
        "name", ["Иван Петров", "Ηλίας Παπαδόπουλος", "李小龍", "محمد علي", "प्रिया शर्मा"]
    )
    def test_names_in_other_scripts_have_a_key_of_their_own(self, name: str) -> None:
        assert name_key(name) == name_key(name.upper()) == " ".join(sorted(name_key(name).split()))
        assert name_key(name) not in ("", name_key("Иван Иванов"))

    def test_different_names_stay_different(self) -> None:
        names = ["Ann Lee", "Anna Lee", "Ann Leigh", "Anne Lee", "Lee Anning"]
        assert len({name_key(name) for name in names}) == len(names)


class TestPostcode:
    @pytest.mark.parametrize(
        ("text", "outward"),
        [
            ("SW1A 1AA", "SW1A"),
            ("sw1a1aa", "SW1A"),
            ("SW1A", "SW1A"),
            ("m1 1ae", "M1"),
            ("M11AE", "M1"),
            ("M11", "M11"),
            ("B33 8TH", "B33"),
            ("CR2 6XH", "CR2"),
            ("DN55 1PT", "DN55"),
            ("EC1A 1BB", "EC1A"),
            ("W1A 0AX", "W1A"),
            ("GIR 0AA", "GIR"),
            ("ＳＷ１Ａ １ＡＡ", "SW1A"),
            ("S\u200bW1A-1AA", "SW1A"),
        ],
    )
    def test_the_outward_half(self, text: str, outward: str) -> None:
        assert outward_postcode(text) == outward

    @pytest.mark.parametrize(
        "text", ["", "London", "SW", "12345", "QQ1 1AA", "SW1A 1A", "SW1A 1AAA", "SW1A 1CC"]
    )
    def test_what_is_no_postcode_is_none(self, text: str) -> None:
        assert outward_postcode(text) is None


class TestBirthYear:
    @pytest.mark.parametrize(
        "value", [1990, "1990", " 1990 ", "１９９０", "1990-05-01", "01/05/1990", "1.5.1990"]
    )
    def test_a_year_or_a_date(self, value: str | int) -> None:
        assert birth_year(value) == 1990

    @pytest.mark.parametrize(
        "value", ["", "90", 90, "1899", 2101, "19900501", "nineteen", "1990-05", "-1990"]
    )
    def test_what_is_no_year_is_none(self, value: str | int) -> None:
        assert birth_year(value) is None


class TestTokenInputs:
    WHOLE = {
        "legal_name": "Jane Smith",
        "birth_year": 1990,
        "outward_postcode": "SW1A",
        "email": "Jane.Smith@gmail.com",
        "phone": "07700 900123",
        "sort_code": "20-29-59",
        "account_number": "5577 9911",
        "statement": "…",
    }

    def test_all_four(self) -> None:
        assert token_inputs(self.WHOLE) == {
            TokenKind.BANK: "202959/55779911",
            TokenKind.PHONE: "+447700900123",
            TokenKind.EMAIL: "janesmith@gmail.com",
            TokenKind.PERSON: "jane smith|1990|SW1A",
        }

    @pytest.mark.parametrize("missing", ["legal_name", "birth_year", "outward_postcode"])
    @pytest.mark.parametrize("blank", ["", None, "?"])
    def test_a_person_takes_all_three(self, missing: str, blank: str | None) -> None:
        assert TokenKind.PERSON not in token_inputs(self.WHOLE | {missing: blank})

    def test_what_cannot_be_used_gives_no_token(self) -> None:
        assert token_inputs({}) == {}
        assert token_inputs({"sort_code": "20", "account_number": "1", "email": "x", "phone": "y"}) == {}

    def test_the_same_person_written_twice(self) -> None:
        other = {
            "legal_name": "SMITH, Jаne",  # Cyrillic a
            "birth_year": "1990-01-02",
            "outward_postcode": "sw1a 1aa",
            "email": "janesmith+fund@googlemail.com",
            "phone": "+44 7700 900 123",
            "sort_code": "２０２９５９",
            "account_number": "55-77-99-11",
        }
        assert token_inputs(other) == token_inputs(self.WHOLE)


@given(
    st.dictionaries(
        st.sampled_from(sorted(TestTokenInputs.WHOLE)), st.text(max_size=30) | st.integers() | st.none()
    )
)
def test_token_inputs_never_raises(answers: dict[str, object]) -> None:
    for text in token_inputs(answers).values():
        assert text


@given(st.text(max_size=30))
def test_forms_are_their_own_form(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key
    for fold in (email, phone, outward_postcode):
        folded = fold(text)
        assert folded is None or fold(folded) == folded


@given(st.from_regex(r"[0-9]{6}", fullmatch=True), st.from_regex(r"[0-9]{6,10}", fullmatch=True))
def test_a_bank_account_is_six_and_eight_digits_or_refused(sort_code: str, number: str) -> None:
    try:
        account = bank_account(sort_code, number)
    except BadBankDetails:
        return
    assert (len(account.sort_code), len(account.account_number)) == (6, 8)
    assert bank_account(account.sort_code, account.account_number) == account


@given(st.permutations(["Anna", "María", "O'Brien", "Smith"]))
def test_the_order_of_words_makes_no_difference(words: list[str]) -> None:
    assert name_key(" ".join(words)) == "anna maria obrien smith"
