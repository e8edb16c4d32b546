"""Fixtures that more than one folder of tests needs."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


SERVED = {"e2e", "ckanext_hanoi", "catalog_server"}
"""Folders whose tests share one running platform."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of a file, or of a folder with one running platform, stay together."""
    for item in items:
        folder = item.path.parent
        group = folder if folder.name in SERVED else item.path
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(REPOSITORY))))


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
