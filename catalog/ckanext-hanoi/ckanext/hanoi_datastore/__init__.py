"""CKAN's DataStore, answered by DuckDB from the published Parquet files."""
