"""What judges the descriptions of datasets: SHACL shapes, what Google's dataset search asks for, the validator of Croissant."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rdflib import Graph

SHAPES = Path(__file__).parents[1] / "conformance/shapes"
QUIET = [
    # The reader of JSON-LD in rdflib, which the validator of Croissant uses too, uses what rdflib has deprecated.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index is deprecated"),
]
_ASKED = ("creator", "license", "keywords", "identifier", "isAccessibleForFree", "version", "url", "spatialCoverage",
          "variableMeasured", "includedInDataCatalog", "distribution")  # fmt: skip


@cache
def _shapes() -> Graph:
    from rdflib import Graph

    shapes = Graph()
    for file in SHAPES.glob("*.ttl"):
        shapes.parse(file)
    return shapes


def faults(graph: Graph) -> str:
    """Return what the shapes find in a graph, or nothing."""
    pyshacl = pytest.importorskip("pyshacl", reason="the group of test packages is not installed")
    conforms, _, text = pyshacl.validate(graph, shacl_graph=_shapes(), inference="none")
    return "" if conforms else text


def embedded(html: str) -> dict[str, Any]:
    """Return the one description that is embedded in a page."""
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def google(content: dict[str, Any]) -> list[str]:
    """Return what Google's dataset search would miss.

    https://developers.google.com/search/docs/appearance/structured-data/dataset
    """
    missing = [name for name in ("@context", "@type", "name", "description", *_ASKED) if not content.get(name)]
    if content.get("@type") != "Dataset" or "schema.org" not in content.get("@context", ""):
        missing.append("a schema.org Dataset")
    if not 50 <= len(content.get("description", "")) <= 5000:
        missing.append("a description of 50 to 5000 characters")
    for file in content.get("distribution", []):
        missing += [f"distribution: {name}" for name in ("contentUrl", "encodingFormat") if not file.get(name)]
    if not re.fullmatch(r"[-:TZ\d.]+/[-:TZ\d.]+", content.get("temporalCoverage", "../..")):
        missing.append("an interval of ISO 8601")
    for name in ("creator", "publisher"):
        if content.get(name, {}).get("@type") not in ("Organization", "Person") or not content[name].get("name"):
            missing.append(f"a {name} with a name")
    return missing


@cache
def croissant() -> Any:
    """Return the validator of Croissant; the files that it downloads go to a folder of their own."""
    folder = os.environ["CROISSANT_CACHE"] = tempfile.mkdtemp(prefix="croissant-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pytest.importorskip("mlcroissant", reason="the group of test packages is not installed")


def issues(content: dict[str, Any]) -> list[str]:
    """Return what the validator of Croissant finds, or nothing."""
    validator = croissant()
    try:
        metadata = validator.Dataset(jsonld=content).metadata
    except validator.ValidationError as error:
        return [str(error)]
    return sorted(metadata.ctx.issues.errors | metadata.ctx.issues.warnings)
