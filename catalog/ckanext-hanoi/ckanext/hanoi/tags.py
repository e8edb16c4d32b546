"""Keywords as an asker may know them: those of datasets that the asker may see. CKAN itself lists those of all datasets.

What completes a keyword while it is typed comes from the search, which knows who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk

if TYPE_CHECKING:
    from collections.abc import Callable


def actions() -> dict[str, Callable[..., Any]]:
    """Return the actions of CKAN that name keywords, each narrowed to what the asker may see."""
    return {
        "tag_list": _narrowed(lambda found, known: [tag for tag in found if _name(tag) in known]),
        "tag_search": _narrowed(_narrowed_search),
        "tag_show": _narrowed(_shown),
    }


def visible(context: dict[str, Any]) -> frozenset[str]:
    """Return the keywords of the datasets that the asker may see."""
    asker = {key: context[key] for key in ("user", "auth_user_obj", "ignore_auth") if key in context}
    asked = {"rows": 0, "facet.field": ["tags"], "facet.limit": -1, "include_private": True}
    found = tk.get_action("package_search")(asker, asked)
    return frozenset(item["name"] for item in found["search_facets"].get("tags", {}).get("items", []))


def _narrowed(narrow: Callable[[Any, frozenset[str]], Any]) -> Callable[..., Any]:
    @tk.chained_action
    @tk.side_effect_free
    def action(original: Any, context: dict[str, Any], data_dict: dict[str, Any]) -> Any:
        found = original(context, data_dict)
        # The words of a vocabulary are the same for everybody and belong to no dataset.
        if data_dict.get("vocabulary_id"):
            return found
        return narrow(found, visible(context))

    return action


def _narrowed_search(found: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    results = [tag for tag in found["results"] if _name(tag) in known]
    return {
        **found,
        "results": results,
        "count": found["count"] if len(results) == len(found["results"]) else len(results),
    }


def _shown(found: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if not found.get("vocabulary_id") and found["name"] not in known:
        raise tk.ObjectNotFound
    return found


def _name(tag: Any) -> str:
    return str(tag["name"] if isinstance(tag, dict) else tag)
