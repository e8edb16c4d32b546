"""Fixtures that more than one folder of tests needs."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


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
