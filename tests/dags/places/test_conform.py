"""What a place gives is read by the contract's own reading: from the service to typed rows."""

from blueprint import Contract
from dags.steps.conform import conform
from tests.dags.builders import accepted_of, contract, plan_of, refused_of
from tests.dags.places import servers
from tests.dags.places.builders import Home
from tests.dags.places.servers import Answer, Web

ROWS = [
    {"Mã trạm": "T1", "Thời điểm": "2025-07-03T07:00:00", "AQI": 61},
    {"Mã trạm": "T2", "Thời điểm": "2025-07-03T07:00:00", "AQI": 900},
    {"Mã trạm": "T3", "Thời điểm": "2025-07-03T07:00:00", "AQI": None},
]


def conformed(home: Home, declared: Contract) -> tuple[list[str], dict[int, list[str]]]:
    result = conform(declared, plan_of(declared), home.deliver(declared), home.store, home.folder / "out")
    return [row[0] for row in accepted_of(result)], refused_of(result)


def test_records_of_a_service_become_rows(home: Home, web: Web) -> None:
    web.service = servers.ckan(lambda: ROWS, 2)
    source = {"kind": "ckan", "url": web.url, "resource": "r-1", "reading": {"format": "jsonl"}}
    accepted, refused = conformed(home, contract(sources=[source]))
    assert accepted == ["T1", "T3"]
    assert {number: any("aqi" in rule for rule in rules) for number, rules in refused.items()} == {2: True}


def test_a_file_from_the_web_becomes_rows(home: Home, web: Web) -> None:
    text = "Mã trạm,Giờ đo,AQI\nT1,2025-07-03T07:00:00,61\n"
    web.answers(Answer(text.encode()))
    source = {"kind": "http", "files": [f"{web.url}/air.csv"], "reading": {"format": "csv"}}
    assert conformed(home, contract(sources=[source])) == (["T1"], {})
