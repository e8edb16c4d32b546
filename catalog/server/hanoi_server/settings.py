"""CKAN's configuration file, written anew at every start from the home's secrets and the port."""

import os
from urllib.parse import quote

from hanoi_server.cluster import Cluster
from hanoi_server.layout import Layout, write_private
from hanoi_server.secret_store import Secrets
from hanoi_server.services import valkey_socket

PLUGINS = "hanoi_search hanoi datastore hanoi_datastore hanoi_dcat datatables_view"
ADMIN = "hanoi-admin"

_WEEK = 7 * 24 * 3600


DATASTORE = "datastore"
DATASTORE_READER = "datastore_reader"


def database_url(cluster: Cluster, secrets: Secrets) -> str:
    """Return how CKAN reaches its database, as its own role, by the unix socket."""
    return _url(cluster, "ckan", secrets.ckan_password, "ckan")


def _url(cluster: Cluster, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@/{database}?host={quote(str(cluster.sockets), safe='/')}"


def write_ini(layout: Layout, cluster: Cluster, secrets: Secrets, port: int, plugins: str = PLUGINS) -> None:
    """Write ``ckan.ini``, readable by the calling user only."""
    options = _options(layout, cluster, secrets, port, plugins)
    # configparser reads % as the start of a reference to another option.
    lines = [f"{name} = {value.replace('%', '%%')}".rstrip() for name, value in options.items()]
    write_private(layout.ini, "\n".join(["[app:main]", "use = egg:ckan", *lines, ""]))


def _options(layout: Layout, cluster: Cluster, secrets: Secrets, port: int, plugins: str) -> dict[str, str]:
    return {
        "ckan.site_url": f"http://127.0.0.1:{port}",
        "ckan.site_id": "hanoi",
        "ckan.site_title": "Hà Nội Cloud",
        "ckan.plugins": plugins,
        "hanoi.published_path": str(layout.published),
        "hanoi_dcat.data_api": "/api/v1",
        # How many proxies stand between the readers and this server; only their word on addresses counts.
        "hanoi.trusted_proxies": proxies
        if (proxies := os.environ.get("HANOI_TRUSTED_PROXIES", "0")).isdigit()
        else "0",
        "hanoi.freshness_path": str(layout.published.parent / "freshness/marks.json"),
        # Where the Blueprint's registry can be read, if it is served: data dictionaries link to it.
        "hanoi.blueprint_url": os.environ.get("HANOI_BLUEPRINT_URL", ""),
        # Services
        "sqlalchemy.url": database_url(cluster, secrets),
        # Tables that somebody uploads; the published ones are read from their files, without any copy.
        "ckan.datastore.write_url": _url(cluster, "ckan", secrets.ckan_password, DATASTORE),
        "ckan.datastore.read_url": _url(cluster, DATASTORE_READER, secrets.datastore_read_password, DATASTORE),
        "ckan.datastore.sqlsearch.enabled": "false",
        "ckanext.hanoi_datastore.cache_path": str(layout.tables),
        "ckan.redis.url": f"unix://{quote(str(valkey_socket(layout)), safe='/')}?db=0",
        # CKAN insists on an address; the plugin hanoi_search answers in its place and nothing listens there.
        "solr_url": "http://127.0.0.1:9/solr/hanoi",
        "ckan.storage_path": str(layout.storage),
        "ckan.webassets.path": str(layout.root / "webassets"),
        # Languages: Vietnamese at /, English at /en
        "ckan.locale_default": "vi",
        "ckan.locales_offered": "vi en",
        "ckan.locale_order": "vi en",
        "ckan.display_timezone": "Asia/Ho_Chi_Minh",
        # Secrets
        "SECRET_KEY": secrets.session,
        "WTF_CSRF_SECRET_KEY": secrets.csrf,
        # HS256 has one key for both directions.
        "api_token.jwt.encode.secret": f"string:{secrets.api_token}",
        "api_token.jwt.decode.secret": f"string:{secrets.api_token}",
        # Sessions live on the server, so that signing out ends them.
        "SESSION_TYPE": "redis",
        "SESSION_COOKIE_NAME": "hanoi",
        "PERMANENT_SESSION_LIFETIME": str(_WEEK),
        "REMEMBER_COOKIE_DURATION": str(_WEEK),
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": str(_WEEK),
        # Who may do what: the platform publishes, people read.
        "ckan.auth.anon_create_dataset": "false",
        "ckan.auth.create_unowned_dataset": "false",
        "ckan.auth.create_dataset_if_not_in_organization": "false",
        "ckan.auth.user_create_groups": "false",
        "ckan.auth.user_create_organizations": "false",
        "ckan.auth.user_delete_groups": "false",
        "ckan.auth.user_delete_organizations": "false",
        "ckan.auth.create_user_via_api": "false",
        "ckan.auth.create_user_via_web": "false",
        "ckan.auth.public_user_details": "false",
        "ckan.auth.public_activity_stream_detail": "false",
        "ckan.auth.reveal_private_datasets": "false",
        "ckan.cors.origin_allow_all": "false",
        # Data files stay in the lake; uploads are pictures and small documents.
        "ckan.max_resource_size": "50",
        "ckan.max_image_size": "2",
        "ckan.upload.user.types": "image",
        "ckan.upload.user.mimetypes": "image/png image/jpeg image/gif",
        "ckan.upload.group.types": "image",
        "ckan.upload.group.mimetypes": "image/png image/jpeg image/gif",
        # No reader's browser is sent to a third party for a picture of an account.
        "ckan.gravatar_default": "disabled",
        "ckan.search.rows_max": "1000",
        "ckan.datasets_per_page": "20",
        "ckan.group_and_organization_list_all_fields_max": "1000",
    }
