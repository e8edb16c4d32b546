"""The agencies that own datasets, read from a JSON file: ``[{"name", "title", "title_en", "description"}]``."""

import json
import re
from pathlib import Path

from hanoi_server.errors import ServerError

_NAME = re.compile(r"[a-z0-9_-]{2,100}")
_KEYS = ("name", "title", "title_en", "description")


def read_organisations(path: Path | None) -> list[dict[str, str]]:
    """Read and check the organisations; no file means none.

    Raises ServerError if the file cannot be read, or an entry has no valid name or no title.
    """
    if path is None:
        return []
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ServerError(
            f"Không đọc được tệp đơn vị {path}: {error}", f"The file of organisations {path} cannot be read: {error}"
        ) from error
    if not isinstance(entries, list):
        raise _wrong(path, entries)
    for entry in entries:
        strings = isinstance(entry, dict) and all(isinstance(entry.get(key, ""), str) for key in _KEYS)
        if not strings or not _NAME.fullmatch(entry.get("name", "")) or not entry.get("title"):
            raise _wrong(path, entry)
    return [{key: entry.get(key, "") for key in _KEYS} for entry in entries]


def _wrong(path: Path, entry: object) -> ServerError:
    shape = '[{"name": "so-tnmt", "title": "…", "title_en": "…", "description": "…"}]'
    return ServerError(
        f"Tệp đơn vị {path} có mục không hợp lệ: {entry!r}. Cần dạng {shape}, name chỉ gồm a-z, 0-9, - và _.",
        f"The file of organisations {path} has an invalid entry: {entry!r}. "
        f"Wanted {shape}, name of a-z, 0-9, - and _ only.",
    )
