"""Real files on governance: every score of the summary sheets becomes a row, every code list is whole."""

import pytest
import xlrd

from blueprint import blueprint
from tests.dags.real import RealFiles, whole

pytestmark = pytest.mark.real_data

EXPECTED = {
    "pci-indicators": (52975, 52952),
    "pci-subindices": (5196, 5196),
    "papi-dimensions": (8, 8),
    "papi-provinces": (63, 63),
    "papi-subindices": (29, 29),
    "province-code-systems": (67, 64),
}
"""Dataset -> rows in the delivery, and rows accepted."""
SCORES = {2005: (42, 9), 2006: (64, 10), 2007: (64, 10), 2008: (64, 10), 2013: (63, 10)} | dict.fromkeys(
    range(2009, 2013), (63, 9)
)
"""Year -> provinces and sub-indices."""


@pytest.mark.parametrize("dataset", sorted(EXPECTED))
def test_each_row_is_accounted_for(real_files: RealFiles, dataset: str) -> None:
    found = real_files.conformed(dataset)
    assert (found.rows_in, found.rows_accepted) == EXPECTED[dataset]
    whole(found, blueprint().contract(dataset))


def test_codes_that_are_no_province_are_told(real_files: RealFiles) -> None:
    assert real_files.quarantined("province-code-systems") == {row: ["census_code-code"] for row in (66, 67, 68)}


def test_every_province_has_every_subindex_of_its_year(real_files: RealFiles) -> None:
    asked = "SELECT year, count(DISTINCT province_code), count(DISTINCT subindex), count(*) FROM pci GROUP BY year"
    assert {year: found for year, *found in real_files.rows(asked, pci="pci-subindices")} == {
        year: [provinces, subindices, provinces * subindices] for year, (provinces, subindices) in SCORES.items()
    }


def test_scores_stand_beside_their_own_province(real_files: RealFiles) -> None:
    """Each sub-index of 2011 is ranked by itself: the row of a province is another one for each; held against one sheet of its own."""
    book = xlrd.open_workbook(str(real_files.data / "governance/pci/PCI_2011.xls"))
    scores = {
        str(row[1].value).strip(): row[2].value
        for row in book.sheet_by_name("Tiep can dat dai").get_rows()
        if row[0].ctype == row[2].ctype == xlrd.XL_CELL_NUMBER
    }
    codes = blueprint().contract("pci-subindices").column("province_code").values
    land = "SELECT province_code, score FROM pci WHERE year = 2011 AND subindex = 'land'"
    found = dict(real_files.rows(land, pci="pci-subindices"))
    assert {codes[name]: pytest.approx(score, abs=1e-4) for name, score in scores.items() if name in codes} == found


def test_the_codebook_of_provinces_is_the_one_that_scores_are_read_by(real_files: RealFiles) -> None:
    names = "SELECT count(*) FROM codes JOIN papi USING (province_code) WHERE year = 2020"
    assert real_files.rows(names, codes="papi-provinces", papi="papi") == [(63,)]


def test_detailed_sheets_hold_every_indicator_of_every_province(real_files: RealFiles) -> None:
    asked = "SELECT year, count(DISTINCT sheet), count(DISTINCT province_code), count(*) FROM pci GROUP BY year ORDER BY year"
    assert real_files.rows(asked, pci="pci-indicators") == [
        (2005, 9, 42, 3255),
        (2006, 10, 64, 5824),
        (2007, 10, 64, 5695),
        (2008, 12, 64, 7657),
        (2009, 10, 63, 5985),
        (2010, 10, 63, 5985),
        (2011, 10, 63, 5962),
        (2012, 9, 63, 5029),
        (2013, 10, 63, 7560),
    ]
    assert real_files.conformed("pci-indicators").rules == {"key-conflict": 22, "key-duplicate": 1}


def test_scores_of_the_detailed_sheets_are_those_of_the_summary(real_files: RealFiles) -> None:
    same = (
        "SELECT year, count(DISTINCT (s.province_code, s.subindex)) FROM scores s JOIN details d USING (year, province_code) "
        "WHERE abs(s.score - d.value) < 1e-4 AND regexp_matches(d.indicator, '(?i)^(chỉ số thành phần|sub-index)') "
        "AND year IN (2007, 2009, 2012, 2013) GROUP BY year"
    )
    found = dict(real_files.rows(same, scores="pci-subindices", details="pci-indicators"))
    assert found == {2007: 640, 2009: 567, 2012: 567, 2013: 630}
