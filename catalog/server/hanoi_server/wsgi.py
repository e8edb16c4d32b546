"""The application that gunicorn serves: CKAN, configured by the file that the variable CKAN_INI names."""

import logging
import os
import time

import psycopg2

# First of all: it brings libmagic, which python-magic looks for as soon as CKAN imports it.
import pylibmagic  # noqa: F401
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

_PATIENCE = 60


def _wait_for_database(url: str) -> None:
    # The supervisor starts the database and this process at the same moment, and either may be restarted alone.
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg2.connect(url, connect_timeout=5).close()
        except psycopg2.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
for name in ("ckan", "ckanext"):
    logging.getLogger(name).setLevel(logging.INFO)

_config = CKANConfigLoader(os.environ["CKAN_INI"]).get_config()
_wait_for_database(_config["sqlalchemy.url"])
application = make_app(_config)
