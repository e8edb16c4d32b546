"""Which reader opens a file of which format."""

from collections.abc import Callable
from pathlib import Path

from blueprint import Reading
from dags.sources.formats.fixed import read_fixed
from dags.sources.formats.geojson import read_geojson
from dags.sources.formats.gtfs import read_gtfs
from dags.sources.formats.json_records import read_json, read_json_lines
from dags.sources.formats.parquet import read_parquet
from dags.sources.formats.shapefiles import read_shapefile
from dags.sources.formats.xml_records import read_xml
from dags.sources.tables import Table

READERS: dict[str, Callable[[Path, str, Reading], Table]] = {
    "json": read_json,
    "jsonl": read_json_lines,
    "geojson": read_geojson,
    "shapefile": read_shapefile,
    "gtfs": read_gtfs,
    "xml": read_xml,
    "parquet": read_parquet,
    "fixed": read_fixed,
}
"""Format -> what opens the table that a reading declares in the file at a path, which the agency called by a name."""
