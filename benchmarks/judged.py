"""A judged set for the search: made-up datasets of a city, what people ask for, and which datasets answer.

`judged_datasets.csv` and `judged_queries.csv` are written by hand; the further datasets that they hide among are made of other
subjects with the same syllables. It imports nothing but the standard library, so that CKAN's Python can run it too.
"""

import csv
import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
TOP = 10
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KINDS = ("Báo cáo", "Thống kê", "Danh sách", "Kết quả khảo sát", "Bảng tổng hợp", "Số liệu", "Nhật ký", "Hồ sơ")
_PLACES = ("Hoàn Kiếm", "Ba Đình", "Đống Đa", "Cầu Giấy", "Tây Hồ", "Hà Đông", "Long Biên", "Sơn Tây", "Thanh Trì", "Gia Lâm",
           "Đông Anh", "Sóc Sơn", "Ba Vì", "Thường Tín", "Phú Xuyên", "Mê Linh", "Chương Mỹ", "Quốc Oai")  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """One made-up dataset."""

    name: str
    title: str
    title_en: str
    tags: tuple[str, ...]
    notes: str


@dataclass(frozen=True)
class Query:
    """What somebody asks for, and the names of the datasets that answer."""

    text: str
    answers: frozenset[str]


def datasets(number: int = 0) -> Iterator[Dataset]:
    """The judged datasets, then further ones until there are as many as wanted."""
    made = 0
    with (_HERE / "judged_datasets.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            made += 1
            tags = tuple(row["tags"].split("|"))
            yield Dataset(row["name"], row["title"], row["title_en"], tags, row["notes"])
    chance = random.Random(2026)  # noqa: S311 - made-up data
    # Subjects that no query asks for, made of the syllables of those that are asked for.
    subjects = (_HERE / "judged_subjects.txt").read_text("utf-8").splitlines()
    for place in range(number - made):
        yield _another(place, subjects, chance)


def _another(place: int, subjects: list[str], chance: random.Random) -> Dataset:
    one, other, third = chance.sample(subjects, 3)
    kind, where, year = chance.choice(_KINDS), chance.choice(_PLACES), 1990 + place % 36
    notes = f"{kind} về {one.lower()} và {other.lower()} ở {where}, cập nhật năm {year}, so với {third.lower()}."
    return Dataset(
        f"khac-{place:05}", f"{kind} {one.lower()} {where} năm {year}", f"Report {place}", (one, other), notes
    )


def queries() -> list[Query]:
    """The judged queries, with accents."""
    with (_HERE / "judged_queries.csv").open(encoding="utf-8", newline="") as rows:
        return [Query(row["query"], frozenset(row["datasets"].split())) for row in csv.DictReader(rows)]


def unaccented(text: str) -> str:
    """The text as it is typed without an input method.

    >>> unaccented("Đống Đa")
    'Dong Da'
    """
    parts = unicodedata.normalize("NFD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).replace("đ", "d").replace("Đ", "D")


def mistyped(text: str, chance: random.Random) -> str:
    """The text with one slip in one word: a letter left out, doubled or mistaken for its neighbour, or two swapped."""
    pieces = text.split(" ")
    place = chance.choice([i for i, piece in enumerate(pieces) if len(piece) >= 3] or range(len(pieces)))
    word = pieces[place]
    at = chance.randrange(len(word))
    slips: list[Callable[[], str]] = [
        lambda: word[:at] + word[at + 1 :],
        lambda: word[: at + 1] + word[at:],
        lambda: word[:at] + _neighbour(word[at], chance) + word[at + 1 :],
        lambda: word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    ]
    slipped = word
    while slipped == word:
        slipped = chance.choice(slips)()
        at = chance.randrange(len(word))
    pieces[place] = slipped
    return " ".join(pieces)


def _neighbour(letter: str, chance: random.Random) -> str:
    plain = unaccented(letter).lower()
    row = next((keys for keys in _KEYS if plain in keys), _KEYS[0])
    at = row.find(plain)
    return chance.choice([key for key in (row[at - 1 : at] + row[at + 1 : at + 2]) if key] or [row[0]])


def ways() -> dict[str, list[Query]]:
    """The queries in each way in which they are typed."""
    chance = random.Random(2026)  # noqa: S311 - made-up slips
    asked = queries()

    def typed(change: Callable[[str], str]) -> list[Query]:
        return [Query(change(query.text), query.answers) for query in asked]

    return {
        "accented": asked,
        "accented, decomposed": typed(lambda text: unicodedata.normalize("NFD", text)),
        "unaccented": typed(unaccented),
        "one typo, accented": typed(lambda text: mistyped(text, chance)),
        "one typo, unaccented": typed(lambda text: mistyped(unaccented(text), chance)),
    }


def recall(asked: list[Query], search: Callable[[str], list[str]]) -> tuple[float, list[str]]:
    """The mean share of a query's answers among the first ten results, and the queries that miss one.

    ``search`` returns names, the best first.
    """
    shares, missed = [], []
    for query in asked:
        found = len(query.answers & set(search(query.text)[:TOP])) / len(query.answers)
        shares.append(found)
        if found < 1:
            missed.append(query.text)
    return sum(shares) / len(shares), missed


def package(dataset: Dataset) -> dict[str, Any]:
    """The dataset as CKAN's index receives it, without what only CKAN knows."""
    return {
        "id": f"judged-{dataset.name}", "index_id": f"judged-{dataset.name}", "name": dataset.name,
        "title": dataset.title, "title_string": dataset.title, "notes": dataset.notes, "tags": list(dataset.tags),
        "extras_title_en": dataset.title_en, "site_id": "judged", "entity_type": "package", "dataset_type": "dataset",
        "capacity": "public", "state": "active", "permission_labels": ["public"], "res_name": ["CSV", "Parquet"],
        "res_format": ["CSV", "Parquet"], "metadata_created": "2026-01-01T00:00:00Z",
        "metadata_modified": "2026-01-01T00:00:00Z", "data_dict": "{}", "validated_data_dict": "{}",
    }  # fmt: skip
