"""DuckDB as a data source of Great Expectations, beyond what the gate needs of it."""

import doctest
import warnings
from pathlib import Path

import duckdb
import pytest

from benchmarks.gate import reading_queries
from blueprint import Blueprint
from quality.gate import _quiet
from tests.lake.helpers import make_concept, make_contract, make_record, write_parquet
from tests.quality.builders import BLUEPRINT, column, concept, contract, write

ROWS = """
    SELECT i AS n, 'k' || (i % 3) AS k, CASE WHEN i % 4 = 0 THEN NULL ELSE 'a' || i || '%' END AS s,
           DATE '2026-01-01' + i::INT AS d, i / 2 AS x, CAST(i AS DECIMAL(18,6)) AS m, i % 2 = 0 AS b,
           '{"a": ' || i || '}' AS j, '2026-01-0' || (1 + i % 9) AS t
    FROM range(12) r(i)
"""


@pytest.fixture(scope="module")
def gx():
    with _quiet():
        import great_expectations as gx

        import quality.engine  # noqa: F401

    return gx


@pytest.fixture(scope="module")
def batch(gx, tmp_path_factory):
    path = tmp_path_factory.mktemp("engine") / "x.parquet"
    from quality.engine import ephemeral_context

    with duckdb.connect() as db:
        db.execute(f"COPY ({ROWS}) TO '{path}' (FORMAT parquet)")
    source = ephemeral_context().data_sources.add_duckdb("test")
    asset = source.add_parquet_asset("rows", path)
    yield asset.add_batch_definition_whole_table("all").get_batch()
    source.close()


def test_stock_great_expectations_still_fails_on_duckdb(gx, tmp_path):
    """Why this engine exists. Once this fails, upstream has been repaired: see whether the engine can go."""
    from great_expectations.datasource.fluent.interfaces import GxDatasourceWarning

    from quality.engine import ephemeral_context

    with duckdb.connect(str(tmp_path / "x.duckdb")) as db:
        db.execute(f"CREATE TABLE rows AS {ROWS}")
    with warnings.catch_warnings():
        # Our own data source makes Great Expectations recommend it.
        warnings.filterwarnings("ignore", ".*more specific DuckDBDatasource.*", GxDatasourceWarning)
        source = ephemeral_context().data_sources.add_sql(
            "stock", connection_string=f"duckdb:///{tmp_path / 'x.duckdb'}"
        )
    try:
        asset = source.add_table_asset("rows", table_name="rows")
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        with _quiet():
            result = batch.validate(gx.expectations.ExpectColumnValuesToNotBeNull(column="n"))
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
    assert not result.success
    assert "list index out of range" in str(result.exception_info)


CASES = [
    # expectation, arguments, whether the rows above meet it
    ("ExpectTableRowCountToEqual", {"value": 12}, True),
    ("ExpectTableColumnCountToEqual", {"value": 8}, False),
    ("ExpectColumnToExist", {"column": "s"}, True),
    ("ExpectColumnValuesToNotBeNull", {"column": "s"}, False),
    ("ExpectColumnValuesToNotBeNull", {"column": "s", "mostly": 0.7}, True),
    ("ExpectColumnValuesToBeBetween", {"column": "n", "min_value": 0, "max_value": 11}, True),
    ("ExpectColumnValuesToBeBetween", {"column": "m", "max_value": 10.5}, False),
    ("ExpectColumnValuesToBeInSet", {"column": "k", "value_set": ["k0", "k1", "k2"]}, True),
    ("ExpectColumnValuesToBeInSet", {"column": "k", "value_set": [f"k{i}" for i in range(1, 90)]}, False),
    ("ExpectColumnValuesToNotBeInSet", {"column": "k", "value_set": ["k9"]}, True),
    ("ExpectColumnValuesToBeUnique", {"column": "n"}, True),
    ("ExpectColumnValuesToBeUnique", {"column": "k"}, False),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["k", "x"]}, True),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["k", "b"]}, False),
    ("ExpectColumnValuesToMatchRegex", {"column": "s", "regex": "[0-9]+"}, True),
    ("ExpectColumnValuesToMatchRegex", {"column": "s", "regex": "^[0-9]+"}, False),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "s", "regex": "b"}, True),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "s", "regex": "7"}, False),
    ("ExpectColumnValuesToMatchRegexList", {"column": "s", "regex_list": ["^a", "z"]}, True),
    ("ExpectColumnValuesToMatchRegexList", {"column": "s", "regex_list": ["^a", "z"], "match_on": "all"}, False),
    ("ExpectColumnValuesToNotMatchRegexList", {"column": "s", "regex_list": ["b", "7"]}, False),
    ("ExpectColumnValuesToMatchLikePattern", {"column": "s", "like_pattern": "a%"}, True),
    ("ExpectColumnValuesToMatchLikePattern", {"column": "s", "like_pattern": "a_!%", "escape": "!"}, False),
    ("ExpectColumnValuesToNotMatchLikePattern", {"column": "s", "like_pattern": "b%"}, True),
    (
        "ExpectColumnValuesToMatchLikePatternList",
        {"column": "s", "like_pattern_list": ["b%", "%!%"], "escape": "!"},
        True,
    ),
    ("ExpectColumnValuesToMatchLikePatternList", {"column": "s", "like_pattern_list": ["b%", "a%"]}, True),
    ("ExpectColumnValuesToNotMatchLikePatternList", {"column": "s", "like_pattern_list": ["b%", "a7%"]}, False),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL(18,6)"}, True),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL"}, True),
    ("ExpectColumnValuesToBeOfType", {"column": "m", "type_": "DECIMAL(9,2)"}, False),
    ("ExpectColumnValuesToBeOfType", {"column": "s", "type_": "TEXT"}, True),
    ("ExpectColumnValuesToBeInTypeList", {"column": "d", "type_list": ["TIMESTAMP", "DATE"]}, True),
    ("ExpectColumnValueLengthsToBeBetween", {"column": "k", "min_value": 2, "max_value": 2}, True),
    ("ExpectColumnMeanToBeBetween", {"column": "n", "min_value": 5.5, "max_value": 5.5}, True),
    ("ExpectColumnMedianToBeBetween", {"column": "n", "min_value": 5, "max_value": 6}, True),
    ("ExpectColumnMinToBeBetween", {"column": "n", "min_value": 1}, False),
    ("ExpectColumnDistinctValuesToBeInSet", {"column": "k", "value_set": ["k0", "k1", "k2"]}, True),
    ("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": "n", "column_B": "x", "or_equal": True}, True),
    ("ExpectMulticolumnSumToEqual", {"column_list": ["n", "x"], "sum_total": 3}, False),
    ("UnexpectedRowsExpectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n > 10"}, False),
    ("UnexpectedRowsExpectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n > 11"}, True),
]


@pytest.mark.parametrize(("name", "arguments", "met"), CASES)
def test_core_expectations_decide_on_duckdb(gx, batch, name, arguments, met):
    result = batch.validate(getattr(gx.expectations, name)(**arguments))
    assert result.success is met, result.exception_info
    assert not result.exception_info.get("raised_exception")


def test_the_examples_in_the_docstrings_run(gx):
    import quality.engine

    result = doctest.testmod(quality.engine)
    assert (result.failed, result.attempted > 5) == (0, True)


def test_samples_come_where_they_are_asked_for(gx, batch):
    expectation = gx.expectations.ExpectColumnValuesToBeBetween(column="n", max_value=9)
    result = batch.validate(expectation, result_format="COMPLETE").result
    assert (result["unexpected_count"], sorted(result["unexpected_list"])) == (2, [10, 11])
    result = batch.validate(expectation, result_format={"result_format": "BASIC", "partial_unexpected_count": 1}).result
    assert len(result["partial_unexpected_list"]) == 1
    result = batch.validate(expectation, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}).result
    assert (result["unexpected_count"], result["partial_unexpected_list"]) == (2, [])


def test_rows_can_be_chosen_by_a_condition(gx, batch):
    from great_expectations.expectations.row_conditions import Column

    some = gx.expectations.ExpectColumnValuesToNotBeNull(column="s", row_condition=Column("b") == False)  # noqa: E712
    assert batch.validate(some).success
    unique = gx.expectations.ExpectColumnValuesToBeUnique(column="k", row_condition=Column("n") < 3)
    assert batch.validate(unique).success


def test_rows_of_a_pair_are_ignored_where_it_says_so(gx, batch):
    """Stock Great Expectations counts them as unexpected on SQL where the predicate is not null for them."""
    pair = {"column_A": "n", "column_B": "s", "ignore_row_if": "either_value_is_missing"}
    result = batch.validate(gx.expectations.ExpectColumnPairValuesToBeInSet(**pair, value_pairs_set=[(1, "a1%")]))
    assert (result.result["element_count"], result.result["missing_count"]) == (12, 3)
    assert result.result["unexpected_count"] == 8


FORMATS = ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_result_format_says_what_it_says_elsewhere(gx, batch, form):
    wanted = {"result_format": form, "unexpected_index_column_names": ["n"]}
    result = batch.validate(
        gx.expectations.ExpectColumnValuesToBeInSet(column="k", value_set=["k0", "k1"]), result_format=wanted
    )
    found = result.result
    assert not result.success
    assert ("unexpected_count" in found) == (form != "BOOLEAN_ONLY")
    assert ("partial_unexpected_counts" in found) == (form in ("SUMMARY", "COMPLETE"))
    if form == "COMPLETE":
        assert found["unexpected_index_list"] == [{"k": "k2", "n": n} for n in (2, 5, 8, 11)]
        assert "WHERE" in found["unexpected_index_query"]
        assert found["partial_unexpected_counts"] == [{"value": "k2", "count": 4}]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Files of several row groups: one in the order of its key, one not."""
    folder = tmp_path_factory.mktemp("many")
    rows = """SELECT i // 10 AS hour, 's' || (i % 10) AS station, i / 2 AS x, i AS y, 2 * i AS y2, -i AS minus, 'a' AS word
              FROM range(8000) r(i)"""
    for name, order in {"sorted": "y", "shuffled": "hash(y)"}.items():
        with duckdb.connect() as db:
            db.execute(
                f"COPY ({rows} ORDER BY {order}) TO '{folder / name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
            )
    return folder


def whole_suite(gx, *, fails=False):
    e = gx.expectations
    return gx.ExpectationSuite(
        name=f"suite-{fails}",
        expectations=[
            e.ExpectTableRowCountToEqual(value=8000),
            e.ExpectColumnValuesToNotBeNull(column="station"),
            e.ExpectColumnValuesToBeBetween(column="y", min_value=7 if fails else 0),
            e.ExpectColumnValuesToMatchRegex(column="station", regex="^s"),
            e.ExpectColumnValuesToBeInSet(column="station", value_set=[f"s{i}" for i in range(30)]),
            e.ExpectColumnValueLengthsToEqual(column="station", value=2),
            e.ExpectColumnValuesToBeUnique(column="y"),
            e.ExpectCompoundColumnsToBeUnique(column_list=["station", "hour"]),
            e.ExpectColumnPairValuesAToBeGreaterThanB(column_A="y2", column_B="y", or_equal=True),
            e.ExpectColumnPairValuesToBeEqual(column_A="y", column_B="y"),
            e.ExpectMulticolumnValuesToBeEqual(column_list=["y", "y"]),
            e.ExpectMulticolumnSumToEqual(column_list=["y", "minus"], sum_total=0),
            e.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["station", "word"]),
            e.ExpectColumnMeanToBeBetween(column="y", min_value=3999.5, max_value=3999.5),
            e.ExpectColumnMinToBeBetween(column="y", min_value=0),
            e.ExpectColumnMaxToBeBetween(column="y", max_value=7999),
            e.ExpectColumnSumToBeBetween(column="x", min_value=1),
        ],
    )


def opened(path):
    from quality.engine import ephemeral_context

    source = ephemeral_context().data_sources.add_duckdb("many")
    return source, source.add_parquet_asset("rows", path).add_batch_definition_whole_table("all").get_batch()


@pytest.mark.parametrize("name", ["sorted", "shuffled"])
@pytest.mark.parametrize("form", ["BOOLEAN_ONLY", "COMPLETE"])
def test_a_suite_that_holds_reads_the_rows_in_one_query(gx, many, name, form):
    source, batch = opened(many / f"{name}.parquet")
    with reading_queries() as queries:
        result = batch.validate(whole_suite(gx), result_format=form)
    source.close()
    assert result.success, [r.expectation_config.type for r in result.results if not r.success]
    assert len(queries) == 1, queries
    assert ("lag(" in queries[0]) == (name == "sorted")


def test_samples_are_read_only_for_what_fails(gx, many):
    source, batch = opened(many / "sorted.parquet")
    with reading_queries() as queries:
        result = batch.validate(whole_suite(gx, fails=True), result_format="BASIC")
    source.close()
    assert [r.result["unexpected_count"] for r in result.results if not r.success] == [7]
    assert [sorted(r.result["partial_unexpected_list"]) for r in result.results if not r.success] == [list(range(7))]
    assert len(queries) == 2, queries


def test_a_key_that_repeats_is_counted_exactly(gx, many, tmp_path):
    for name, extra in {"sorted": "y", "shuffled": "hash(y)"}.items():
        file = f"'{many / name}.parquet'"
        rows = f"SELECT * FROM (FROM {file} UNION ALL FROM {file} WHERE y < 5)"
        path = tmp_path / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"COPY ({rows} ORDER BY {extra}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
        source, batch = opened(path)
        result = batch.validate(gx.expectations.ExpectCompoundColumnsToBeUnique(column_list=["station", "hour"]))
        source.close()
        assert result.result["unexpected_count"] == 5


def test_several_files_and_patterns_are_one_asset(gx, many):
    from quality.engine import NoFiles, ephemeral_context

    source = ephemeral_context().data_sources.add_duckdb("several")
    paths = [many / "sorted.parquet", many / "shuffled.parquet"]
    for name, files in {"listed": paths, "pattern": f"{many}/s*.parquet"}.items():
        batch = source.add_parquet_asset(name, files).add_batch_definition_whole_table("all").get_batch()
        assert batch.validate(gx.expectations.ExpectTableRowCountToEqual(value=16000)).success
    with pytest.raises(NoFiles, match=r"no\*.parquet"):
        source.add_parquet_asset("none", f"{many}/no*.parquet")
    source.close()


def test_a_version_of_the_lake_is_an_asset(gx, tmp_path):
    """With a column that came later: older files are read by field id."""
    from lake import Lake
    from quality.engine import ephemeral_context

    lake, concept = Lake(tmp_path), make_concept
    first = write_parquet(tmp_path / "1.parquet", [("a", 1.0)], {"name": "string", "level": "double"})
    one = lake.commit(make_contract({"name": "string", "level": "double"}), concept, first, make_record())
    source = ephemeral_context().data_sources.add_duckdb("lake")
    batch = source.add_version_asset("one", lake, one).add_batch_definition_whole_table("all").get_batch()
    assert batch.validate(gx.expectations.ExpectTableColumnsToMatchOrderedList(column_list=["name", "level"])).success
    assert batch.validate(gx.expectations.ExpectColumnMaxToBeBetween(column="level", max_value=1)).success
    source.close()


def test_a_query_and_a_part_of_the_rows_are_batches(gx, many):
    from quality.engine import ephemeral_context

    source = ephemeral_context().data_sources.add_duckdb("parts")
    asset = source.add_parquet_asset("rows", many / "sorted.parquet")
    station = asset.add_batch_definition_by_value("station", "station")
    batch = station.get_batch(batch_parameters={"station": "s3"})
    assert batch.validate(gx.expectations.ExpectTableRowCountToEqual(value=800)).success
    assert batch.validate(gx.expectations.ExpectColumnValuesToBeUnique(column="hour")).success
    query = source.add_query_asset("early", "SELECT *, DATE '2026-01-01' + hour::INT AS day FROM rows WHERE hour < 50")
    assert (
        query.add_batch_definition_whole_table("all")
        .get_batch()
        .validate(gx.expectations.ExpectTableRowCountToEqual(value=500))
        .success
    )
    day = query.add_batch_definition_daily("day", "day")
    batch = day.get_batch(batch_parameters={"year": 2026, "month": 1, "day": 7})
    assert batch.validate(gx.expectations.ExpectColumnDistinctValuesToEqualSet(column="hour", value_set=[6])).success
    source.close()


def test_a_checkpoint_runs_its_actions_and_tells_the_severities(gx, many, tmp_path):
    from great_expectations.checkpoint import UpdateDataDocsAction

    from quality.data_docs import COUNTS, add_site
    from quality.engine import ephemeral_context

    context = ephemeral_context()
    source = context.data_sources.add_duckdb("checked")
    batch = source.add_parquet_asset("rows", many / "sorted.parquet").add_batch_definition_whole_table("all")
    e = gx.expectations
    suite = gx.ExpectationSuite(
        name="severities",
        expectations=[
            e.ExpectColumnValuesToBeBetween(column="y", max_value=10, severity=severity)
            for severity in ("critical", "warning", "info")
        ],
    )
    definition = gx.ValidationDefinition(name="severities", data=batch, suite=context.suites.add(suite))
    checkpoint = gx.Checkpoint(
        name="severities",
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[UpdateDataDocsAction(name="docs", site_names=[add_site(context, tmp_path / "docs")])],
        result_format=COUNTS,
    )
    with _quiet():
        result = context.checkpoints.add(checkpoint).run()
    source.close()
    (found,) = result.run_results.values()
    assert [r.expectation_config.severity for r in found.results] == ["critical", "warning", "info"]
    assert found.get_max_severity_failure() == "critical"
    assert (tmp_path / "docs/index.html").exists()
    assert (tmp_path / "docs").stat().st_mode & 0o77 == 0
    assert len(list((tmp_path / "docs/validations").rglob("*.html"))) == 1


def test_data_docs_of_a_contract_hold_no_value(gx, tmp_path, monkeypatch):
    with _quiet():
        from quality import suite
        from quality.data_docs import document

        e = gx.expectations
        added = [
            e.ExpectColumnDistinctValuesToBeInSet(column="note", value_set=["x"]),
            e.ExpectColumnMaxToBeBetween(column="count", max_value=1, meta={"rule": "open"}),
            e.ExpectColumnMaxToBeBetween(column="level", max_value=1, meta={"rule": "personal"}),
            e.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch}"),
        ]
        monkeypatch.setattr(suite, "expectations_of", lambda _: [suite._with_meta(x) for x in added])
        secret = concept("secret", "double", classification="personal")
        plan = Blueprint(Path(), {**BLUEPRINT.concepts, secret.ref: secret}, BLUEPRINT.codelists, {})
        of = contract(
            column("person", "person"),
            column("note", "note"),
            column("count", "count"),
            column("level", "secret"),
            key=("person",),
        )
        rows = [{"person": "SECRET1", "note": "SECRET2", "count": 43210987, "level": 8765.4321}] * 2
        types = {"person": "VARCHAR", "note": "VARCHAR", "count": "BIGINT", "level": "DOUBLE"}
        page = document(of, plan, write(tmp_path / "x.parquet", rows, types), tmp_path / "docs")
    assert page.exists()
    (validation,) = (tmp_path / "docs/validations").rglob("*.html")
    text = validation.read_text()
    assert "person" in text
    assert "43210987" in text.replace(",", "")  # the observed maximum of an open column
    assert "SECRET" not in text
    assert "65.4321" not in text  # with its point, as the page holds random ids
