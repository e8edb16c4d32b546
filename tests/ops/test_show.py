"""The tables that the commands show: whole numbers, whole addresses, and the mark of simulated data explained."""

import io

import pytest
from rich.console import Console

from ops.results import DatasetResult
from ops.show import results_table

URL = "http://127.0.0.1:5000/dataset/air-quality-us-embassy-hourly"
RESULT = DatasetResult(
    id="air-quality-us-embassy-hourly",
    delivery="d" * 64,
    rows_in=29_928,
    rows_accepted=29_774,
    rows_quarantined=154,
    rows_out_of_scope=0,
    gate="passed",
    version="1-8aeb6088",
    new_version=True,
    catalogue_url=URL,
    simulated=True,
    state="success",
    error=None,
)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut_off(width: int) -> None:
    output = io.StringIO()
    Console(file=output, width=width).print(results_table([RESULT], width))
    text = output.getvalue()
    for whole in ("air-quality-us-embassy-hourly *", "29.928", "29.774", "154", "1-8aeb6088 +", "Quarantined"):
        assert whole in text, text
    assert "…" not in text.replace("dataset/…", "")
    assert ("http://127.0.0.1:5000/dataset/…" in text) is (width < 130)
    assert (URL in text) is (width >= 130)
    assert "* dữ liệu mô phỏng / simulated data" in text
    assert "+ phiên bản mới / new version" in text
