"""The operator's settings, put together from those of each room. Every setting is one typed field, read from ``HANOI_*``."""

import os
from pathlib import Path

from pydantic import Field

from dags.settings import PipelineSettings
from lake import Lake
from lake.folders import private_folder

REPOSITORY = Path(__file__).resolve().parent.parent
SERVER = REPOSITORY / "catalog" / "server"
BESIDE = REPOSITORY.parent / "shared" / "data"
"""Where real files of the agencies lie on a developer's machine, when they do."""


class Settings(PipelineSettings):
    """All settings of the platform."""

    port: int = Field(default=5000, ge=1, le=65535, description="Port of the catalogue on 127.0.0.1.")
    airflow_port: int = Field(default=8080, ge=1, le=65535, description="Port of Airflow's own pages on 127.0.0.1.")
    simulator_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the agency simulator; 0 takes a free one."
    )
    dags: Path | None = Field(
        default=None, description="Folder of DAG files of your own, which Airflow reads beside those of the datasets."
    )
    start_timeout: int = Field(default=240, gt=0, description="Seconds that the catalogue may take to start.")

    def environment(self) -> dict[str, str]:
        """The environment that child processes need to see the same settings."""
        found = {**os.environ, "HANOI_HOME": str(self.home), "HANOI_CATALOGUE_URL": self.catalogue_url}
        if self.sources is not None:
            found["HANOI_SOURCES"] = self.sources
        if self.dags is not None:
            found["HANOI_DAGS"] = str(self.dags.expanduser().resolve())
        return found


def settings_for(home: Path | None = None, port: int | None = None) -> Settings:
    """The settings with the command line's choices on top; creates the home folder, private to its owner."""
    given: dict[str, object] = {}
    if home is not None:
        given["home"] = home
    if port is not None:
        given["port"] = port
    settings = Settings(**given)  # type: ignore[arg-type]
    folder = settings.home.expanduser().resolve()
    return settings.model_copy(update={"home": private_folder(folder)})


def lake_of(home: Path) -> Lake:
    """The lake of ``home``, with its catalogue where the environment says."""
    return Settings(home=home).lake
