"""What strangers try on the data API: it is refused or limited, never an escape and never a failure of the server.

``HANOI_SCHEMATHESIS_EXAMPLES`` is the number of requests that schemathesis makes for each operation, 8 by default.
"""

import json
import os
import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from .conftest import PRIVATE, Catalogue

ROOT = "/api/v1/datasets"
AIR = f"{ROOT}/air-quality-hourly"
EXAMPLES = int(os.environ.get("HANOI_SCHEMATHESIS_EXAMPLES", "8"))
WAYS = {
    "records": (
        "version",
        "as_of",
        "major",
        "select",
        "sort",
        "limit",
        "cursor",
        "total",
        "pm25",
        "station",
        "observed_at",
        "nope",
    ),
    "aggregate": ("version", "group", "measure", "sort", "zone", "limit", "cursor", "day"),
    "export": ("version", "as_of", "format", "select", "sort", "sensor"),
    "diff": ("from", "to", "limit", "cursor"),
    "schema": ("version",),
    "quality": ("major",),
    "versions": ("x",),
}
CORPUS = (
    "' OR '1'='1",
    "eq.' OR '1'='1' --",
    "eq.1; DROP TABLE t; --",
    "station\" FROM read_text('/etc/passwd') --",
    "read_parquet('/etc/passwd')",
    "eq.x') UNION SELECT content FROM read_text('/etc/passwd') --",
    "in.(1) OR 1=1 --)",
    "in.(" + ",".join(["'"] * 400) + ")",
    "contains.%' OR '%",
    "eq.$v0",
    "eq.{{7*7}}${7*7}",
    "COPY (SELECT 1) TO '/tmp/x'",
    "station.desc; ATTACH 'http://169.254.169.254/' AS x",
    "count(*)",
    "pm25.sum) FROM pg_tables --",
    "../../../../etc/passwd",
    "..%2f..%2fversions.json",
    "file:///etc/passwd",
    "\x00",
    "eq.\ud800",
    "is.null\r\nSet-Cookie: a=b",
    "eq.<script>alert(1)</script>",
    "9" * 400,
    "-1",
    "1e308",
    "NaN",
    "(" * 2000,
    "eq." + "﷽" * 400,
    "true",
    "*",
    ",",
    ".",
    "",
)
_NEVER = re.compile(
    r"root:x:0|Traceback|duckdb\.|Catalog Error|Binder Error|Parser Error|read_parquet|/work/|/home/|/tmp/"
)


@pytest.fixture(scope="module")
def api(catalogue: Catalogue) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=catalogue.url, timeout=30) as client:
        yield client


def _harmless(answer: httpx.Response, sent: str) -> None:
    assert answer.status_code < 500, (sent, answer.text)
    assert "set-cookie" not in answer.headers
    if answer.status_code in (200, 304):
        assert not _NEVER.search(answer.text), (sent, answer.text[:500])
        return
    assert answer.headers["content-type"] == "application/problem+json", (sent, answer.text)
    said = answer.json()
    assert {"type", "title", "status", "detail", "code", "vi", "en"} <= said.keys()
    # What came may be repeated, briefly; what the server is made of is not told.
    assert len(answer.content) < 20_000
    told = json.dumps({name: value for name, value in said.items() if name in ("title", "code", "reason", "allowed")})
    assert not _NEVER.search(told), (sent, told)


@pytest.mark.parametrize("way", WAYS)
def test_the_corpus_in_every_parameter(api: httpx.Client, way: str) -> None:
    refused = 0
    for name in WAYS[way]:
        for text in CORPUS:
            value = quote(text.encode("utf-8", "surrogatepass"), safe="")
            answer = api.get(f"{AIR}/{way}?{name}={value}")
            _harmless(answer, f"{way}?{name}={text}")
            refused += answer.status_code >= 400
    assert refused > len(WAYS[way]) * len(CORPUS) // 2


def test_the_corpus_as_names_of_parameters_and_in_headers(api: httpx.Client) -> None:
    for text in CORPUS:
        name = quote(text.encode("utf-8", "surrogatepass"), safe="")
        answer = api.get(f"{AIR}/records?{name}=eq.1")
        _harmless(answer, text)
        assert answer.status_code >= 400
        header = text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
        for field in (
            "If-None-Match",
            "Accept-Language",
            "Accept-Encoding",
            "X-Forwarded-For",
            "Range",
            "Origin",
            "Accept",
        ):
            _harmless(api.get(f"{AIR}/records?limit=1", headers={field: header}), f"{field}: {text}")


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOT}/..%2f..%2fetc%2fpasswd/records",
        f"{ROOT}/../../etc/passwd",
        f"{ROOT}/%2e%2e/%2e%2e/secrets.json",
        f"{ROOT}/air-quality-hourly%00/records",
        f"{ROOT}/AIR-QUALITY-HOURLY/records",
        f"{ROOT}//records",
        f"{ROOT}/{'a' * 3000}/records",
        f"{ROOT}/{PRIVATE}/records",
        f"{ROOT}/{PRIVATE}/export?format=parquet",
        f"{ROOT}/air-quality-hourly/records/",
        f"{ROOT}/air-quality-hourly/secrets",
        f"{ROOT}/%ff%fe/records",
        f"{ROOT}/’ OR 1=1/records",
        "/api/v1/../v1/nothing",
        "/api/v1/datasets.json",
    ],
)
def test_paths_lead_nowhere_else(api: httpx.Client, path: str) -> None:
    host, port = api.base_url.host, api.base_url.port or 80
    with socket.create_connection((host, port), timeout=20) as connection:
        # By hand: a client would mend the path before it sends it.
        sent = quote(path, safe="/%?=&.")
        connection.sendall(f"GET {sent} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:300]
    assert b"root:x:0" not in answer


@pytest.mark.parametrize(
    "query", ["&".join(["pm25=gt.1"] * 500), "x=" + "y" * 60_000, "select=" + ",".join(["pm25"] * 1000)]
)
def test_huge_questions_are_refused(api: httpx.Client, query: str) -> None:
    answer = api.get(f"{AIR}/records?{query}")
    assert answer.status_code in (400, 414, 431)


def test_many_at_once_are_answered_or_told_to_wait(api: httpx.Client) -> None:
    def ask(number: int) -> int:
        return api.get(f"{AIR}/aggregate?group=station&sensor=gt.{number}", timeout=60).status_code

    with ThreadPoolExecutor(24) as threads:
        found = set(threads.map(ask, range(72)))
    assert 200 in found
    assert found <= {200, 429, 503}


_SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
_DESCRIBED = ["/api/v1/openapi.json", f"{AIR}/openapi.json"]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("described", _DESCRIBED)
def test_schemathesis_finds_no_failure(catalogue: Catalogue, described: str, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(catalogue.url + described)
    # A description cannot say which cursors were given out, nor which names an answer will have to sort by.
    beyond = {"cursor", "sort", "filters", "q"} if described == _DESCRIBED[0] else {"cursor"}
    failures: list[str] = []
    answered: Counter[int] = Counter()
    session = requests.Session()
    for result in document.get_all_operations():
        operation = result.ok()
        examples = operation.get_strategies_from_examples() if mode is GenerationMode.POSITIVE else []
        for strategy in [operation.as_strategy(generation_mode=mode), *examples]:

            @given(case=strategy)
            @_SETTINGS
            def run(case: Case) -> None:
                untold = beyond & set(case.query or {}) or ("aggregate" in case.path and "sort" in (case.query or {}))
                left_out = [positive_data_acceptance] if untold or described == _DESCRIBED[0] else []
                key = {"Authorization": catalogue.token}
                answer = case.call_and_validate(headers=key, excluded_checks=left_out, session=session)
                answered[answer.status_code] += 1

            try:
                run()
            except Unsatisfiable:
                continue
            except (Exception, BaseExceptionGroup) as error:
                failures.append(f"{operation.path}: {str(error)[:1500]}")
    assert not failures, "\n\n".join(failures)
    assert answered.total() >= EXAMPLES
    if mode is GenerationMode.POSITIVE and described != _DESCRIBED[0]:
        assert answered[200] >= EXAMPLES, answered
