"""Settings of the pipeline, each one typed field, read from ``HANOI_*`` in the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    max_delivery_bytes: int = Field(
        default=2 * 1024**3, gt=0, description="Largest delivered file that is taken, in bytes."
    )
    max_rows: int = Field(default=20_000_000, gt=0, description="Most rows that one delivery may hold.")

    @property
    def token_file(self) -> Path:
        return self.home / "ckan" / "api_token"
