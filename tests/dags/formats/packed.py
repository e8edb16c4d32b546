"""Archives for tests."""

import io
import zipfile
from collections.abc import Mapping


def archive(members: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive of the files that ``members`` names."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return whole.getvalue()
