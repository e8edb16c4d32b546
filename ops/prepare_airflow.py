"""Prepare Airflow's database: its tables, and the pools of a file. Started by ``ops.airflow.prepare``.

Both in one process, since importing Airflow takes longer than either.
"""

import sys


def main() -> None:
    """``airflow db migrate``, then ``airflow pools import`` of the file that is named on the command line."""
    from airflow.__main__ import main as airflow

    pools = sys.argv[1]
    for command in (["db", "migrate"], ["pools", "import", pools]):
        sys.argv = ["airflow", *command]
        airflow()


if __name__ == "__main__":
    main()
