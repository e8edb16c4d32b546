"""Another CKAN, with ckanext-harvest and ckanext-dcat and none of our plugins but the search, that harvests a catalogue.

It is run by the Python of the CKAN server's environment. Orders come as JSON on its input, one a line, and each is answered by
a line of JSON: `{"source": NAME, "url": URL, "type": "dcat_rdf"}` adds a source, `{"run": NAME}` harvests it and tells how each
dataset fared, `{"list": NAME}` tells which datasets are held from it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

# First of all: it brings libmagic, which python-magic looks for as soon as CKAN imports it.
import pylibmagic  # noqa: F401
from conformance import Services, settings

SOURCES: dict[str, tuple[str, str]] = {}
PLUGINS = "hanoi_search harvest ckan_harvester dcat dcat_rdf_harvester"


def start(services: Services, folder: Path) -> Any:
    """Return CKAN's application on an empty database of its own."""
    ini = folder / "harvesting.ini"
    text = settings(services, folder).replace("ckan.plugins = hanoi_search", f"ckan.plugins = {PLUGINS}")
    ini.write_text(text.replace("ckan.tracking_enabled = true\n", ""), "utf-8")
    os.environ["CKAN_INI"] = str(ini)
    from ckan.cli import CKANConfigLoader
    from ckan.cli.db import _migrate_plugins, _run_migrations
    from ckan.config.middleware import make_app

    app = make_app(CKANConfigLoader(str(ini)).get_config())
    with app._wsgi_app.test_request_context():
        _run_migrations("")
        _migrate_plugins(apply=True)
    return app._wsgi_app


def act(name: str, /, **data: Any) -> Any:
    """Call an action as the site's own user."""
    import ckan.plugins.toolkit as tk

    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return tk.get_action(name)({"user": user, "ignore_auth": True}, data)


def add(source: str, url: str, kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Add a source."""
    made = act("harvest_source_create", name=source, title=source, url=url, source_type=kind, frequency="MANUAL", active=True,
               config=json.dumps(settings))  # fmt: skip
    SOURCES[source] = (made["id"], kind)
    return {}


def run(source: str) -> dict[str, Any]:
    """Harvest a source, one stage after the other as the queues would, and tell how each dataset fared."""
    from ckanext.harvest import queue
    from ckanext.harvest.model import HarvestJob, HarvestObject

    identifier, kind = SOURCES[source]
    job = HarvestJob.get(act("harvest_job_create", source_id=identifier, run=False)["id"])
    job.status = "Running"
    job.save()
    harvester = queue.get_harvester(kind)
    fared = {}
    for found in queue.gather_stage(harvester, job) or []:
        dataset = HarvestObject.get(found)
        queue.fetch_and_import_stages(harvester, dataset)
        fared[dataset.guid] = {"status": dataset.report_status, "errors": [error.message for error in dataset.errors]}
    act("harvest_jobs_run")
    return {"datasets": fared, "errors": [error.message for error in HarvestJob.get(job.id).gather_errors]}


def held(source: str) -> dict[str, Any]:
    """Tell which datasets are held from a source."""
    import ckan.model as model
    from ckanext.harvest.model import HarvestObject

    known = {"harvest_source_id": SOURCES[source][0], "current": True}
    rows = model.Session.query(HarvestObject.package_id).filter_by(**known).distinct()
    packages = [act("package_show", id=identifier) for (identifier,) in rows if identifier]
    return {"packages": [package for package in packages if package["state"] == "active"]}


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    if "source" in order:
        return add(order["source"], order["url"], order["type"], order.get("config", {}))
    return run(order["run"]) if "run" in order else held(order["list"])


def main() -> None:
    """Answer orders until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    with tempfile.TemporaryDirectory(prefix="hanoi-harvesting-") as name:
        services = Services(Path(name))
        try:
            app = start(services, Path(name))
            print(json.dumps({"ready": True}), file=answers, flush=True)
            for line in sys.stdin:
                with app.test_request_context():
                    print(json.dumps(answer(json.loads(line)), default=str), file=answers, flush=True)
        finally:
            services.stop()


if __name__ == "__main__":
    main()
