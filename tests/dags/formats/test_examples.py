"""The examples in the docstrings of the readers run."""

import doctest
from types import ModuleType

import pytest

from blueprint import formats
from dags.sources.formats import geojson, geometry, json_text, shapefiles


@pytest.mark.parametrize("module", [formats, geojson, geometry, json_text, shapefiles], ids=lambda m: m.__name__)
def test_examples(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
