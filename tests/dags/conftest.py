from pathlib import Path

import pytest

from tests.dags.builders import Bench
from tests.dags.real import RealFiles


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def real_files(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RealFiles:
    """The real files; each dataset is conformed once for all tests of the session."""
    return RealFiles(real_data, tmp_path_factory.mktemp("real-files"))
