"""CKAN's own tests of reading the DataStore are the judge of `hanoi_datastore`.

By default a few of them run; `HANOI_CONFORMANCE=full` runs all 122 of those that read, for some minutes.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from .conftest import SERVER_PYTHON

FULL = os.environ.get("HANOI_CONFORMANCE") == "full"
SEARCH = "ckanext/datastore/tests/test_search.py"
FEW = [f"{SEARCH}::TestDatastoreSearchRecordsFormat", f"{SEARCH}::TestDatastoreSearchFilters"]

# Tests that are about PostgreSQL itself, each with the reason.
POSTGRESQLS_OWN = {
    "test_search.TestDatastoreSQLLegacyTests::test_select_where_like_with_percent": "wants PostgreSQL's column _full_text",
    "test_search.TestDatastoreSQLLegacyTests::test_self_join": "wants an order that it does not ask for",
    "test_search.TestDatastoreSQLFunctional::test_select_basic": "wants PostgreSQL's column _full_text",
    "test_search.TestDatastoreSQLFunctional::test_quoted_allowed_functions_are_case_sensitive": "names of functions have no case",
    "test_search.TestDatastoreSQLFunctional::test_search_numeric_data_through_sql": "wants Python's Decimal, which JSON lacks",
    "test_search::test_search_caches_record_count": "looks into PostgreSQL's table of counts",
    "test_search::test_search_table_metadata": "looks into PostgreSQL's table of counts",
    "test_dump.TestDatastoreDump::test_dump_pagination": "counts calls of the stock backend's function",
    "test_dump.TestDatastoreDump::test_dump_pagination_with_limit": "counts calls of the stock backend's function",
    "test_dump.TestDatastoreDump::test_dump_pagination_csv_with_limit_same_as_paginate": "counts such calls, too",
    "test_dump.TestDatastoreDump::test_dump_pagination_with_rows_max": "counts calls of the stock backend's function",
    "test_dump.TestDatastoreDump::test_dump_pagination_with_rows_max_same_as_paginate": "counts such calls, too",
    "test_dump.TestDatastoreDump::test_dump_pagination_json_with_limit": "counts calls of the stock backend's function",
    "test_dump.TestDatastoreDump::test_dump_pagination_json_with_rows_max": "counts calls of the stock backend's function",
    "test_info::test_info_success": "wants BASE TABLE where a published file is a FOREIGN TABLE",
}


@pytest.mark.platform
@pytest.mark.timeout(1500)
def test_the_reading_tests_of_ckan_pass_but_for_those_about_postgresql_itself():
    script = str(Path(__file__).with_name("datastore_conformance.py"))
    command = [str(SERVER_PYTHON), script, *([] if FULL else FEW)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1400, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    outcome = json.loads(done.stdout.splitlines()[-1])
    print(outcome["counts"], f"{outcome['seconds']} s")
    failed = {name.removeprefix("ckanext.datastore.tests.") for name in outcome["failed"]}
    assert failed == (set(POSTGRESQLS_OWN) if FULL else set()), done.stderr[-6000:]
    assert outcome["skipped"] == []
    # Fewer would mean that the choice of tests has lost something, or that DuckDB was not asked.
    assert outcome["counts"]["passed"] >= (105 if FULL else 12)
    assert outcome["answered"] >= (150 if FULL else 20)
