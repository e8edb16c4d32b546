"""Fixtures that more than one folder of tests needs."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


SERVED = {"e2e", "ckanext_hanoi", "catalog_server"}
"""Folders whose tests share one running platform."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where tests run in several processes, those of a file, or of a folder with one running platform, stay together."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = PurePath(nodeid.partition("::")[0])
            return str(file.parent if file.parent.name in SERVED else file)

    return Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run in several processes, the folders that stay together come first: last, one would hold up the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.parent.name not in SERVED)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the SDK keeps of tests lies among their files, not among those of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANOI_CLOUD_CACHE", str(tmp_path_factory.mktemp("sdk-cache")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files, kept outside the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the real files are not on this machine ({folder})")
    return folder


@pytest.fixture(scope="session")
def seed_documents() -> Path:
    """The folder of the source documents, kept outside the repository."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip(f"the source documents are not on this machine ({folder})")
    return folder
