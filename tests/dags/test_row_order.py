"""A rule that is held against a long list is a join to DuckDB, and joins keep no order: rows stay what they were all the same."""

from tests.dags.builders import TEXT, Bench, accepted_of, column, contract, refused_of

COLUMNS = (column("station_id", "station", required=True), column("place", "station"), column("aqi", "aqi"))
LIST = ", ".join(f"'{number}-{number}'" for number in range(0, 12_000, 7))
LONG = {
    "id": "pair-is-known",
    "sql": f"aqi <> 7 OR station_id || '-' || place IN ({LIST})",
    "columns": ["aqi", "station_id", "place"],
    "message": {"vi": "Cặp không có.", "en": "No such pair."},
}


def test_rows_keep_their_cells_and_their_places(bench: Bench) -> None:
    rows = [(str(n), "" if n % 1999 == 5 else str(n), n % 11) for n in range(12_000)]
    text = "station_id,place,aqi\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    declared = contract(COLUMNS, ("station_id",), rules=[LONG], title=TEXT)
    found = bench.conform(declared, text)
    broken = {n for n, (a, b, c) in enumerate(rows) if c == 7 and b and int(a) % 7}
    assert accepted_of(found) == [(a, b or None, c) for n, (a, b, c) in enumerate(rows) if n not in broken]
    assert refused_of(found) == {n + 2: ["pair-is-known"] for n in broken}
