"""Names and references in the characters that every UK bank takes. Values in, values out.

The set is what ISO 20022 files for euro and sterling payments, and the older files of the UK's banks, have in common:
letters without marks, digits, and a few signs. Latin letters lose their marks; Greek, Cyrillic, Hebrew, Arabic, kana and
Hangul are spelt out letter by letter, so that a name stays one that its owner's bank may recognise. Whatever is left
(emoji, marks of direction, controls, signs a spreadsheet would run) is dropped.
"""

import unicodedata

ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-'")
NOBODY = "Account holder"
"""What stands for a name of which nothing can be written."""
MAX_NAME = 70

_ALONE = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n",
    "ŧ": "t", "Ŧ": "T", "ə": "a", "Ə": "A", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k", "Ƙ": "K",
    "ǝ": "e", "Ǝ": "E", "ɛ": "e", "Ɛ": "E", "ɔ": "o", "Ɔ": "O", "&": " and ", "’": "'", "‘": "'", "ʼ": "'",
    "`": "'", "´": "'", "′": "'", "ʻ": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
    "،": " ", ",": " ", "/": " ", "_": " ", "·": ".",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "yo", "є": "ye", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch",
    "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ђ": "dj", "ј": "j",
    "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k",
    "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t",
    "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_HEBREW = {
    "א": "a", "ב": "b", "ג": "g", "ד": "d", "ה": "h", "ו": "v", "ז": "z", "ח": "ch", "ט": "t", "י": "y",
    "כ": "k", "ך": "k", "ל": "l", "מ": "m", "ם": "m", "נ": "n", "ן": "n", "ס": "s", "ע": "a", "פ": "p",
    "ף": "f", "צ": "ts", "ץ": "ts", "ק": "k", "ר": "r", "ש": "sh", "ת": "t",
}  # fmt: skip
_ARABIC = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh",
    "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z",
    "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ة": "a",
    "و": "w", "ؤ": "w", "ي": "y", "ى": "a", "ئ": "y", "ء": "", "پ": "p", "چ": "ch", "ژ": "zh", "گ": "g",
    "ک": "k", "ی": "y", "ے": "e", "ہ": "h", "ھ": "h", "ں": "n", "ٹ": "t", "ڈ": "d", "ڑ": "r",
}  # fmt: skip
_LETTERS = _ALONE | _CYRILLIC | _GREEK | _HEBREW | _ARABIC
_SPELT_OUT = ("HANGUL SYLLABLE ", "HIRAGANA LETTER ", "KATAKANA LETTER ", "DEVANAGARI LETTER ")


def bank_name(text: str, length: int = MAX_NAME) -> str:
    """A name in the bank's characters, at most `length` of them; `NOBODY`, cut, when nothing of it can be written.

    It starts with a letter or a digit, so that no spreadsheet takes it for a formula.
    """
    return _cut(plain(text), length) or _cut(NOBODY, length)


def plain(text: str) -> str:
    """A text in the bank's characters, blanks folded; empty when nothing of it can be written."""
    # NFKC first: full-width and mathematical letters become plain ones; then each letter for itself.
    spelt = "".join(_spelt(c) for c in unicodedata.normalize("NFKC", text[:1000]))
    kept = " ".join("".join(c for c in spelt if c in ALLOWED).split())
    return kept.lstrip(" .-'").rstrip(" -'")


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip(" -'")


def _spelt(char: str) -> str:
    if char in ALLOWED:
        return char
    if char.isspace():
        return " "
    known = _LETTERS.get(char)
    if known is None and char.lower() in _LETTERS:
        known = _LETTERS[char.lower()].capitalize()
    if known is not None:
        return known
    name = unicodedata.name(char, "")
    if spoken := next((name[len(prefix) :] for prefix in _SPELT_OUT if name.startswith(prefix)), ""):
        return spoken.rpartition(" ")[2].capitalize()
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c)[0] != "M")
    return "".join(_spelt(c) for c in bare) if bare and bare != char else ""
