"""Settings of the pipeline, each one typed field, read from ``HANOI_*`` in the environment."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lake import Lake

if TYPE_CHECKING:
    from dags.sources.deliveries import DeliveryStore
    from dags.sources.places.access import Access


class PipelineSettings(BaseSettings):
    """Where deliveries come from, where state lives, and which limits hold."""

    model_config = SettingsConfigDict(env_prefix="HANOI_", extra="ignore")

    home: Path = Field(default=Path(".hanoi"), description="Folder of all state; created private (0700).")
    sources: str | None = Field(
        default=None,
        description="Folder or http(s) URL under which the agencies' files lie; the repository's own files need none.",
    )
    catalogue_url: str = Field(
        default="http://127.0.0.1:5000", description="Address of the catalogue that versions are published to."
    )
    lake_catalog: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database that names the lake's tables where several hosts write them, "
        "postgresql://user:password@host:5432/database; SQLite inside the home needs none.",
    )
    max_delivery_bytes: int = Field(
        default=2 * 1024**3, gt=0, description="Largest delivered file that is taken, in bytes."
    )
    max_workbook_bytes: int = Field(
        default=1024**3, gt=0, description="Largest size of a delivered workbook or archive when unpacked, in bytes."
    )
    max_workbook_cells: int = Field(
        default=20_000_000, gt=0, description="Most cells, blank ones included, that a sheet may span."
    )
    max_rows: int = Field(default=20_000_000, gt=0, description="Most rows that one delivery may hold.")

    lake_keep_versions: int = Field(
        default=30, ge=1, description="Newest versions of a dataset that `hanoi lake maintain` never removes."
    )
    lake_keep_days: int = Field(
        default=90, ge=0, description="Days for which `hanoi lake maintain` removes no version, however many there are."
    )
    lake_grace_hours: float = Field(
        default=24, ge=0, description="Hours that a file of the lake stays on disk after it fell out of use."
    )
    lake_file_mb: int = Field(
        default=256, ge=1, description="Size in MiB of the files that small ones are put together into."
    )
    notice_webhook: SecretStr | None = Field(
        default=None, description="https address that every notice of a failed or late delivery is posted to as JSON."
    )
    notice_smtp: SecretStr | None = Field(
        default=None,
        description="Mail server that notices leave by: smtps://user:password@host:465, or smtp://… with STARTTLS.",
    )
    notice_from: str | None = Field(default=None, description="Address that notices by mail come from.")
    notice_to: dict[str, list[str]] = Field(
        default_factory=dict,
        description='Whom notices by mail go to, as JSON: agency to addresses, "*" for all notices.',
    )

    folders: str = Field(
        default="",
        description="Folders, mounted network folders among them, below which contracts may name files; several are "
        "separated as in PATH.",
    )
    private_networks: str = Field(
        default="",
        description="Networks within which contracts may reach hosts, such as 10.20.0.0/16, separated by commas; public "
        "hosts need none.",
    )
    max_fetch_seconds: int = Field(
        default=3600, gt=0, description="Longest time that fetching one delivered file may take, in seconds."
    )

    @field_validator("private_networks")
    @classmethod
    def _are_networks(cls, listed: str) -> str:
        for network in filter(None, (n.strip() for n in listed.split(","))):
            ip_network(network)
        return listed

    @property
    def access(self) -> "Access":
        """What contracts may reach: hosts, folders and secrets."""
        from dags.sources.places.access import Access

        return Access(
            self.home,
            tuple(ip_network(n.strip()) for n in self.private_networks.split(",") if n.strip()),
            tuple(Path(f) for f in self.folders.split(os.pathsep) if f),
            max_bytes=self.max_delivery_bytes,
            max_seconds=self.max_fetch_seconds,
        )

    @property
    def store(self) -> "DeliveryStore":
        """The kept deliveries of the home, with the limit on their size."""
        from dags.sources.deliveries import DeliveryStore

        return DeliveryStore(self.home, self.max_delivery_bytes, self.max_fetch_seconds)

    @property
    def lake(self) -> Lake:
        """The lake of the home, with its catalog where the settings say."""
        return Lake(self.home, catalog=self.lake_catalog.get_secret_value() if self.lake_catalog else None)

    @property
    def token_file(self) -> Path:
        return self.home / "ckan" / "api_token"
