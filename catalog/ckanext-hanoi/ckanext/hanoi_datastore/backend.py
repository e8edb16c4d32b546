"""The DataStore's backend: published tables by DuckDB, all others by the stock backend in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from ckanext.datastore.backend.postgres import DatastorePostgresqlBackend

from . import search, sql, tables
from .errors import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .table import Table


class HanoiDatastoreBackend(DatastorePostgresqlBackend):
    """Answers for the resources whose files the platform published; leaves every other resource to its parent."""

    def search(self, context: Any, data_dict: dict[str, Any]) -> Any:
        """Answer `datastore_search`."""
        table = tables.find(data_dict.get("resource_id", ""))
        if table is None:
            return super().search(context, data_dict)
        return {**data_dict, **search.search(table, data_dict, cache(), lazy="api_version" in context)}

    def search_sql(self, context: Any, data_dict: dict[str, Any]) -> Any:
        """Answer `datastore_search_sql`, in DuckDB's SQL when it names published tables and in PostgreSQL's otherwise."""
        answer = sql.search(context["check_access"], data_dict["sql"], set(self.allowed_sql_functions))
        return super().search_sql(context, data_dict) if answer is None else {**data_dict, **answer}

    def resource_exists(self, id: str) -> bool:  # noqa: A002 - the name is CKAN's
        """Say whether there is a table of this id."""
        return tables.find(id) is not None or super().resource_exists(id)

    def resource_id_from_alias(self, alias: str) -> tuple[bool, str | None]:
        """Say whether there is a table or an alias of this name, and what an alias stands for."""
        return (True, None) if tables.find(alias) else super().resource_id_from_alias(alias)

    def resource_plugin_data(self, id: str) -> dict[str, Any]:  # noqa: A002
        """Return what plugins keep of each field: of published tables nothing."""
        return {} if tables.find(id) else super().resource_plugin_data(id)

    def resource_fields(self, id: str, include_meta: bool = True, include_fields_schema: bool = True) -> Any:  # noqa: A002
        """Answer `datastore_info`."""
        table = tables.find(id)
        if table is None:
            return super().resource_fields(id, include_meta, include_fields_schema)
        info: dict[str, Any] = {"fields": _described(table, include_fields_schema)}
        if include_meta:
            size = table.path.stat().st_size
            info["meta"] = {
                "id": id, "count": table.rows, "table_type": "FOREIGN TABLE", "size": size, "db_size": size, "idx_size": 0,
                "aliases": [],
            }  # fmt: skip
        return info

    def get_all_ids(self) -> list[str]:
        """Return the ids of all tables."""
        return [*super().get_all_ids(), *tables.all_ids()]

    def create(self, context: Any, data_dict: dict[str, Any], plugin_data: Any) -> Any:
        """Make or change a table; a published one is refused."""
        _refuse_published(data_dict)
        return super().create(context, data_dict, plugin_data)

    def upsert(self, context: Any, data_dict: dict[str, Any]) -> Any:
        """Change rows; those of a published table are refused."""
        _refuse_published(data_dict)
        return super().upsert(context, data_dict)

    def delete(self, context: Any, data_dict: dict[str, Any]) -> Any:
        """Delete a table or rows; a published one is refused, unless its resource is being deleted."""
        if data_dict.get("resource_id") and _is_deleted(data_dict["resource_id"]):
            return (
                super().delete(context, data_dict) if super().resource_exists(data_dict["resource_id"]) else data_dict
            )
        _refuse_published(data_dict)
        return super().delete(context, data_dict)

    def calculate_record_count(self, resource_id: str) -> None:
        """Count the rows for later; a published file says its number itself."""
        if tables.find(resource_id) is None:
            super().calculate_record_count(resource_id)

    def clear_table_stats(self, resource_id: str) -> None:
        """Forget the count of rows; a published file has none to forget."""
        if tables.find(resource_id) is None:
            super().clear_table_stats(resource_id)


def cache() -> Path | None:
    """Return the folder of what is held of large tables, or None where none is set."""
    path = tk.config.get("ckanext.hanoi_datastore.cache_path")
    return Path(path) if path else None


def _described(table: Table, schema: bool) -> list[dict[str, Any]]:
    filled, key = tables.required(table), tables.key(table)
    fields = []
    for name, kind in table.types.items():
        if name == "_id":
            continue
        field: dict[str, Any] = {"id": name, "type": kind}
        if info := table.info(name):
            field["info"] = info
        if schema:
            field["schema"] = {
                "native_type": table.kinds[name].lower(), "notnull": name in filled, "index_name": None, "is_index": False,
                "uniquekey": key == [name],
            }  # fmt: skip
        fields.append(field)
    return fields


def _refuse_published(data_dict: Mapping[str, Any]) -> None:
    if tables.find(data_dict.get("resource_id", "")):
        raise read_only()


def _is_deleted(resource_id: str) -> bool:
    import ckan.model as model

    resource = model.Resource.get(resource_id)
    return resource is not None and resource.state == model.State.DELETED
