"""What a visitor may have meant: corrections from the words of the datasets that everybody may see."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from .schema import PHRASE, TRACE
from .spelling import MAX_WORDS, best, candidates, splits, traces, without_keys, worth
from .text import fold, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .spelling import Candidate, Correction

_NUMBERS = f"SELECT folded, sum(documents) AS number FROM {PHRASE} WHERE folded = ANY(:words) GROUP BY folded"
_BEGINS = f"SELECT EXISTS (SELECT FROM {PHRASE} WHERE folded >= :low AND folded < :high) AS begins"
_LED_TO = f"SELECT DISTINCT trace.word FROM {TRACE} WHERE trace = ANY(:traces)"
_SHOWN = f"SELECT DISTINCT ON (folded) folded, shown FROM {PHRASE} WHERE folded = ANY(:words) ORDER BY folded, documents DESC"


@dataclass(frozen=True)
class Spelled:
    """What was said about the spelling of a query.

    `applied` says whether the results are those of the suggestion, `found` whether the words as typed found anything.
    """

    asked: str
    suggestion: str
    applied: bool
    found: bool


class Speller:
    """Looks up words and corrections.

    :param fetch: runs one statement with its parameters and returns its rows
    """

    def __init__(self, fetch: Callable[[str, dict[str, Any]], Sequence[Any]]) -> None:
        self._fetch = fetch

    def unknown(self, typed: Sequence[str]) -> list[int]:
        """Return the places of the words that no dataset holds; a last word that one begins with is not among them."""
        numbers = self._numbers(typed)
        places = [place for place, word in enumerate(typed) if worth(word) and word not in numbers]
        if places and places[-1] == len(typed) - 1 and self._begins(typed[-1]):
            places.pop()
        return places

    def correct(self, typed: Sequence[str], places: Iterable[int], changes: int) -> Correction | None:
        """Return the likeliest other reading of the words at some places, or None where there is none."""
        wanted = [place for place in places if worth(typed[place])][:MAX_WORDS]
        readings = self._readings(typed, wanted)
        if not any(readings):
            return None
        options = [
            [(word,), *(reading.words for reading in others)] for word, others in zip(typed, readings, strict=True)
        ]
        pairs = {f"{one[-1]} {other[0]}" for left, right in pairwise(options) for one, other in product(left, right)}
        numbers = self._numbers(
            {*pairs, *(word for each in options for words in each for word in (*words, " ".join(words)))}
        )
        return best(typed, readings, numbers, changes)

    def joins(self, words: Sequence[str]) -> int:
        """Return how many neighbours of a text stand side by side in some dataset."""
        return len(self._numbers({" ".join(pair) for pair in pairwise(words)}))

    def show(self, correction: Correction, typed: Sequence[str]) -> str:
        """Write a correction with its accents; what the visitor wrote with accents stays as it is.

        :param typed: each word as the visitor wrote it
        """
        words = correction.words
        kept = [
            written(text) if fold(" ".join(written(text))) == " ".join(part) else [""] * len(part)
            for text, part in zip(typed, correction.parts, strict=True)
        ]
        said = [word for part in kept for word in part]
        shown = self._shown({*words, *map(" ".join, pairwise(words))})
        out = []
        for place, word in enumerate(words):
            if said[place] and fold(said[place]) != said[place]:
                out.append(said[place])
                continue
            beside = [
                shown[pair].split(" ")[side]
                for pair, side in (
                    (" ".join(words[max(place - 1, 0) : place + 1]), 1),
                    (" ".join(words[place : place + 2]), 0),
                )
                if " " in pair and pair in shown
            ]
            out.append((beside or [shown.get(word, word)])[0])
        return " ".join(out)

    def _readings(self, typed: Sequence[str], places: Sequence[int]) -> list[list[Candidate]]:
        readings: list[list[Candidate]] = [[] for _ in typed]
        for place in places:
            word = typed[place]
            found = [row["word"] for row in self._fetch(_LED_TO, {"traces": sorted(traces(word))})]
            halves = [text for pair in splits(word) for text in (*pair, " ".join(pair))]
            readings[place] = candidates(word, found, self._numbers({*found, without_keys(word), *halves}))
        return readings

    def _numbers(self, words: Iterable[str]) -> dict[str, int]:
        return {row["folded"]: int(row["number"]) for row in self._fetch(_NUMBERS, {"words": sorted(set(words))})}

    def _shown(self, words: Iterable[str]) -> dict[str, str]:
        return {row["folded"]: row["shown"] for row in self._fetch(_SHOWN, {"words": sorted(words)})}

    def _begins(self, word: str) -> bool:
        return bool(self._fetch(_BEGINS, {"low": word, "high": word + "\U0010ffff"})[0]["begins"])
