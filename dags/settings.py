"""Settings of the pipeline, each one typed field, read from ``HANOI_*`` in the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from lake import Lake


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
        default=1024**3, gt=0, description="Largest size of a delivered workbook when unpacked, in bytes."
    )
    max_workbook_cells: int = Field(
        default=20_000_000, gt=0, description="Most cells, blank ones included, that a sheet may span."
    )
    max_rows: int = Field(default=20_000_000, gt=0, description="Most rows that one delivery may hold.")

    @property
    def lake(self) -> Lake:
        """The lake of the home, with its catalog where the settings say."""
        return Lake(self.home, catalog=self.lake_catalog.get_secret_value() if self.lake_catalog else None)

    @property
    def token_file(self) -> Path:
        return self.home / "ckan" / "api_token"
