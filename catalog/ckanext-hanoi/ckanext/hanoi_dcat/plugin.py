"""The plugin `hanoi_dcat`: the catalogue for machines."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ckanext.hanoi import localise

from . import public, structured, views
from .documents import FORMS
from .facts import facts, names_en


class HanoiDcatPlugin(p.SingletonPlugin):
    """DCAT-AP 3, schema.org, Croissant and a sitemap of the public datasets. It stands after `hanoi`."""

    p.implements(p.IConfigurer)
    p.implements(p.IConfigDeclaration)
    p.implements(p.IBlueprint)
    p.implements(p.ITemplateHelpers)

    # IConfigurer
    def update_config(self, config: Any) -> None:
        """Add the templates."""
        tk.add_template_directory(config, "templates")

    # IConfigDeclaration
    def declare_config_options(self, declaration: Any, key: Any) -> None:
        """Declare how long a page of the catalogue is, and where the data API answers."""
        declaration.annotate("ckanext-hanoi: descriptions for machines")
        declaration.declare_int(key.hanoi_dcat.datasets_per_page, 100).set_description(
            "Datasets in one page of /catalog.ttl, .jsonld and .rdf, at most 1000."
        )
        declaration.declare(key.hanoi_dcat.data_api).set_description(
            "Path of the data API below the site's address, such as /api/v1, where one is served; descriptions point to it."
        )

    # IBlueprint
    def get_blueprint(self) -> list[Any]:
        """Add the routes."""
        return [views.dcat]

    # ITemplateHelpers
    def get_helpers(self) -> dict[str, Any]:
        """Add what the templates call."""
        return {"hanoi_dcat_structured": _structured, "hanoi_dcat_links": _links}


def _structured(package: dict[str, Any] | None) -> Markup:
    """Return what search engines read in a dataset's page, or in the home page; nothing for a dataset that is not public."""
    lang = localise.language()
    if package is None:
        content = structured.data_catalogue(lang)
    else:
        # The page shows a translated copy; what is described is the dataset as everybody may have it.
        found = public.dataset(package["name"])
        if found is None:
            return Markup("")
        content = structured.dataset(facts(found, names_en()), lang)
    # No text of a dataset may end the element that holds it.
    text = (
        json.dumps(content, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )
    return Markup(text)  # noqa: S704 - every character that could leave the element is escaped above


def _links(package: dict[str, Any] | None) -> list[dict[str, str]]:
    """Return the other forms of a dataset's page, or of the home page: media type and address."""

    def address(form: str) -> str:
        if package is None:
            return tk.h.url_for("hanoi_dcat.catalogue", form=form, locale="default")
        return tk.h.url_for("hanoi_dcat.dataset", name=package["name"], form=form, locale="default")

    return [{"type": kind.partition(";")[0], "url": address(form)} for form, (kind, _) in FORMS.items()]
