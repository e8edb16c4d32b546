"""People of the former wards in a CSV file, summed by the wards of today.

    python examples/people_by_ward.py people.csv

The file has the columns ``ward_code``, five digits as they were on 30 June 2025, and ``people``. Needs
``pip install "hanoi-cloud[polars]"`` and the address of the catalogue in ``HANOI_CLOUD_URL``.
"""

import sys
from pathlib import Path

import polars as pl

import hanoi_cloud as hc


def by_ward(file: Path) -> pl.DataFrame:
    """People by ward of today, with the share of them that is estimated because their former ward was divided."""
    former = pl.read_csv(file, schema_overrides={"ward_code": pl.String, "people": pl.Int64})
    moved = hc.translate_units(former, "ward_code", ["people"], on="2025-06-30", to="2025-07-01")
    names = hc.dataset("wards").to_polars(["ward_code", "name"])
    estimated = pl.col("people").filter(pl.col("estimated")).sum()
    return (
        moved.to_polars()
        .group_by("ward_code")
        .agg(pl.col("people").sum(), (estimated / pl.col("people").sum()).alias("estimated"))
        .join(names, on="ward_code", how="left")
        .sort("people", descending=True)
    )


if __name__ == "__main__":
    print(by_ward(Path(sys.argv[1])))
