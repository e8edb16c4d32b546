"""CKAN's databases and roles: its own, and that of the DataStore with a role that can only read."""

from importlib.resources import files

from psycopg2 import extensions, sql

from hanoi_server import services
from hanoi_server.cluster import Cluster
from hanoi_server.secret_store import Secrets
from hanoi_server.settings import DATASTORE, DATASTORE_READER


def create(cluster: Cluster, secrets: Secrets) -> None:
    """Create the databases and roles that are not there yet, and give the rights that CKAN's DataStore prescribes."""
    create_empty(cluster, secrets)
    datastore = services.connect(cluster, secrets, DATASTORE)
    with datastore, datastore.cursor() as cursor:
        cursor.execute(_rights(datastore))
    datastore.close()


def create_empty(cluster: Cluster, secrets: Secrets) -> None:
    """Create the databases and roles that are not there yet."""
    connection = services.connect(cluster, secrets, "postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        _role(cursor, "ckan", secrets.ckan_password)
        _role(cursor, DATASTORE_READER, secrets.datastore_read_password)
        _database(cursor, "ckan")
        _database(cursor, DATASTORE)
    connection.close()


def _role(cursor: extensions.cursor, name: str, password: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
        cursor.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def _database(cursor: extensions.cursor, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER ckan").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def _rights(connection: extensions.connection) -> str:
    """Return the script of CKAN's own command `datastore set-permissions`, without starting CKAN for it."""
    script = files("ckanext.datastore").joinpath("set_permissions.sql").read_text("utf-8")
    # Only psql knows \connect; the connection is to the right database already.
    statements = "".join(line for line in script.splitlines(keepends=True) if not line.startswith("\\connect"))

    def quoted(name: str) -> str:
        return sql.Identifier(name).as_string(connection)

    return statements.format(
        maindb=quoted("ckan"),
        datastoredb=quoted(DATASTORE),
        mainuser=quoted("ckan"),
        writeuser=quoted("ckan"),
        readuser=quoted(DATASTORE_READER),
    )
