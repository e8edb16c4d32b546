"""Run by the Python of the catalogue's server, which has CKAN: `copy` rows into the stock DataStore, or `ask` it.

in_catalogue.py copy CKAN.INI TABLE FILE.CSV
in_catalogue.py ask CKAN.INI < {"tables": [...], "calls": [...], "times": 9} > [[[seconds, …], …], …]
"""

import configparser
import json
import os
import statistics
import sys
import time

# In the benchmarks' folder a name may hide a package of CKAN's.
sys.path.pop(0)


def copy(ini: str, table: str, file: str) -> None:
    """Load rows as CKAN's bulk loaders do, and count them as CKAN does afterwards."""
    import psycopg2

    options = configparser.RawConfigParser()
    options.optionxform = str
    options.read(ini)
    connection = psycopg2.connect(options["app:main"]["ckan.datastore.write_url"].replace("%%", "%"))
    with connection, connection.cursor() as cursor, open(file, encoding="utf-8") as rows:  # noqa: PTH123
        columns = next(rows)
        cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN WITH (FORMAT csv)', rows)
    connection.autocommit = True
    connection.cursor().execute("SELECT update_table_stats(%s)", [table])


def ask(ini: str) -> None:
    """Call `datastore_search` on each table in turn and print, per call and table, the median seconds and the answer's size."""
    import pylibmagic  # noqa: F401 - brings libmagic, which CKAN imports

    os.environ["CKAN_INI"] = ini
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app
    from ckan.logic import get_action

    wanted = json.load(sys.stdin)
    app = make_app(CKANConfigLoader(ini).get_config())
    said = []
    with app._wsgi_app.test_request_context():
        for call in wanted["calls"]:
            seconds: list[list[float]] = [[] for _ in wanted["tables"]]
            sizes: list[object] = [None] * len(wanted["tables"])
            for turn in range(wanted["times"] + 1):
                for place, table in enumerate(wanted["tables"]):
                    began = time.perf_counter()
                    # Rights are checked alike on both sides.
                    answer = get_action("datastore_search")({"ignore_auth": True}, {"resource_id": table, **call})
                    spent = time.perf_counter() - began
                    if turn:
                        seconds[place].append(spent)
                    sizes[place] = [answer.get("total"), len(answer["records"])]
            said.append({"seconds": [statistics.median(each) for each in seconds], "sizes": sizes})
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    {"copy": copy, "ask": ask}[sys.argv[1]](*sys.argv[2:])
