"""Run by the Python of the catalogue's server, which has CKAN: `judge` the search by the judged queries, or `fill` a catalogue.

in_search.py judge NUMBER < URL > {way: [recall, [missed queries]]}
in_search.py fill NUMBER < CKAN.INI

URL names a database that holds no search index that anybody needs: the index in it is gone at the end.
"""

import json
import sys
import uuid
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_BATCH = 500
THEMES = "http://publications.europa.eu/resource/authority/data-theme/"
_CODES = ("ENVI", "TRAN", "HEAL", "EDUC", "SOCI", "ECON", "REGI", "GOVE")
_FORMATS = ("CSV", "Parquet", "JSON", "XLSX", "GeoJSON")


def judge(number: int, url: str) -> dict[str, tuple[float, list[str]]]:
    """Index the judged datasets among others, ask every query in every way, and remove the index."""
    import sqlalchemy as sa

    from benchmarks import judged
    from ckanext.hanoi_search.connection import Connection
    from ckanext.hanoi_search.schema import SCHEMA
    from ckanext.hanoi_search.store import Store

    store = Store(url, timeout=60_000)
    connection = Connection(store, "the judged set")

    def search(text: str) -> list[str]:
        # As CKAN's package_search asks for an anonymous reader.
        found = connection.search(
            text, defType="dismax", mm="2<-1 5<80%", df="text", fl="name", rows=judged.TOP + 1,
            fq=["+capacity:public +state:(active)", '+site_id:"judged"', '+permission_labels:("public")'], **{"q.op": "AND"},
        )  # fmt: skip
        return [str(one["name"]) for one in found]

    try:
        packages = [judged.package(dataset) for dataset in judged.datasets(number)]
        for start in range(0, len(packages), _BATCH):
            connection.add(packages[start : start + _BATCH])
        return {way: judged.recall(asked, search) for way, asked in judged.ways().items()}
    finally:
        with store.transaction() as open_connection:
            open_connection.execute(sa.text(f"DROP SCHEMA {SCHEMA} CASCADE"))


def fill(number: int, ini: str) -> dict[str, int]:
    """Write datasets straight into CKAN's tables, and into its search by CKAN's own indexing, in batches.

    The first is created by CKAN's action, as a pattern for the others.
    """
    import sqlalchemy as sa
    from ckan import model
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app
    from ckan.lib.search import index
    from ckan.logic import get_action

    from benchmarks import judged
    from ckanext.hanoi_search.plugin import make_connection

    class Gathering:
        """Takes the documents that CKAN would send one by one."""

        url = "gathered"

        def __init__(self) -> None:
            self.documents: list[dict[str, Any]] = []

        def add(self, docs: list[dict[str, Any]], **_: Any) -> None:
            self.documents += docs

    app = make_app(CKANConfigLoader(ini).get_config())
    with app._wsgi_app.test_request_context():
        agencies = model.Session.query(model.Group).filter(model.Group.is_organization).order_by(model.Group.name).all()
        context = {"ignore_auth": True, "user": get_action("get_site_user")({"ignore_auth": True}, {})["name"]}
        made = [_described(place, dataset) for place, dataset in enumerate(judged.datasets(number))]
        pattern = get_action("package_create")(dict(context), {**made[0], "owner_org": agencies[0].id})
        forms = {
            flag: get_action("package_show")(
                dict(context), {"id": pattern["id"], "use_default_schema": flag, "use_cache": False}
            )
            for flag in (True, False)
        }
        documents, connection = Gathering(), make_connection()
        index.make_connection = lambda *_, **__: documents
        tags = {pair["name"]: pair["id"] for pair in forms[True]["tags"]}
        for start in range(1, len(made), _BATCH):
            rows: dict[Any, list[dict[str, Any]]] = {}
            indexed = []
            for place, wanted in enumerate(made[start : start + _BATCH], start):
                indexed.append(_as_rows(wanted, forms, agencies[place % len(agencies)], tags, rows, model))
            for table, values in rows.items():
                model.Session.execute(sa.insert(table), values)
            model.Session.commit()
            for package in indexed:
                index.PackageSearchIndex().index_package(package)
            connection.add(documents.documents)
            documents.documents.clear()
            model.Session.expunge_all()
            agencies = [model.Group.get(agency) for agency in sorted(one["name"] for one in _names(model))]
    _as_the_database_does_by_night(make_connection)
    return {"datasets": len(made)}


def _names(model: Any) -> list[dict[str, str]]:
    return [{"name": name} for (name,) in model.Session.query(model.Group.name).filter(model.Group.is_organization)]


def _described(place: int, dataset: Any) -> dict[str, Any]:
    formats = [_FORMATS[(place + i) % len(_FORMATS)] for i in range(2)]
    extras = {
        "title_en": dataset.title_en, "notes_en": f"{dataset.title_en}, described in English.", "hanoi_simulated": "true",
        "theme": THEMES + _CODES[place % len(_CODES)],
        "frequency": "daily", "temporal_from": f"20{place % 25:02}-01-01", "temporal_to": "2026-01-01",
        "source_vi": "Hệ thống của sở", "source_en": "The department's system",
    }  # fmt: skip
    return {
        "name": dataset.name, "title": dataset.title, "notes": dataset.notes, "private": False, "license_id": "cc-by",
        "tags": [{"name": tag} for tag in dataset.tags],
        "extras": [{"key": key, "value": value} for key, value in extras.items()],
        "resources": [{"name": form, "format": form, "url": f"https://example.org/{dataset.name}.{form}"} for form in formats],
    }  # fmt: skip


def _as_rows(
    wanted: dict[str, Any],
    forms: dict[bool, dict[str, Any]],
    agency: Any,
    tags: dict[str, str],
    rows: dict[Any, list[dict[str, Any]]],
    model: Any,
) -> dict[str, Any]:
    """Add one dataset's rows to those of each table, and return it as CKAN's indexing receives it."""
    package_id = str(uuid.uuid4())
    moment = datetime(2026, 1, 1) + timedelta(minutes=len(tags) * 7 + zlib.crc32(wanted["name"].encode()) % 100_000)
    times = {"metadata_created": moment, "metadata_modified": moment}
    texts = {key: wanted[key] for key in ("name", "title", "notes", "license_id", "private")}

    def add(table: Any, **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    extras = {extra["key"]: extra["value"] for extra in wanted["extras"]}
    owner = forms[True]["creator_user_id"]
    add(model.package_table, id=package_id, owner_org=agency.id, type="dataset", state="active", creator_user_id=owner,
        extras=extras, **texts, **times)  # fmt: skip
    resources, shown_tags = [], []
    for position, resource in enumerate(wanted["resources"]):
        resource_id = str(uuid.uuid4())
        add(
            model.resource_table,
            id=resource_id,
            package_id=package_id,
            position=position,
            state="active",
            extras={},
            **resource,
        )
        resources.append({**forms[True]["resources"][0], **resource, "id": resource_id, "package_id": package_id,
                          "position": position})  # fmt: skip
    for tag in wanted["tags"]:
        if tag["name"] not in tags:
            tags[tag["name"]] = str(uuid.uuid4())
            add(model.tag_table, id=tags[tag["name"]], name=tag["name"], vocabulary_id=None)
        add(
            model.package_tag_table,
            id=str(uuid.uuid4()),
            package_id=package_id,
            tag_id=tags[tag["name"]],
            state="active",
        )
        shown_tags.append(
            {**forms[True]["tags"][0], "id": tags[tag["name"]], "name": tag["name"], "display_name": tag["name"]}
        )
    add(model.member_table, id=str(uuid.uuid4()), table_name="package", table_id=package_id, group_id=agency.id,
        capacity="organization", state="active")  # fmt: skip
    own = {
        **texts, "id": package_id, "owner_org": agency.id, "resources": resources, "tags": shown_tags, "extras": wanted["extras"],
        "organization": {**forms[True]["organization"], "id": agency.id, "name": agency.name, "title": agency.title},
        **{key: value.isoformat() for key, value in times.items()},
    }  # fmt: skip
    return {**forms[True], **own, "with_custom_schema": {**forms[False], **own}}


def _as_the_database_does_by_night(make_connection: Any) -> None:
    """Bring the statistics up to date, which a catalogue that was filled over years has."""
    import sqlalchemy as sa

    engine = make_connection().store._engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


if __name__ == "__main__":
    # In the benchmarks' folder a name may hide a package of CKAN's.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    import pylibmagic  # noqa: F401 - brings libmagic, which CKAN imports

    work = {"judge": judge, "fill": fill}[sys.argv[1]]
    print(json.dumps(work(int(sys.argv[2]), sys.stdin.read().strip()), ensure_ascii=False))  # noqa: T201
