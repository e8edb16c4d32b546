"""A proposal for a file: its table is found, its columns are bound, and its rows pass by the proposed contract."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml

from blueprint import Contract, blueprint
from dags.errors import WrongEncoding
from dags.sources.deliveries import DeliveryStore
from dags.sources.legacy import encode
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform
from ops.authoring import Proposal, propose
from ops.authoring.grid import UnreadableSample, read

SHELTERS = """Mã,Tên nhà chờ,Phường,Vĩ độ,Kinh độ,Ngày khảo sát,Điện thoại
nc-001,Cầu Giấy 1,00166,21.0362,105.7906,13/01/2026,0912345678
nc-002,Bưởi,00004,21.0468,105.8065,14/01/2026,0912345679
nc-003,Ngã Tư Sở,00235,21.0032,105.8209,15/01/2026,0912345670
nc-004,Long Biên,00004,21.0405,105.8497,16/01/2026,0912345671
"""


def proposed(path: Path, **options: str) -> Proposal:
    return propose(read(path, **options), "so-xay-dung", blueprint())


def column(proposal: Proposal, header: str) -> dict[str, object]:
    return next(c for c in proposal.contract["columns"] if c.get("header", c["name"]) == header)


def conformed(proposal: Proposal, file: Path, folder: Path) -> Conformed:
    """The delivery of ``file`` by the contract as its YAML file says it."""
    contract = Contract.model_validate(yaml.safe_load(proposal.yaml()))
    store = DeliveryStore(folder, 1 << 30)
    delivery = store.keep(contract, locate(contract, None, file), "run")
    return conform(contract, blueprint(), delivery, store, folder / "out")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_columns_are_bound_by_name_and_by_value(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("nha-cho.csv", SHELTERS))
    bound = {c.get("header", c["name"]): c["concept"] for c in found.contract["columns"]}
    assert bound == {
        "Mã": "identifier@1",
        "Tên nhà chờ": "name@1",
        "Phường": "administrative-unit-code@1",
        "Vĩ độ": "latitude@1",
        "Kinh độ": "longitude@1",
        "Ngày khảo sát": "date@1",
        "Điện thoại": "phone-number@1",
    }
    assert found.dataset == "nha-cho"
    assert found.contract["key"] == ["ma"]
    assert column(found, "Phường")["as_of"] == "ngay_khao_sat"
    assert column(found, "Ngày khảo sát")["date_formats"] == ["%d/%m/%Y"]


def test_the_proposal_accepts_the_rows_of_its_file(written: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = written("nha-cho.csv", SHELTERS)
    done = conformed(proposed(file), file, tmp_path)
    assert (done.rows_in, done.rows_accepted) == (4, 4)


def test_personal_data_is_told_and_never_open(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("nha-cho.csv", SHELTERS))
    told = [d for d in found.doubts if d.column == "dien_thoai"]
    assert any("sẽ không bao giờ được công bố" in d.vi and "never be published" in d.en for d in told)


def test_no_doubt_and_no_comment_repeats_a_value(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("nha-cho.csv", SHELTERS))
    assert not any(cell in found.yaml() for line in SHELTERS.splitlines()[1:] for cell in line.split(",") if cell)


def test_each_doubt_stands_beside_what_it_is_about(written: Callable[[str, str], Path]) -> None:
    text = proposed(written("nha-cho.csv", SHELTERS)).yaml().splitlines()
    at = next(n for n, line in enumerate(text) if "name: dien_thoai" in line)
    assert text[at - 1].lstrip().startswith("#")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str, written: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = written("nha-cho.csv", SHELTERS.replace(",", delimiter))
    found = proposed(file)
    assert found.contract["sources"][0]["reading"].get("delimiter", ",") == delimiter
    assert conformed(found, file, tmp_path).rows_accepted == 4


def workbook(
    path: Path, rows: Sequence[Sequence[object]], *, merged: Sequence[str] = (), empty_sheet: bool = False
) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    if empty_sheet:
        book.create_sheet("Ghi chú")["A1"] = "Đã duyệt"
    book.save(path)
    return path


def test_a_workbook_with_titles_and_two_header_rows(tmp_path: Path) -> None:
    rows = [
        ["ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI"],
        [],
        ["Mã phường", "Dân số", None, "Ngày"],
        [None, "Nam", "Nữ", None],
        ["00004", 120, 130, date(2026, 1, 1)],
        ["00166", 220, 230, date(2026, 1, 1)],
        ["00235", 320, 330, date(2026, 1, 1)],
    ]
    file = workbook(tmp_path / "dan-so.xlsx", rows, merged=["B3:C3"], empty_sheet=True)
    found = proposed(file)
    assert found.contract["sources"][0]["reading"] == {"format": "excel", "sheet": "Sheet", "header_rows": [3, 4]}
    assert [c["header"] for c in found.contract["columns"]] == ["Mã phường", "Dân số / Nam", "Dân số / Nữ", "Ngày"]
    assert any("Ghi chú" in d.vi for d in found.doubts if d.column is None)
    done = conformed(found, file, tmp_path)
    assert (done.rows_in, done.rows_accepted) == (3, 3)


def test_years_as_columns_are_named_and_doubted(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("nhiet-do.csv", "tram,2019,2020,2021\nLáng,24.1,25.2,24.9\nHà Đông,24.0,25.1,24.7\n"))
    assert [c["name"] for c in found.contract["columns"]] == ["tram", "c_2019", "c_2020", "c_2021"]
    assert any("column of years" in d.en for d in found.doubts)


def test_columns_without_a_name_of_their_own_are_left_out_and_told(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("a.csv", "ma,gia,gia,\nx1,1,2,3\nx2,4,5,6\n"))
    assert [c["name"] for c in found.contract["columns"]] == ["ma"]
    assert any("2, 3, 4" in d.en or "2, 3" in d.en for d in found.doubts if d.column is None)


def test_texts_for_no_value_are_declared(written: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = written("do.csv", "tram,pm\na1,12.5\na2,N/A\na3,-\na4,7\n")
    found = proposed(file)
    assert found.contract["sources"][0]["reading"]["null_values"] == ["", "-", "N/A"]
    assert conformed(found, file, tmp_path).rows_accepted == 4


def test_no_key_is_told_with_the_rows_that_repeat(written: Callable[[str, str], Path]) -> None:
    found = proposed(written("a.csv", "ten,so\nA,1\nA,1\nB,2\n"))
    assert any("1 rows repeat" in d.en for d in found.doubts)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("\n\n", "empty"), ("1,2,3\n4,5,6\n", "no row of column names"), ("a,b\n", "no row of column")],
)
def test_a_file_without_a_table_is_refused(text: str, said: str, written: Callable[[str, str], Path]) -> None:
    with pytest.raises(UnreadableSample, match=said):
        proposed(written("a.csv", text))


def test_an_encoding_that_cannot_be_told_is_not_guessed(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"ma,ten\n1,\xb5\n")
    with pytest.raises(WrongEncoding, match="cannot be told"):
        proposed(file)


@pytest.mark.parametrize("encoding", ["utf-16", "tcvn3", "vni"])
def test_a_legacy_encoding_is_told_by_the_bytes_and_declared(encoding: str, tmp_path: Path) -> None:
    text = SHELTERS + "nc-005,Đống Đa Giảng Võ Láng Hạ Hoàng Cầu,00235,21.01,105.82,17/01/2026,0912345672\n"
    file = tmp_path / "nha-cho.csv"
    file.write_bytes(text.encode(encoding) if encoding == "utf-16" else encode(text, encoding))
    found = proposed(file)
    assert found.contract["sources"][0]["reading"]["encoding"] == ("utf-16-le" if encoding == "utf-16" else encoding)
    assert conformed(found, file, tmp_path).rows_accepted == 5


def test_a_decimal_comma_is_declared(written: Callable[[str, str], Path], tmp_path: Path) -> None:
    file = written("do.csv", "tram;pm\na1;12,5\na2;1.012,25\na3;7\n")
    found = proposed(file)
    assert column(found, "pm")["decimal"] == ","
    assert conformed(found, file, tmp_path).rows_accepted == 3


def test_the_real_files_get_a_valid_contract(real_data: Path) -> None:
    wanted = {
        "air_quality/aqicn-crawler/air_quality_ha-noi_03_2025.csv": {
            "timestamp": "instant@1",
            "humidity": "relative-humidity@1",
        },
        "transport/gtfs-hanoi-2018/stops-enriched.txt": {"stop_id": "stop-id@1", "stop_lat": "latitude@1"},
        "budget/national-cc0/Final_2014.xls": {},
    }
    for name, concepts in wanted.items():
        found = proposed(real_data / name)
        Contract.model_validate(found.contract)
        bound = {c.get("header", c["name"]): c["concept"] for c in found.contract["columns"]}
        assert concepts.items() <= bound.items()
