"""The plugin `hanoi_datastore`: puts DuckDB on the published files where CKAN's DataStore has PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ckan.model as model
import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckanext.datastore.interfaces import IDatastoreBackend

from . import dump, tables
from .backend import HanoiDatastoreBackend
from .errors import read_only

if TYPE_CHECKING:
    from collections.abc import Callable

_VIEW = "datatables_view"


class HanoiDatastorePlugin(p.SingletonPlugin):
    """Published files as tables of the DataStore. It stands after `datastore` among the plugins."""

    p.implements(IDatastoreBackend)
    p.implements(p.IConfigDeclaration)
    p.implements(p.IActions)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IResourceController, inherit=True)

    # IDatastoreBackend
    def register_backends(self) -> dict[str, Any]:
        """Stand in for the stock backend, which answers for all other tables as before."""
        return {"postgresql": HanoiDatastoreBackend, "postgres": HanoiDatastoreBackend}

    # IConfigDeclaration
    def declare_config_options(self, declaration: Any, key: Any) -> None:
        """Declare where large tables are held."""
        declaration.annotate("ckanext-hanoi: DataStore on DuckDB")
        declaration.declare(key.ckanext.hanoi_datastore.cache_path).set_description(
            "Folder where large tables are held for quick answers, a cache that may be emptied at any time. "
            "Without it, every search reads the published file."
        )

    # IActions
    def get_actions(self) -> dict[str, Any]:
        """Refuse to write to a published table, to those who might write to others."""
        return {name: _refusing(name) for name in ("datastore_create", "datastore_upsert", "datastore_delete")}

    # IMiddleware
    def make_middleware(self, app: Any, config: Any) -> Any:
        """Let the dump of a published table be had as Parquet, too."""
        dump.add_parquet(app)
        return app

    # IResourceController
    def before_resource_show(self, resource_dict: dict[str, Any]) -> dict[str, Any]:
        """Say of a published file that it is a table, and of one that is not there any more that it is none."""
        resource = model.Resource.get(resource_dict["id"]) if resource_dict.get("id") else None
        if tables.of_platform(resource):
            resource_dict["datastore_active"] = tables.locate(resource) is not None
        return resource_dict

    # IPackageController
    def after_dataset_create(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """Show the new tables in a view."""
        _show_tables(context, pkg_dict)

    def after_dataset_update(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """Show the new tables in a view."""
        _show_tables(context, pkg_dict)


def _refusing(name: str) -> Callable[..., Any]:
    @tk.chained_action
    def refusing(original: Any, context: Any, data_dict: dict[str, Any]) -> Any:
        named = data_dict.get("resource_id") or data_dict.get("id")
        if isinstance(named, str) and tables.find(named):
            tk.check_access(name, context, {**data_dict, "resource_id": named})
            raise read_only()
        return original(context, data_dict)

    return refusing


def _show_tables(context: Any, package: dict[str, Any]) -> None:
    """Make CKAN's table view for each table of the dataset that has none yet."""
    if not p.plugin_loaded(_VIEW):
        return
    for resource in package.get("resources") or []:
        found = tables.locate(model.Resource.get(resource.get("id", "")))
        if found is None or _has_view(resource["id"]):
            continue
        tk.get_action("resource_view_create")(
            {
                "model": model,
                "session": model.Session,
                "user": context.get("user"),
                "ignore_auth": True,
                "defer_commit": True,
            },
            {"resource_id": resource["id"], "view_type": _VIEW, "title": "Bảng dữ liệu / Data table"},
        )


def _has_view(resource_id: str) -> bool:
    views = model.Session.query(model.ResourceView)
    return views.filter_by(resource_id=resource_id, view_type=_VIEW).first() is not None
