"""What everybody may see: every description starts here, whoever asks."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

_LONGEST_PAGE = 1000


def _anyone() -> Any:
    return {"user": "", "auth_user_obj": None}


def _open(package: dict[str, Any]) -> bool:
    return not package.get("private") and package.get("state") == "active" and package.get("type") == "dataset"


def dataset(name: str) -> dict[str, Any] | None:
    """Return a public dataset by its name, or None for any other name."""
    try:
        package = tk.get_action("package_show")(_anyone(), {"id": name})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None
    return package if _open(package) and package["name"] == name else None


def datasets(page: int, size: int) -> tuple[list[dict[str, Any]], int]:
    """Return one page of the public datasets in the order of their names, and how many there are in all.

    :param page: from 1
    :param size: datasets a page, at most 1,000
    """
    asked = {
        "q": "*:*", "fq": "+dataset_type:dataset +capacity:public +state:active", "sort": "name asc",
        "rows": min(size, _LONGEST_PAGE), "start": (page - 1) * size, "facet": "false",
    }  # fmt: skip
    found = tk.get_action("package_search")(_anyone(), asked)
    return [package for package in found["results"] if _open(package)], found["count"]
