"""Likely misspellings: which known words a mistyped word may stand for, and which of them fit beside one another.

A word is found again by its traces: itself, and itself without one of its letters. Two words that are one insertion,
deletion, exchange or swap of neighbours apart share a trace, so an index on traces finds all of them; the words of
Vietnamese are syllables of two to six letters, too short for trigrams. Which candidate is meant is decided by its
neighbours: how many datasets have the two words side by side.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_WORDS = 10
_SHORTEST = 2
_LONGEST = 40
# A shorter word is like too many others to be put right without a neighbour.
_TELLING = 4
# How many candidates of one word are weighed.
_BREADTH = 24
# What a change costs, against the logarithm of a number of datasets.
_EDIT, _FIRST_LETTER, _SPLIT, _KEYS = 4.0, 0.5, 3.0, 1.0
# What a word's own number counts against that of a pair, and what it counts that a pair is there at all.
_ALONE, _TOGETHER = 0.2, 3.0


@dataclass(frozen=True)
class Candidate:
    """One reading of a typed word: the words that it may stand for, and how far they are from it."""

    words: tuple[str, ...]
    cost: float


@dataclass(frozen=True)
class Correction:
    """The corrected words, folded, in place of each typed word."""

    parts: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> list[str]:
        """The corrected query, word by word."""
        return [word for part in self.parts for word in part]


def traces(word: str) -> set[str]:
    """Return the word and the word without each of its letters.

    >>> sorted(traces("khi"))
    ['hi', 'kh', 'khi', 'ki']
    """
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def worth(word: str) -> bool:
    """Say whether a word may be corrected or offered: letters only, neither one letter nor endless."""
    return _SHORTEST <= len(word) <= _LONGEST and word.isalpha()


def near(one: str, other: str) -> bool:
    """Say whether two words are at most one change apart: a letter more, less, another, or two neighbours swapped.

    >>> near("khogn", "khong"), near("khi", "kha"), near("khi", "hik")
    (True, True, False)
    """
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[at:], other[at:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[1::-1])
    )


def without_keys(word: str) -> str:
    """Return what an unfinished Telex word means, folded: the keys of accents and tones taken away.

    >>> [without_keys(word) for word in ("khoong", "khis", "luwowngj", "ddiem")]
    ['khong', 'khi', 'luong', 'diem']
    """
    bare = re.sub(r"([aeo])\1", r"\1", word).replace("dd", "d").replace("w", "")
    return re.sub(r"(?<=[aeiouy])([a-z]*?)[sfrxj]$", r"\1", bare)


def splits(word: str) -> list[tuple[str, str]]:
    """Return the ways to read a word as two that lost the space between them.

    >>> splits("xebus")
    [('xe', 'bus'), ('xeb', 'us')]
    """
    return [(word[:i], word[i:]) for i in range(_SHORTEST, len(word) - _SHORTEST + 1)]


def candidates(word: str, found: Iterable[str], known: Mapping[str, int]) -> list[Candidate]:
    """Return the readings of one typed word, the nearest and most used first.

    :param found: words of the index that share a trace with it, or are what its keys mean
    :param known: in how many datasets each word, and each pair of words with a space between, stands
    """
    readings = {}
    for other in found:
        if other != word and near(word, other):
            readings[(other,)] = _EDIT + (_FIRST_LETTER if other[0] != word[0] else 0.0)
    meant = without_keys(word)
    if meant != word and known.get(meant):
        readings[(meant,)] = min(_KEYS, readings.get((meant,), _KEYS))
    for pair in splits(word):
        if known.get(" ".join(pair)):
            readings[pair] = _SPLIT
    ranked = [Candidate(words, cost) for words, cost in readings.items()]
    ranked.sort(key=lambda reading: (reading.cost - _weight(reading, known), reading.words))
    return ranked[:_BREADTH]


def best(
    typed: Sequence[str], readings: Sequence[Sequence[Candidate]], known: Mapping[str, int], changes: int
) -> Correction | None:
    """Return the readings that go best together, or None when no word has one.

    :param typed: the words as typed, folded
    :param readings: for each word, what else it may stand for; none for a word that stays
    :param changes: at most how many words may be read otherwise
    """
    # For each way to end: its worth, the words so far, and how many were changed.
    ways: list[tuple[float, tuple[tuple[str, ...], ...], int]] = [(0.0, (), 0)]
    for word, others in zip(typed, readings, strict=True):
        further: dict[tuple[str, int], tuple[float, tuple[tuple[str, ...], ...], int]] = {}
        for reading in (Candidate((word,), 0.0), *others):
            for value, parts, changed in ways:
                count = changed + (reading.words != (word,))
                if count > changes:
                    continue
                gain = value + _weight(reading, known) + _joined(parts, reading, known) - reading.cost
                end = (reading.words[-1], count)
                if end not in further or gain > further[end][0]:
                    further[end] = (gain, (*parts, reading.words), count)
        ways = list(further.values())
    changed_ways = [way for way in ways if way[2]]
    return _supported(typed, max(changed_ways)[1], known) if changed_ways else None


def _supported(typed: Sequence[str], parts: tuple[tuple[str, ...], ...], known: Mapping[str, int]) -> Correction | None:
    """Keep of the changes those that stand beside a neighbour in some dataset; a word alone must be long enough to be told."""
    kept = []
    for place, (word, part) in enumerate(zip(typed, parts, strict=True)):
        left = place > 0 and known.get(f"{parts[place - 1][-1]} {part[0]}")
        right = place + 1 < len(parts) and known.get(f"{part[-1]} {parts[place + 1][0]}")
        alone = len(typed) == 1 and len(word) >= _TELLING
        kept.append(part if left or right or alone or (known.get(" ".join(part)) and len(part) > 1) else (word,))
    return Correction(tuple(kept)) if any((word,) != part for word, part in zip(typed, kept, strict=True)) else None


def _weight(reading: Candidate, known: Mapping[str, int]) -> float:
    inside = math.log1p(known.get(" ".join(reading.words), 0)) if len(reading.words) > 1 else 0.0
    return inside + _ALONE * min(math.log1p(known.get(word, 0)) for word in reading.words)


def _joined(parts: tuple[tuple[str, ...], ...], reading: Candidate, known: Mapping[str, int]) -> float:
    together = known.get(f"{parts[-1][-1]} {reading.words[0]}", 0) if parts else 0
    return _TOGETHER + math.log1p(together) if together else 0.0
