"""Everything that CKAN itself must do before it serves, in one process.

``python -m hanoi_server.bootstrap HOME [FILE]`` makes the tables, the administrator with its API token, and the
organisations; each step leaves alone what is already right. Importing CKAN takes seconds, so one process does what
would be a dozen `ckan` commands.
"""

import secrets
import sys
from pathlib import Path
from typing import Any

# First of all: it brings libmagic, which python-magic looks for as soon as CKAN imports it.
import pylibmagic  # noqa: F401
from ckan import logic, model
from ckan.cli import CKANConfigLoader
from ckan.cli.db import _migrate_plugins, _run_migrations
from ckan.config.middleware import make_app
from ckan.lib import api_token, search, webassets_tools

from hanoi_server.layout import Layout, write_private
from hanoi_server.organisations import read_organisations
from hanoi_server.settings import ADMIN

TOKEN_NAME = "hanoi-cloud"  # noqa: S105 - the token's label, shown in the administrator's list


def main(layout: Layout, organisations: list[dict[str, str]]) -> None:
    """Bring the database of a home to what its configuration and the organisations ask for."""
    app = make_app(CKANConfigLoader(str(layout.ini)).get_config())
    with app._wsgi_app.test_request_context():
        _run_migrations("")
        _migrate_plugins(apply=True)
        _administrator(layout)
        _token(layout)
        for organisation in organisations:
            _organisation(organisation)
        # All of them where the plugin has dropped an index of another layout, none where nothing is missing.
        search.rebuild(only_missing=True, force=True, quiet=True)
    _build_assets()


def _build_assets() -> None:
    """Build the style sheets and scripts that pages name: web processes that build them at the same moment fail on each other."""
    for bundle in webassets_tools.env:
        bundle.urls()


def _act(name: str, /, **data: Any) -> Any:
    site_user = logic.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return logic.get_action(name)({"user": site_user, "ignore_auth": True}, data)


def _administrator(layout: Layout) -> None:
    user = model.User.get(ADMIN)
    if user is None or not layout.admin_password.exists():
        password = secrets.token_urlsafe(24)
        write_private(layout.admin_password, password + "\n")
        if user is None:
            _act("user_create", name=ADMIN, email="admin@localhost.localdomain", password=password)
        else:
            user.password = password
    user = model.User.get(ADMIN)
    user.sysadmin, user.state = True, model.State.ACTIVE
    model.Session.commit()


def _token(layout: Layout) -> None:
    if layout.api_token.exists():
        owner = api_token.get_user_from_token(layout.api_token.read_text("ascii").strip(), update_access_time=False)
        if owner is not None and owner.name == ADMIN:
            return
    for old in _act("api_token_list", user_id=ADMIN):
        if old["name"] == TOKEN_NAME:
            _act("api_token_revoke", jti=old["id"])
    token = _act("api_token_create", user=ADMIN, name=TOKEN_NAME)["token"]
    write_private(layout.api_token, token + "\n")


def _organisation(wanted: dict[str, str]) -> None:
    found = model.Group.get(wanted["name"])
    fields: dict[str, Any] = {"title": wanted["title"], "description": wanted["description"], "state": "active"}
    kept = dict(found.extras) if found is not None else {}
    extras = {**kept, "title_en": wanted["title_en"]} if wanted["title_en"] else kept
    listed = [{"key": key, "value": value} for key, value in extras.items()]
    if found is None:
        _act("organization_create", name=wanted["name"], **fields, extras=listed)
    elif extras != kept or any(getattr(found, field) != value for field, value in fields.items()):
        _act("organization_patch", id=wanted["name"], **fields, extras=listed)


if __name__ == "__main__":
    # It is started while the database is still being made; without the word its caller is gone.
    if sys.stdin.readline().strip() != "go":
        sys.exit(1)
    main(Layout.of(Path(sys.argv[1])), read_organisations(Path(sys.argv[2]) if len(sys.argv) > 2 else None))
