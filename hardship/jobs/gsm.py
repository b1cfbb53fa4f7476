"""What a text message can hold: 160 septets of the GSM 7-bit default alphabet.

Source: 3GPP TS 23.038, section 6.2.1 (the default alphabet and its extension table). A character outside of it would make
a message of seventy characters, and cost the charity several of them.
"""

import unicodedata

MOST = 160  # septets of one message

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("\f^{}\\[~]|€")  # each takes an escape before it
_INSTEAD = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "...", "\t": " "}
)


def plain(text: str) -> str:
    """The text in the alphabet: letters lose marks that it has not got (ă, ș), and what is left over becomes "?"."""
    return "".join(_fitting(character) for character in text.translate(_INSTEAD))


def _fitting(character: str) -> str:
    if character in BASIC or character in TWICE:
        return character
    letters = [one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one)]
    return "".join(one if one in BASIC or one in TWICE else "?" for one in letters)


def septets(text: str) -> int:
    """How much of a message a text in the alphabet takes."""
    return sum(2 if character in TWICE else 1 for character in text)


def fits(text: str) -> bool:
    """Whether a text in the alphabet is one message."""
    return septets(text) <= MOST


def sender(name: str) -> str:
    """A name as networks show a sender: at most eleven letters, digits and blanks, cut between words; "" where nothing
    is left of it."""
    letters = (c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words, shown = "".join(c if c.isascii() and c.isalnum() else " " for c in letters).split(), ""
    for word in words:
        longer = f"{shown} {word}".strip()
        if len(longer) > 11:
            break
        shown = longer
    return shown or "".join(words)[:11]
