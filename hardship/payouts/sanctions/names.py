"""Whether a payee's name may be one on the list. Values in, values out.

Case, marks, order, hidden characters and look-alikes are folded as for every name (`identity.name_key`); words in
Cyrillic, Greek or Arabic are written in Latin letters; and what transliterations differ in (vowels, h, q and k, v and f)
is left out of the *skeleton* by which candidates are found. They are then compared letter by letter.

An initial stands for a word that begins with it, beside a surname that is the very one. Whoever is listed by a single
name and no other may be anybody with that surname, to the letter.

A hit is a question for a person, never an answer. A year of birth that is known on both sides and differs by more than
two makes it somebody else: the list gives years that are near as well.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hardship.applications.identity import name_key

YEARS_APART = 2
ENOUGH = 0.88  # of 1, when nothing is known of the year of birth
ENOUGH_WITH_YEAR = 0.84
SURE = 0.96
SAME_SOUND = 0.93  # two words with one skeleton
EACH_WORD = 0.80  # below this two words are not the same
WORD_LEFT_OVER = 0.03
INITIAL = 0.9  # an initial and a word that begins with it
LONG_SKELETON = 4
ONLY_POSSIBLE = 0.95  # what an initial, or a surname alone, is at most

_CYRILLIC = (
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџ",
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i e g u j lj nj c dj dz",
)
_GREEK = (
    "αβγδεζηθικλμνξοπρστυφχψως",
    "a v g d e z i th i k l m n x o p r s t y f ch ps o s",
)
_ARABIC = (
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآؤئءپچژگ",
    "a b t th j h kh d dh r z s sh s d t z _ gh f q k l m n h u i a a a i a u i _ p ch zh g",
)
_LETTERS = str.maketrans(
    {
        letter: latin.replace("_", "")
        for letters, written in (_CYRILLIC, _GREEK, _ARABIC)
        for letter, latin in zip(letters, written.split(), strict=True)
    }
)
_LATIN = re.compile("[a-z]", re.IGNORECASE)

_SOUNDS = (
    ("sch", "s"),
    ("sh", "s"),
    ("ch", "k"),
    ("kh", "k"),
    ("gh", "k"),
    ("ph", "f"),
    ("zh", "s"),
    ("th", "t"),
    ("dh", "d"),
    ("ts", "s"),
    ("tz", "s"),
    ("ck", "k"),
    ("dj", "j"),
    ("x", "ks"),
)
_ONE_SOUND = str.maketrans("qcgzvwj", "kkksffy")
_SILENT = str.maketrans("", "", "aeiouyh")

_TITLES = (
    "al el ul as ar an ad bin ben ibn bint abu abou umm von van der den de la le da do dos du di del mr mrs ms"
    " miss dr sheikh shaykh haji hajji mullah maulavi mawlawi"
)
PARTICLES = frozenset(_TITLES.split())


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the list: its id, every name it goes by, and the years of birth that are given."""

    uid: str
    names: tuple[str, ...]
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that a name may be: which of its names, and how near, of 1."""

    entry: Listed
    name: str
    score: float

    @property
    def strength(self) -> str:
        """In a word, for people."""
        return "strong" if self.score >= SURE else "possible"


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in Latin letters, in their order, without titles and particles unless nothing else is left."""
    found = [folded for word in name.split() for folded in _folded(word)]
    kept = tuple(word for word in found if word not in PARTICLES)
    return kept if len(kept) > 1 or not found else tuple(found)


def _folded(word: str) -> Iterator[str]:
    """One written word as it is compared; hyphens part words, apostrophes do not."""
    for part in re.split(r"[-‐‑–—]", word):
        latin = part if _LATIN.search(part) else part.casefold().translate(_LETTERS)
        yield from name_key(latin).split()


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """What is left of a word when what transliterations differ in is taken out; a vowel in front stays as one."""
    for sound, plain in _SOUNDS:
        word = word.replace(sound, plain)
    word = word.translate(_ONE_SOUND)
    front = "a" if word[:1] in set("aeiouyh") else ""
    left = word.translate(_SILENT)
    return front + "".join(c for at, c in enumerate(left) if at == 0 or c != left[at - 1])


class Index:
    """The list, made ready to be searched: by the skeletons of its words, each also with one letter left out."""

    def __init__(self, entries: Iterable[Listed]) -> None:
        self.names: list[tuple[Listed, str, tuple[str, ...]]] = []
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_whole: dict[str, list[int]] = defaultdict(list)
        self._by_surname: dict[str, list[tuple[Listed, str]]] = defaultdict(list)
        for entry in entries:
            written = [(name, words) for name in entry.names if (words := words_of(name))]
            for name, words in written:
                self._add(entry, name, words)
            if all(len(words) == 1 for _, words in written):
                for name, (word,) in written:
                    self._by_surname[word].append((entry, name))

    def _add(self, entry: Listed, name: str, words: tuple[str, ...]) -> None:
        number = len(self.names)
        self.names.append((entry, name, words))
        for key in {key for word in words for key in _keys(word)}:
            self._by_key[key].append(number)
        for whole in {_whole(words), _whole((words[-1], *words[:-1]))}:
            self._by_whole[whole].append(number)

    def matches(self, name: str, birth_year: int | None = None) -> list[Match]:
        """The entries that `name` may be, the nearest first, each once."""
        words = words_of(name)
        if not words:
            return []
        best: dict[str, Match] = {}
        for entry, listed in self._by_surname.get(_surname(name, words), ()):
            if _near(birth_year, entry.years) is not False:
                best[entry.uid] = Match(entry, listed, ONLY_POSSIBLE)
        for number in self._candidates(words):
            entry, listed, theirs = self.names[number]
            near = _near(birth_year, entry.years)
            if near is False:
                continue
            enough = ENOUGH_WITH_YEAR if near else ENOUGH
            score = similarity(words, theirs)
            if score >= enough and (entry.uid not in best or score > best[entry.uid].score):
                best[entry.uid] = Match(entry, listed, score)
        return sorted(best.values(), key=lambda match: (-match.score, match.entry.uid))

    def _candidates(self, words: Sequence[str]) -> set[int]:
        """The names that share two whole words with this one (the only one, if either has one), or all of it."""
        found: set[int] = set(self._by_whole.get(_whole(words), ()))
        shared: dict[int, int] = defaultdict(int)
        mine = _whole_words(words)
        for word in mine:
            for number in {number for key in _keys(word) for number in self._by_key.get(key, ())}:
                shared[number] += 1
        least = min(2, len(mine))
        for number, count in shared.items():
            if count >= least or count >= len(_whole_words(self.names[number][2])):
                found.add(number)
        return found


def _whole_words(words: Sequence[str]) -> set[str]:
    """The words that are no initials; all of them when there is nothing else."""
    return {word for word in words if len(word) > 1} or set(words)


def _surname(name: str, words: Sequence[str]) -> str:
    """The surname: what stands before a comma, else the last word."""
    return words[0] if "," in name.strip().rstrip(",") else words[-1]


@lru_cache(maxsize=200_000)
def skeletons(word: str) -> frozenset[str]:
    """The skeletons that a word may have: ch is sh in French, and k or kh elsewhere."""
    return frozenset({skeleton(word), skeleton(word.replace("ch", "sh"))})


def _keys(word: str) -> set[str]:
    """The skeletons, and, so that one wrong letter does not hide a name, each with one letter left out or unknown."""
    found: set[str] = set(skeletons(word))
    for whole in skeletons(word):
        if len(whole) >= 4:
            found |= {f"{whole[:at]}-{whole[at + 1 :]}" for at in range(len(whole))}
            found |= {f".{whole[:at]}{whole[at + 1 :]}" for at in range(len(whole))} | {f".{whole}"}
    return found


def _whole(words: Sequence[str]) -> str:
    """The skeleton of a name written as one word: Abdul Rahman and Abdulrahman are one."""
    return skeleton("".join(words))


def _near(birth_year: int | None, years: Sequence[int]) -> bool | None:
    """Whether a year of birth fits; None where it is not known on both sides."""
    if birth_year is None or not years:
        return None
    return any(abs(birth_year - year) <= YEARS_APART for year in years)


def similarity(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """How near two names are, from 0 to 1: the words of the shorter find theirs in the longer, whatever their order. An
    initial finds a word that begins with it, if every whole word beside it sounds the same and one is the surname."""
    if _whole(mine) == _whole(theirs) and len(_whole(mine)) > 4:
        return max(SAME_SOUND, _by_words(mine, theirs))
    return _by_words(mine, theirs)


def _by_words(mine: Sequence[str], theirs: Sequence[str]) -> float:
    short, long = sorted((list(mine), list(theirs)), key=len)
    pairs = sorted(
        (
            (word_similarity(one, other), at, to)
            for at, one in enumerate(short)
            for to, other in enumerate(long)
        ),
        reverse=True,
    )
    taken: set[int] = set()
    score: dict[int, float] = {}
    with_initial = False
    for near, at, to in pairs:
        if near >= EACH_WORD and at not in score and to not in taken:
            score[at] = near
            taken.add(to)
            with_initial |= (len(short[at]) == 1) != (len(long[to]) == 1)
    if len(score) < len(short) or (len(short) == 1 and len(long) > 1):
        return 0.0
    letters = sum(len(word) for word in short)
    whole = sum(score[at] * len(word) for at, word in enumerate(short)) / letters
    if with_initial and not _same_surname(mine, theirs):
        return 0.0
    most = ONLY_POSSIBLE if with_initial else 1.0
    return min(most, whole) - WORD_LEFT_OVER * (len(long) - len(short))


def _same_surname(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the last whole word of either name stands in the other: to the letter, or nearly so, or with a skeleton
    that is long enough to tell. A short one would be that of many names."""
    return any(
        _very(surname, word)
        for one, other in ((mine, theirs), (theirs, mine))
        for surname in [word for word in one if len(word) > 1][-1:]
        for word in other
        if len(word) > 1
    )


def _very(one: str, other: str) -> bool:
    if one == other or _jaro_winkler(one, other) >= SURE:
        return True
    return any(len(same) >= LONG_SKELETON for same in skeletons(one) & skeletons(other))


@lru_cache(maxsize=200_000)
def word_similarity(one: str, other: str) -> float:
    """How near two words are: letter by letter (Jaro and Winkler), or by their sound."""
    if one == other:
        return 1.0
    if 1 in {len(one), len(other)}:
        return INITIAL if one[0] == other[0] else 0.0
    letters = _jaro_winkler(one, other)
    if any(len(same) > 1 for same in skeletons(one) & skeletons(other)):
        return max(SAME_SOUND, letters)
    return letters


def _jaro_winkler(one: str, other: str) -> float:
    """Jaro's similarity with Winkler's bonus for a common beginning (W. Winkler, 1990)."""
    reach = max(len(one), len(other)) // 2 - 1
    free = [True] * len(other)
    mine: list[str] = []
    for at, letter in enumerate(one):
        for to in range(max(0, at - reach), min(len(other), at + reach + 1)):
            if free[to] and other[to] == letter:
                free[to] = False
                mine.append(letter)
                break
    if not mine:
        return 0.0
    theirs = [letter for letter, is_free in zip(other, free, strict=True) if not is_free]
    swapped = sum(a != b for a, b in zip(mine, theirs, strict=True)) / 2
    count = len(mine)
    jaro = (count / len(one) + count / len(other) + (count - swapped) / count) / 3
    common = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return jaro + min(common, 4) * 0.1 * (1 - jaro)
