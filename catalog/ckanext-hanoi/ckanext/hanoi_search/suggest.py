"""Completion: what a reader who has begun to type may be looking for.

Everything is asked of the search as the asker, so what he may not see completes nothing.
"""

from __future__ import annotations

from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk

from ckanext.hanoi import themes

from .text import fold, words

MAX_QUERY = 200
_DATASETS, _OTHERS = 5, 3
_SHORTEST = 2


@tk.side_effect_free
def hanoi_suggest(context: Any, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Return datasets, agencies and topics that the typed text may mean.

    Whole words may stand anywhere in a dataset's texts or in the name of an agency or a topic, in any order; the last one may
    be unfinished. Accents are not needed. A text of one letter completes nothing.

    :param q: what was typed, at most 200 characters are read
    :param lang: vi or en, the language of the titles (vi by default)
    :returns: `{"datasets": [{name, title, url}], "organizations": [{name, title, url, count}], "topics": [{name, title, url, count}]}`

    `GET /api/3/action/hanoi_suggest?q=khong+kh` completes to *Chất lượng không khí theo giờ*.
    """
    lang = "en" if data_dict.get("lang") == "en" else "vi"
    typed = words(str(data_dict.get("q") or "")[:MAX_QUERY])[:10]
    if not typed or len("".join(typed)) < _SHORTEST:
        return {"datasets": [], "organizations": [], "topics": []}
    kinds = {"organization": _named(_agencies(lang), typed), "theme": _named(_topics(lang), typed)}
    counts = _counted(context, kinds)

    def listed(field: str, route: str, parameter: str) -> list[dict[str, Any]]:
        there = [(name, title) for name, title in kinds[field] if counts[field].get(name)]
        return [
            {"name": name, "title": title, "count": counts[field][name], "url": _url(route, lang, **{parameter: name})}
            for name, title in there[:_OTHERS]
        ]

    return {
        "datasets": [
            {**one, "url": _url("dataset.read", lang, id=one["name"])} for one in _datasets(context, typed, lang)
        ],
        "organizations": listed("organization", "organization.read", "id"),
        "topics": listed("theme", "dataset.search", "theme"),
    }


@tk.chained_action
@tk.side_effect_free
def tag_autocomplete(up: Any, context: Any, data_dict: dict[str, Any]) -> list[str]:
    """Complete keywords, without accents too, from datasets that the asker may see; CKAN would complete those of all."""
    if data_dict.get("vocabulary_id") or data_dict.get("fields"):
        return up(context, data_dict)
    tk.check_access("tag_autocomplete", context, data_dict)
    asked = data_dict.get("query") or data_dict.get("q") or []
    wanted = [fold(text.strip()) for text in ([asked] if isinstance(asked, str) else asked) if text.strip()]
    found = _completed(context, "tags", wanted)
    start, limit = int(data_dict.get("offset") or 0), data_dict.get("limit")
    return found[start:] if limit is None else found[start : start + int(limit)]


@tk.chained_action
@tk.side_effect_free
def format_autocomplete(up: Any, context: Any, data_dict: dict[str, Any]) -> list[str]:
    """Complete formats of files from datasets that the asker may see."""
    tk.check_access("format_autocomplete", context, data_dict)
    if not isinstance(data_dict.get("q"), str):
        return up(context, data_dict)  # CKAN's own schema says what is missing
    found = _completed(context, "res_format", [fold(data_dict["q"])])
    return list(dict.fromkeys(value.lower() for value in found))[: int(data_dict.get("limit") or 5)]


def _search(context: Any, **asked: Any) -> dict[str, Any]:
    # Only who asks is handed on: an action leaves traces of its own in a context.
    own = {key: context[key] for key in ("user", "auth_user_obj", "ignore_auth") if key in context}
    return tk.get_action("package_search")({"user": "", "auth_user_obj": tk.current_user, **own}, asked)


def _completed(context: Any, field: str, wanted: list[str]) -> list[str]:
    """Return a field's values that hold all the wanted texts, the most frequent first."""
    if not wanted:
        return []
    asked = {"facet.field": [field], "facet.limit": -1, "rows": 0, "include_private": True}
    counts = _search(context, **asked)["facets"].get(field, {})
    found = [value for value in counts if all(text in fold(value) for text in wanted)]
    return sorted(found, key=lambda value: (-counts[value], value))


def _datasets(context: Any, typed: list[str], lang: str) -> list[dict[str, str]]:
    begun = " AND ".join([*(f"text:{word}" for word in typed[:-1]), f"(text:{typed[-1]} OR text:{typed[-1]}*)"])
    # What nothing begins with may be mistyped, which plain words are searched for too.
    for query in (begun, " ".join(typed)):
        found = _search(
            context,
            q=query,
            fl=["name", "title", "extras_title_en"],
            rows=_DATASETS,
            fq="+dataset_type:dataset",
            facet="false",
        )["results"]
        if found:
            break
    return [
        {"name": one["name"], "title": (lang == "en" and one.get("title_en")) or one.get("title") or one["name"]}
        for one in found
    ]


def _url(route: str, lang: str, **parameters: str) -> str:
    return str(tk.h.url_for(route, locale="en" if lang == "en" else "default", **parameters))


def _agencies(lang: str) -> list[tuple[str, str, str]]:
    rows = model.Session.query(model.Group.name, model.Group.title, model.Group.extras).filter(
        model.Group.is_organization, model.Group.state == "active"
    )
    return [(name, *_both(title or name, (extras or {}).get("title_en") or "", lang)) for name, title, extras in rows]


def _topics(lang: str) -> list[tuple[str, str, str]]:
    return [(themes.BASE + code, *_both(vi, en, lang)) for code, (vi, en) in sorted(themes.names().items())]


def _both(vi: str, en: str, lang: str) -> tuple[str, str]:
    """Return a title in its language, and the text that it is found by."""
    return (en or vi) if lang == "en" else vi, f"{vi} {en}"


def _named(things: list[tuple[str, str, str]], typed: list[str]) -> list[tuple[str, str]]:
    """Return names and titles of the things that are called so, those that begin with what was typed first."""
    found = []
    for name, title, text in things:
        there = words(text)
        if all(word in there for word in typed[:-1]) and any(word.startswith(typed[-1]) for word in there):
            found.append((not fold(title).startswith(typed[0]), title, name))
    return [(name, title) for _, title, name in sorted(found)][: _OTHERS * 3]


def _counted(context: Any, kinds: dict[str, list[tuple[str, str]]]) -> dict[str, dict[str, int]]:
    """Return how many datasets each agency and topic has that the asker may see."""
    wanted = [f'{field}:"{name}"' for field, names in kinds.items() for name, _ in names]
    if not wanted:
        return {field: {} for field in kinds}
    asked = {
        "fq": f"+dataset_type:dataset +({' OR '.join(wanted)})",
        "facet.field": list(kinds),
        "facet.limit": -1,
        "rows": 0,
    }
    return _search(context, **asked)["facets"]
