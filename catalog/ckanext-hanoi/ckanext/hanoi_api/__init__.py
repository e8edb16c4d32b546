"""The data API of the catalogue: rows of published versions over HTTP, under `/api/v1`."""
