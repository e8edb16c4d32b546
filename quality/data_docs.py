"""Great Expectations' Data Docs of a contract's suite, without a value from the data. Importing this module imports Great Expectations (seconds).

The pages are for engineers, and in English, as Great Expectations writes them; what an agency or the public reads is the
quality report.
"""

from collections.abc import Set
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.data_context import EphemeralDataContext

from blueprint.contract import Contract
from blueprint.load import Blueprint
from lake.folders import private_folder
from quality.engine import ephemeral_context
from quality.masking import masked
from quality.suite import expectation_suite

SITE = "hanoi"
COUNTS: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""The result format that counts rows and shows none."""
_COUNTED = ("element_count", "missing_count", "missing_percent", "unexpected_count", "unexpected_percent")


def add_site(context: EphemeralDataContext, folder: Path) -> str:
    """Let ``context`` build its Data Docs in ``folder``, which only its owner can read; returns the name of the site.

    A checkpoint keeps the pages up to date by ``UpdateDataDocsAction(name=..., site_names=[name])``. Give it the result
    format ``COUNTS``: others put values from the data on the pages.
    """
    site = {
        "class_name": "SiteBuilder",
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(private_folder(folder).absolute()),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(SITE, site)
    return SITE


def document(contract: Contract, blueprint: Blueprint, accepted: Path, folder: Path) -> Path:
    """Check the Parquet file ``accepted`` by the contract's suite and write Data Docs into ``folder``; returns the first page.

    The pages hold counts, and of personal or restricted columns not even an observed minimum or mean. Raises
    BlueprintError where the declarations contradict themselves.
    """
    context = ephemeral_context()
    site = add_site(context, folder)
    source = context.data_sources.add_duckdb("accepted")
    try:
        batch = source.add_parquet_asset(contract.dataset, accepted).add_batch_definition_whole_table("all")
        suite = expectation_suite(contract, blueprint)
        suite.name = name = contract.ref.replace(".", "-")  # a dot in a name would be a folder of the pages
        definition = gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add(suite))
        checkpoint = gx.Checkpoint(
            name=name,
            validation_definitions=[context.validation_definitions.add(definition)],
            result_format=COUNTS,
        )
        for key, result in context.checkpoints.add(checkpoint).run().run_results.items():
            _hide(result, masked(contract, blueprint))
            context.validation_results_store.set(key, result)
    finally:
        source.close()
    context.build_data_docs(site_names=[site])
    return folder.absolute() / "index.html"


def _hide(result: Any, columns: Set[str]) -> None:
    """Leave counts, and the figures of columns that may be shown; of an error its kind, as a message may quote the data."""
    for found in result.results:
        kwargs = found.expectation_config.kwargs
        names = {kwargs.get(k) for k in ("column", "column_A", "column_B")} | set(kwargs.get("column_list") or ())
        if not found.expectation_config.type.startswith("expect_table_"):
            figures = {k: v for k, v in (found.result or {}).items() if isinstance(v, int | float)}
            found.result = {k: v for k, v in figures.items() if k in _COUNTED or not names & columns}
        if "'raised_exception': True" in str(found.exception_info):
            found.exception_info = {
                "raised_exception": True,
                "exception_message": "not evaluated",
                "exception_traceback": "",
            }
