"""Runs a real CKAN with its own PostgreSQL, Valkey and web server, all of them from PyPI wheels.

Start it from the folder that holds this package::

    uv run python -m hanoi_server run --home ~/.hanoi --port 8800
"""
