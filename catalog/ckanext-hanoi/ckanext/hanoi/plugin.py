"""The plugin `hanoi`: pages, theme, files and both languages of the public catalogue."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from . import (
    browser_texts,
    cors,
    dataset_views,
    feeds,
    health,
    helpers,
    limits,
    localise,
    pages,
    security,
    showcase,
    tags,
    usage,
    views,
    withdrawn,
)

_HERE = Path(__file__).parent
# What the publisher writes for machines would only blur the search.
_NOT_SEARCHED = ("hanoi_content_hash", "hanoi_delivery", "hanoi_gate", "hanoi_committed_at", "hanoi_rows",
                 "hanoi_rows_quarantined", "hanoi_version_number", "hanoi_simulated", "hanoi_contract", "theme",
                 "spatial_text")  # fmt: skip


class HanoiPlugin(p.SingletonPlugin):
    """The public face of the catalogue."""

    p.implements(p.IConfigurer)
    p.implements(p.IConfigDeclaration)
    p.implements(p.IActions)
    p.implements(p.IBlueprint)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.ITemplateHelpers)
    p.implements(p.ITranslation)
    p.implements(p.IFacets, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IResourceController, inherit=True)
    p.implements(p.IOrganizationController, inherit=True)

    # IConfigurer
    def update_config(self, config: Any) -> None:
        """Add the templates, the pictures and the style sheet."""
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        tk.add_resource("assets", "hanoi")

    # IConfigDeclaration
    def declare_config_options(self, declaration: Any, key: Any) -> None:
        """Declare where the published files are."""
        declaration.annotate("ckanext-hanoi: public pages")
        declaration.declare(key.hanoi.published_path).set_description(
            "Folder of the published files, <dataset>/<version>.{csv,parquet,schema.json}."
        )
        declaration.declare(key.hanoi.freshness_path).set_description(
            "File of the freshness marks that the platform's watch writes; without it, the marks of the publication are shown."
        )
        declaration.declare(key.hanoi.blueprint_url, "").set_description(
            "Address of the Blueprint's registry, which the data dictionary links to; without it, concepts stand as text."
        )
        declaration.declare(key.hanoi.map.areas, "ward-boundaries").set_description(
            "Dataset whose areas are the background of maps, and to which codes of wards belong."
        )
        declaration.declare(key.hanoi.contact_email, "").set_description(
            "Address that answers questions about the data of an agency that names none of its own."
        )
        declaration.declare_int(key.hanoi.least_free_mb, 500).set_description(
            "MB that must be free on the disk of the published files; below, `/-/health/ready` says `degraded`."
        )
        declaration.declare(key.hanoi.limit_page, "600/minute").set_description(
            "Most requests for pages and files from one network address; empty for no limit."
        )
        declaration.declare(key.hanoi.limit_api, "1200/minute").set_description(
            "Most calls of the API from one network address; empty for no limit."
        )
        declaration.declare_int(key.hanoi.trusted_proxies, 0).set_description(
            "How many proxies stand in front of the catalogue, each of which adds to X-Forwarded-For."
        )

    # IActions
    def get_actions(self) -> dict[str, Any]:
        """Name no keyword of a dataset that the asker may not see."""
        return tags.actions()

    # IBlueprint
    def get_blueprint(self) -> list[Any]:
        """Add the routes of the published files, of our own pages and of the feeds."""
        return [views.hanoi, dataset_views.dataset, pages.pages, feeds.feeds, browser_texts.texts]

    # IMiddleware
    def make_middleware(self, app: Any, config: Any) -> Any:
        """Answer 503 when a part of the catalogue is down, count uses, and tell browsers what pages may do."""
        views.answer_503(app)
        for part in (usage, withdrawn, cors, limits, health):
            part.watch(app)
        # Last, so that whatever answers carries the headers.
        security.guard(app)
        return app

    # ITemplateHelpers
    def get_helpers(self) -> dict[str, Any]:
        """Add what the templates call."""
        return {**helpers.all_helpers(), **showcase.all_helpers()}

    # ITranslation
    def i18n_directory(self) -> str:
        """Say where the translations are."""
        return str(_HERE / "i18n")

    def i18n_locales(self) -> list[str]:
        """Say which languages there are."""
        return ["vi", "en"]

    def i18n_domain(self) -> str:
        """Say what the translation files are called."""
        return "ckanext-hanoi"

    # IFacets
    def dataset_facets(self, facets_dict: Any, package_type: str) -> Any:
        """Choose what datasets can be narrowed down by."""
        return _facets()

    def organization_facets(self, facets_dict: Any, organization_type: str, package_type: str | None) -> Any:
        """Choose the same for one agency's datasets, but for the agency."""
        facets = _facets()
        facets.pop("organization")
        return facets

    # IPackageController
    def after_dataset_show(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """Make the URLs of files absolute."""
        localise.rebase_urls(pkg_dict)

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """Remember that a search has begun."""
        if tk.request:
            tk.g.hanoi_searching = True
        return search_params

    def after_dataset_search(self, search_results: dict[str, Any], search_params: dict[str, Any]) -> dict[str, Any]:
        """Make the URLs of files absolute and name the facets' values."""
        if tk.request:
            tk.g.hanoi_searching = False
        for package in search_results.get("results", []):
            if isinstance(package, dict):
                localise.rebase_urls(package)
        localise.label_facets(search_results.get("search_facets", {}))
        return search_results

    def before_dataset_view(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Show the dataset in the language of the page."""
        return localise.translate(pkg_dict)

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Keep what is meant for machines out of the searched text."""
        for name in _NOT_SEARCHED:
            pkg_dict.pop(f"extras_{name}", None)
        return pkg_dict

    # IResourceController
    def before_resource_show(self, resource_dict: dict[str, Any]) -> dict[str, Any]:
        """Make the file's URL absolute."""
        localise.rebase_urls({"resources": [resource_dict]})
        return resource_dict

    # IOrganizationController
    def before_view(self, entity: dict[str, Any]) -> dict[str, Any]:
        """Show the agency in the language of the page."""
        title = localise.organization_title(entity)
        if not localise.in_english():
            return {**entity, "title": title, "display_name": title}
        # A Vietnamese paragraph on an English page helps nobody who reads English.
        description = localise.extra(entity, "description_en")
        return {**entity, "title": title, "display_name": title, "description": description}


def _facets() -> OrderedDict[str, str]:
    return OrderedDict(
        theme=tk._("Topic"),
        organization=tk._("Agency"),
        res_format=tk._("Format"),
        tags=tk._("Keyword"),
        hanoi_simulated=tk._("Origin of the data"),
    )
