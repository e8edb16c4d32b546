"""A dataset as CKAN hands it to the index, turned into a row of the search table."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from . import fields
from .dates import parse_date
from .spelling import worth
from .sql import stored_date
from .text import accented, exact, fold, sort_key, words, written

if TYPE_CHECKING:
    from collections.abc import Iterable

# PostgreSQL's limits: 16,383 word positions, and 1 MB a tsvector.
_POSITIONS = 16_000
_EXACT_MAX = 1_000
_WORDS_MAX = 200_000
# Words of two values stand this far apart, so that no phrase joins them.
_GAP = 10
# Nobody needs corrections to the thousandth word of a description.
_SPELLED_MAX = 400


def row(document: dict[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """Return the columns of the search table for one document, `facets` as pairs of a field and a value.

    :raises QuerySyntaxError: when a date field holds no date
    """
    moment = now or datetime.now(timezone.utc)
    values = {key: _texts(value) for key, value in document.items()}
    values = {key: [_clean(text) for text in texts] for key, texts in values.items() if texts}
    values.setdefault("indexed_ts", [stored_date(moment)])
    values["urls"] = [url for key in fields.URLS for url in values.get(key, [])]
    for key in list(values):
        if key.endswith("_date"):
            values[key] = [stored_date(parse_date(_solr_date(text))) for text in values[key] if text]
    title = " ".join(values.get("title", []))
    return {
        **{name: (values.get(name) or [None])[0] for name in fields.COLUMNS},
        **{name: _moment(values.get(name)) for name in fields.DATES},
        "permission_labels": values.get(fields.LABELS, []),
        "name_ngram": fold(" ".join(values.get("name", []))),
        "title_ngram": fold(title),
        "title_string": sort_key((values.get("title_string") or [title])[0][:_EXACT_MAX]),
        "vector": vector(values),
        "facets": facets(values),
        "phrases": phrases(values),
        "words": json.dumps(_words(values)),
        "fields": json.dumps(_exact(values)),
        "data_dict": (values.get("data_dict") or [None])[0],
        "validated_data_dict": (values.get("validated_data_dict") or [None])[0],
        "stored": json.dumps(_stored(document, values)),
    }


def vector(values: dict[str, list[str]]) -> str:
    """Return the words of all searchable values as the text of a weighted tsvector.

    A word with accents stands there twice at its place, folded and, behind a `=`, as it is written.

    >>> vector({"title": ["Khí thải"], "notes": ["khi"]})
    "'khi':1A,13C '=khi\u0301':1A 'thai':2A '=thai\u0309':2A"
    """
    places: dict[str, list[str]] = {}
    at = 0
    order = [
        *fields.WEIGHTS,
        *fields.COPIED,
        *sorted(
            key
            for key in values
            if key.startswith(("extras_", "res_extras_", "vocab_", "text")) and key not in fields.WEIGHTS
        ),
    ]
    for name in order:
        weight = fields.WEIGHTS.get(name, "D")
        for value in values.get(name, []):
            for forms in _forms(value[:_WORDS_MAX]):
                at += 1
                if at > _POSITIONS:
                    break
                for form in forms:
                    found = places.setdefault(form, [])
                    if len(found) < 250:
                        found.append(f"{at}{weight if weight != 'D' else ''}")
            at += _GAP
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


def facets(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the fields and values that are counted by number.

    >>> facets({"tags": ["bus", "bus", "stop"], "notes": ["x"]})
    [('tags', 'bus'), ('tags', 'stop')]
    """
    return sorted(
        {
            (name, value)
            for name in fields.FACETS & values.keys()
            for value in values[name]
            if value and len(value) <= _EXACT_MAX
        }
    )


def phrases(values: dict[str, list[str]]) -> list[str]:
    """Return the words that may be offered as corrections, and each two that stand side by side, as they are written.

    >>> phrases({"title": ["Trạm đo mưa"]})
    ['mưa', 'trạm', 'trạm đo', 'đo', 'đo mưa']
    """
    found: set[str] = set()
    left = _SPELLED_MAX
    for name in fields.SPELLED:
        for value in values.get(name, []):
            before = ""
            for word in written(value[:_WORDS_MAX])[: max(left, 0)]:
                left -= 1
                if worth(word):
                    found.update({word, f"{before} {word}"} if before else {word})
                before = word if worth(word) else ""
    return sorted(found)


def _forms(text: str) -> list[tuple[str, ...]]:
    """Return the forms under which each word of a text is found."""
    folded, shown = words(text), [accented(word) for word in written(text)]
    if len(folded) != len(shown):  # a sign such as № is a word only when it is folded
        return [(word,) for word in folded]
    return [(word,) if word == form else (word, f"={form}") for word, form in zip(folded, shown, strict=True)]


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (list, tuple, set)):
        return [text for part in value for text in _texts(part)]
    if isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False)]
    return [str(value)]


def _clean(text: str) -> str:
    """Write letters in one way, and drop what PostgreSQL cannot hold: NUL and lone halves of surrogate pairs."""
    return exact(text.replace("\x00", "").encode("utf-8", "ignore").decode())


def _words(values: dict[str, list[str]]) -> dict[str, str]:
    def joined(texts: Iterable[str]) -> str:
        return " " + " | ".join(" ".join(words(text[:_WORDS_MAX])) for text in texts) + " "

    return {name: joined(texts) for name, texts in values.items() if fields.is_text(name) and any(texts)}


def _exact(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the values that filters and facets compare as a whole, each once."""
    left_out = {"data_dict", "validated_data_dict", "title_string", "title", "notes", fields.LABELS, "urls"}
    return {
        name: list(dict.fromkeys(text for text in texts if text != "" and len(text) <= _EXACT_MAX))
        for name, texts in values.items()
        if name not in left_out and any(texts)
    }


def _stored(document: dict[str, Any], values: dict[str, list[str]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, texts in values.items():
        if not fields.is_stored(name) or name in ("data_dict", "validated_data_dict", "urls"):
            continue
        shown = [_shown_date(text) for text in texts] if fields.is_date(name) else texts
        kept[name] = shown if isinstance(document.get(name), (list, tuple, set)) else shown[0] if shown else None
    return kept


def _solr_date(text: str) -> str:
    return text.replace("+00:00", "Z")


def _shown_date(text: str) -> str:
    """Write a date as Solr returns it: to the millisecond, and without a fraction of zero."""
    moment = parse_date(_solr_date(text)) if text else None
    if moment is None:
        return text
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond >= 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _moment(texts: list[str] | None) -> datetime | None:
    return parse_date(_solr_date(texts[0])) if texts and texts[0] else None
