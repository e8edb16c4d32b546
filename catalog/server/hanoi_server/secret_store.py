"""The random secrets of one home, made once and kept across starts."""

import json
import secrets
from dataclasses import asdict, dataclass, fields

from hanoi_server.layout import Layout, write_private


@dataclass(frozen=True)
class Secrets:
    """Every secret is drawn on its own, so that one that leaks tells nothing of the others.

    ``home_id`` is no secret: it marks a database cluster as the one that these passwords open.
    """

    home_id: str
    session: str
    csrf: str
    api_token: str
    postgres_password: str
    ckan_password: str
    datastore_read_password: str


def load_secrets(layout: Layout) -> Secrets:
    """Read the secrets of a home, and draw those that are not there yet."""
    path = layout.secrets
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    wanted = [field.name for field in fields(Secrets)]
    complete = Secrets(**{name: known.get(name) or secrets.token_urlsafe(48) for name in wanted})
    if asdict(complete) != known:
        write_private(path, json.dumps(asdict(complete), indent=2))
    return complete
