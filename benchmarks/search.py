"""The catalogue's search among 10,000 datasets against 1,000, and what it finds of the judged queries.

Two catalogues run at once and are asked in turns over HTTP, by somebody who has not signed in; no question is asked twice.
"""

import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import judged
from benchmarks.in_search import THEMES
from benchmarks.measure import Result, at_most
from benchmarks.served import PYTHON, SERVER, Catalogue, catalogue_at

MANY, FEW = 10_000, 1_000
_IN_SEARCH = Path(__file__).with_name("in_search.py")
_TURNS = 15
_MOST_SECONDS = 0.080
# The share of answers that may be missing: recall at 10 of 1.00, 0.95 and 0.90.
_MISSED = {
    "accented": 0.0,
    "accented, decomposed": 0.0,
    "unaccented": 0.05,
    "one typo, accented": 0.1,
    "one typo, unaccented": 0.1,
}
_FACETS = json.dumps(["tags", "organization", "res_format", "theme", "license_id"])


def bench(folder: Path, rows: int | None = None, times: int = 3) -> list[Result]:
    """Each kind of request, medians of requests that take turns, and the recall of each way to type.

    :param rows: the size of the large catalogue; the small one is a tenth
    """
    many = rows or MANY
    sizes = [many, max(many // 10, len(list(judged.datasets())))]
    with ExitStack() as open_ones:
        served = [open_ones.enter_context(catalogue_at(folder / f"catalogue-{size}")) for size in sizes]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: _fill(*pair), zip(served, sizes, strict=True)))
        results = []
        for work, addresses in _requests().items():
            mine, theirs = _timed(served, list(addresses), max(times, _TURNS))
            results.append(at_most(f"{work}, {many:,} datasets", f"{sizes[1]:,} datasets", mine, theirs, "s", 1.5))
            if work.startswith("package_search"):
                results.append(at_most(f"{work}, {many:,} datasets", "80 ms", mine, _MOST_SECONDS, "s", 1.0))
        found = _judged(served[0], many)
    for way, reach in _MISSED.items():
        missed = 1 - found[way][0]
        work = f"answers not among the first {judged.TOP}, {way}, {many:,} datasets"
        results.append(at_most(work, "all answers", missed, 1.0, "share", reach))
    return results


def _requests() -> dict[str, Iterator[str]]:
    """Addresses for each kind of work, each with another question in it."""
    texts = [query.text for query in judged.queries()]
    names = [dataset.name for dataset in judged.datasets()]

    def action(name: str, **asked: Any) -> str:
        return f"/api/3/action/{name}?{urlencode(asked)}"

    return {
        "package_search, words": (action("package_search", q=text) for text in texts),
        "package_search, unaccented words and facets": (
            action("package_search", q=judged.unaccented(text), **{"facet.field": _FACETS}) for text in texts
        ),
        "package_search, the newest": (action("package_search", start=10 * i) for i in range(99)),
        "package_search, a topic, dates and facets": (
            action("package_search", fq=f'theme:"{THEMES}{theme}" AND temporal_from:[20{year:02} TO *]', **{"facet.field": _FACETS})
            for year in range(1, 12) for theme in ("ENVI", "TRAN", "HEAL", "EDUC")
        ),
        "package_search, facets alone": (
            action("package_search", rows=0, fq=f"-name:{name}", **{"facet.field": _FACETS}) for name in names
        ),
        "package_search, by title": (action("package_search", sort="title_string asc", start=10 * i) for i in range(99)),
        "package_search, mistyped words": (
            action("package_search", q=query.text) for query in judged.ways()["one typo, unaccented"]
        ),
        "completion": (action("hanoi_suggest", q=text[:-1]) for text in texts),
        "/dataset": (f"/dataset/?{urlencode({'page': i + 1})}" for i in range(99)),
        "/dataset with words": (f"/dataset/?{urlencode({'q': judged.unaccented(text)})}" for text in texts),
        "a dataset's page": (f"/dataset/{name}" for name in names),
    }  # fmt: skip


def _timed(served: list[Catalogue], addresses: list[str], turns: int) -> list[float]:
    """The median seconds of each catalogue, after a few requests that do not count."""
    import httpx

    seconds: list[list[float]] = [[] for _ in served]
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(httpx.Client(base_url=one.url, timeout=60)) for one in served]
        for turn, address in enumerate(addresses[: turns + 4]):
            for place, client in enumerate(clients):
                began = time.perf_counter()
                answer = client.get(address)
                spent = time.perf_counter() - began
                if answer.status_code != 200:
                    raise RuntimeError(f"{address} was answered with {answer.status_code}")
                if turn >= 4:
                    seconds[place].append(spent)
    return [statistics.median(each) for each in seconds]


def _fill(catalogue: Catalogue, number: int) -> None:
    _in_search("fill", number, str(catalogue.home / "ckan/ckan.ini"))


def _judged(catalogue: Catalogue, number: int) -> dict[str, tuple[float, list[str]]]:
    """Judge the search in the database of uploaded tables, which is empty here."""
    return dict(_in_search("judge", number, catalogue.setting("ckan.datastore.write_url")))


def _in_search(verb: str, number: int, given: str) -> Any:
    command = [str(PYTHON), str(_IN_SEARCH), verb, str(number)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=SERVER)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the catalogue's process failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])
