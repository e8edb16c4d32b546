"""The page of a dataset as its HTML says it: table, chart, map, dictionary, marks, versions, and how to use it."""

import html as escaping
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from .page_samples import AIR, AREAS, CODED, YEARS, freshness_file, pages  # noqa: F401

pytestmark = pytest.mark.platform


def section(html: str, name: str) -> str:
    """Return the HTML of one section of the page."""
    found = re.search(rf'<section[^>]* id="{name}".*?</section>', html, re.DOTALL)
    assert found, f"the page has no section {name}"
    return found.group(0)


def plain(html: str) -> str:
    """Return the text of a piece of HTML, blanks joined."""
    return " ".join(escaping.unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(html: str) -> list[list[str]]:
    """Return the cells of the table of data."""
    body = section(html, "data").split("<tbody>")[1].split("</tbody>")[0]
    return [
        [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in body.split("</tr>")[:-1]
    ]


def test_the_table_is_written_for_readers_of_the_language(pages):  # noqa: F811
    vietnamese, english = (rows(pages.html(AIR, "?sort=observed_at", lang)) for lang in ("", "/en"))
    assert len(vietnamese) == 50
    first, same = vietnamese[0], english[0]
    assert first[2] == same[2] == "01/03/2025 00:00"
    assert first[-1] == "1.234,5"
    assert same[-1] == "1,234.5"
    head = plain(section(pages.html(AIR), "data").split("<thead>")[1].split("</thead>")[0])
    assert "Nhiệt độ temperature · °C" in head
    assert "Thời điểm đo observed_at · giờ Hà Nội" in head
    assert re.fullmatch(r"\D.* (1583|8688|13026)", first[0]), "a code stands beside its label"


def test_the_table_filters_sorts_and_pages_without_a_script(pages):  # noqa: F811
    found = pages.html(AIR, "?q=kim+lien&in=station_name&sort=-aqi&page=2")
    assert {row[1] for row in rows(found)} == {"Kim Liên"}
    values = [int(row[5]) for row in rows(found)]
    assert values == sorted(values, reverse=True)
    data = section(found, "data")
    assert re.search(r'<th scope="col" data-column="aqi" aria-sort="descending"', data)
    assert data.count("aria-sort=") == 1
    assert "Dòng 51 đến 100" in plain(data)
    links = [escaping.unescape(link) for link in re.findall(r'data-page="(?:before|after)" href="([^"]+)"', data)]
    assert all("q=kim+lien" in link and "in=station_name" in link and "sort=-aqi" in link for link in links)
    assert 'value="kim lien"' in data
    assert '<option value="station_name" selected>' in data
    assert "format=parquet" in data
    assert rows(pages.html(AIR, "?q=zzzz")) == []
    assert "Không có dòng nào khớp." in pages.html(AIR, "?q=zzzz")


@pytest.mark.parametrize(
    "query",
    [
        "?page=-1",
        "?page=x&sort=nothing",
        "?sort=%22;DROP",
        "?in=nothing",
        "?page=99999999999999",
        "?q=%00%00",
        "?measure=x&c_station_id=x",
    ],
)
def test_an_odd_address_still_shows_the_table(pages, query):  # noqa: F811
    assert rows(pages.html(AIR, query)) in (rows(pages.html(AIR)), rows(pages.html(AIR, "?page=42")))


@pytest.mark.parametrize(
    "query", ["?q=%3Cscript%3Ealert(1)%3C/script%3E", "?q=%22%27%3E%3Cb%3E&in=%22%3E%3Cb%3E&sort=%22%3E%3Cb%3E"]
)
def test_what_is_asked_for_is_escaped(pages, query):  # noqa: F811
    html = pages.html(AIR, query)
    assert "<script>alert" not in html
    assert '"><b>' not in html


def test_every_table_scrolls_in_a_region_that_the_keyboard_reaches(pages):  # noqa: F811
    for name in (AIR, YEARS, AREAS, CODED):
        html = pages.html(name)
        assert html.count('class="hn-table') >= 3
        for table in re.finditer(r'<table class="hn-table', html):
            before = html[: table.start()].rstrip()
            assert re.search(r'<div class="hn-scroll" tabindex="0" role="region" aria-label="[^"]+">$', before)
        assert html.count("<caption") == html.count("<table")


def test_no_script_or_style_stands_in_the_page(pages):  # noqa: F811
    for path in (f"/dataset/{AIR}", f"/dataset/{AREAS}", f"/dataset/{AIR}/quality"):
        html = pages.catalogue.page(path).text
        scripts = re.findall(r"<script\b([^>]*)>", html)
        assert all(
            "src=" in attributes or re.search(r'type="application/(ld\+)?json"', attributes) for attributes in scripts
        )
        main = html.split("<article")[1].split("</article>")[0]
        assert not re.search(r'\s(style|on\w+)="', main)


def test_a_time_series_is_drawn_with_its_figures_beside(pages):  # noqa: F811
    chart = section(pages.html(AIR, "?measure=temperature"), "chart")
    drawing = ElementTree.fromstring(re.search(r'<svg viewBox="0 0 720 340".*?</svg>', chart, re.DOTALL).group(0))  # noqa: S314 - our own answer
    lines = [g for g in drawing if (g.get("class") or "").startswith("hn-line")]
    assert len(lines) == 3
    assert all(len(re.findall(r"M", line[0].get("d"))) == 2 for line in lines), "a gap of two days is not drawn over"
    assert drawing.get("role") == "img"
    assert "Nhiệt độ theo thời gian" in drawing.get("aria-label")
    table = chart.split("hn-figure-table")[1]
    figures = [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", table, re.DOTALL)]
    assert len(figures) == 3 * 29, "30 days and an hour without two days"
    assert all(re.fullmatch(r"\d{2}(,\d{1,2})?|", figure) for figure in figures)
    assert "trung bình từng" in plain(chart)
    summary = plain(chart.split("hn-legend")[1].split("</ul>")[0])
    assert summary.count("từ ") == 3
    measures = "aqi pm25 pm10 o3 no2 co temperature pressure humidity wind_speed"
    assert re.findall(r'<option value="(\w+)"', chart) == measures.split()


def test_one_of_many_lines_is_chosen_and_a_measure_without_values_is_no_chart(pages):  # noqa: F811
    chart = section(pages.html(YEARS), "chart")
    assert re.search(r'<option value="01" selected>[^<]*Hà Nội', chart)
    other = section(pages.html(YEARS, "?c_province_code=39"), "chart")
    assert re.search(r'<option value="39" selected>', other)
    values = [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", other.split("hn-figure-table")[1], re.DOTALL)]
    assert values == ["69", "70", "71", "72", "73", "74"]
    assert 'id="chart"' not in pages.html(CODED)
    assert 'id="chart"' not in pages.html(AIR, "?measure=pm10")


def test_points_are_on_a_map_with_a_list_beside(pages):  # noqa: F811
    html = pages.html(AIR)
    listed = section(html, "map")
    assert re.findall(r'<li data-row="\d+"><span>([^<]+)</span>', listed) == ["Hàng Đậu", "Kim Liên", "Mỹ Đình"]
    found = pages.catalogue.page(f"/dataset/{AIR}/places.geojson").json()
    assert sorted(f["geometry"]["coordinates"] for f in found["features"]) == [
        [105.8001, 21.0153],
        [105.818, 21.0811],
        [105.8831, 21.0491],
    ]
    newest = pages.catalogue.action(
        "datastore_search", resource_id=re.search(r'data-resource="([^"]+)"', html).group(1),
        filters={"_id": found["features"][0]["properties"]["row"]},
    )["result"]["records"][0]  # fmt: skip
    assert newest["station_name"] == found["features"][0]["properties"]["name"]
    assert newest["observed_at"] >= "2025-03-30T16:00:00"
    picture = pages.catalogue.page(f"/dataset/{AIR}/map.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    drawn = ElementTree.fromstring(picture.text)  # noqa: S314 - our own answer
    assert len(drawn.findall(".//{*}circle")) == 3
    assert len(drawn.findall(".//{*}path")) == 3, "the city's areas are the ground"
    assert re.search(r'<img src="[^"]*map.svg[^"]*"[^>]* alt="Bản đồ 3 nơi\. [^"]+"', listed)


def test_areas_are_shaded_by_a_figure_and_codes_of_the_same_day_are_put_on_them(pages):  # noqa: F811
    own = pages.catalogue.page(f"/en/dataset/{AREAS}/places.geojson").json()["features"]
    assert {f["properties"]["name"]: f["properties"]["value"] for f in own} == {
        "Ba Dinh ward": "2.97",
        "Ngoc Ha ward": "2.68",
        "Giang Vo ward": "2.6",
    } or {f["properties"]["value"] for f in own} == {"2.97", "2.68", "2.6"}
    assert len({f["properties"]["colour"] for f in own}) == 3
    coded = pages.catalogue.page(f"/dataset/{CODED}/places.geojson?shade=population").json()["features"]
    assert {f["properties"]["value"] for f in coded} == {"65.023", "93.536"}, "a code without an area is left out"
    listed = section(pages.html(CODED, "?shade=population"), "map")
    assert '<option value="population" selected>' in listed
    assert "hn-shade-0" in listed
    shapes = rows(pages.html(AREAS))
    assert all("hình vùng, xem bản đồ" in row for row in shapes), "a geometry is no text to read"
    assert "coordinates" not in section(pages.html(AREAS), "data")


def test_the_map_of_a_dataset_that_may_not_be_seen_is_not_there(pages):  # noqa: F811
    for path in ("map.svg", "places.geojson", "areas.geojson", "quality"):
        for dataset in ("secret-zebra", "no-such-dataset", "..%2f.."):
            assert pages.catalogue.page(f"/dataset/{dataset}/{path}").status_code == 404
    assert pages.catalogue.page(f"/dataset/{YEARS}/map.svg").status_code == 404


def test_the_dictionary_names_concepts_code_lists_examples_and_classification(pages):  # noqa: F811
    dictionary = section(pages.html(AIR), "dictionary")
    row = re.search(r'<tr id="column-station_id">.*?</tr>', dictionary, re.DOTALL).group(0)
    for text in ("air-quality-station@1", "air-quality-stations@1", "khoá", "mở", "có"):
        assert text in plain(row), text
    assert re.search(r"<code>1583</code> \w", row)
    assert "href" not in row, "no registry is served here, so nothing links to it"
    assert "°C" in plain(re.search(r'<tr id="column-temperature">.*?</tr>', dictionary, re.DOTALL).group(0))


def test_quality_and_freshness_are_two_marks_with_a_report(pages):  # noqa: F811
    html = pages.html(AIR)
    marks = re.search(r'<ul class="hn-badges">.*?</ul>', html, re.DOTALL).group(0)
    assert "Chất lượng đạt, có cảnh báo 97,5/100" in plain(marks)
    assert "Tính kịp thời đúng hạn" in plain(marks)
    freshness_file(pages.catalogue, AIR, "late")
    assert "Tính kịp thời trễ hạn" in plain(pages.html(AIR))
    report = plain(pages.catalogue.page(f"/dataset/{AIR}/quality").text)
    for text in ("Điểm là 97,5 trên 100", "Nhận 3.000 dòng, chấp nhận 2.160 dòng và để riêng 840 dòng", "97,5 %", "Dòng lặp lại.", "39",
                 "Số liệu đến trễ.", "1 / 3"):  # fmt: skip
        assert text in report, text
    english = plain(pages.catalogue.page(f"/en/dataset/{AIR}/quality").text)
    assert "3,000 rows came, 2,160 were accepted and 840 set aside." in english
    assert "The row repeats." in english


def test_versions_tell_what_changed_and_where_the_current_one_comes_from(pages):  # noqa: F811
    former, present = pages.versions[AIR]
    versions = section(pages.html(AIR), "versions")
    text = plain(versions)
    assert text.index(present.id) < text.index(former.id)
    assert "+3 dòng" in text
    assert "1 dòng sửa" in text
    assert "pressure (1)" in text
    assert "phiên bản đầu tiên" in text
    for said in ("2" * 64, "run-2", present.contract, present.content_hash):
        assert said in text
    rows_that_differ = escaping.unescape(re.search(r'href="([^"]+/diff[^"]+)"', versions).group(1))
    assert pages.catalogue.page(rows_that_differ.removeprefix(pages.catalogue.url)).status_code == 200
    links = re.findall(r'href="([^"]+\.(?:csv|parquet))"', versions)
    assert len(links) == 4
    assert all(pages.catalogue.page(link.removeprefix(pages.catalogue.url)).status_code == 200 for link in links)


def test_a_change_to_come_is_announced_with_its_columns(pages):  # noqa: F811
    text = plain(pages.html(AIR))
    assert "Bộ dữ liệu này sẽ thay đổi từ ngày 01/01/2099" in text
    assert "Cột độ ẩm sẽ được bỏ." in text
    assert "Cột: humidity" in text
    assert "This dataset will change on 01/01/2099" in plain(pages.html(AIR, lang="/en"))
    assert "sẽ thay đổi" not in pages.html(YEARS)


def test_use_licence_citation_and_the_mark_of_simulated_data(pages):  # noqa: F811
    html = pages.html(CODED)
    assert "Dữ liệu mô phỏng" in plain(html.split("<h1")[0].split("<article")[1])
    use = plain(section(html, "use"))
    for text in (f'.dataset("{CODED}").to_pandas()', "datastore_search?resource_id=", "curl -fL", "SELECT * FROM"):
        assert text in use, text
    cite = plain(re.search(r'<p class="hn-cite".*?</p>', html, re.DOTALL).group(0))
    for text in (
        "Sở Nông nghiệp và Môi trường (20",
        pages.versions[CODED][-1].id,
        "Dữ liệu mô phỏng",
        f"/dataset/{CODED}",
    ):
        assert text in cite, text
    assert re.search(r'<a href="https?://[^"]*" rel="license', html)
    real = plain(re.search(r'<p class="hn-cite".*?</p>', pages.html(AIR), re.DOTALL).group(0))
    assert "mô phỏng" not in real


def test_the_page_of_a_file_leads_to_the_table_and_shows_no_frame(pages):  # noqa: F811
    package = pages.catalogue.action("package_show", id=AIR)["result"]
    for resource in package["resources"]:
        html = pages.catalogue.page(f"/dataset/{AIR}/resource/{resource['id']}").text
        assert "<iframe" not in html
        if resource["format"] != "JSON":
            assert f"/dataset/{AIR}#data" in html


class Ids(HTMLParser):
    """Gathers the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.wanted: list[str] = []

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.found += [said["id"]] if said.get("id") else []
        self.wanted += [said["for"]] if tag == "label" else []
        self.wanted += [said["href"][1:]] if tag == "a" and (said.get("href") or "").startswith("#") else []


def test_ids_are_unique_and_labels_and_jumps_lead_somewhere(pages):  # noqa: F811
    for name in (AIR, YEARS, AREAS):
        ids = Ids()
        ids.feed(pages.html(name))
        assert len(set(ids.found)) == len(ids.found)
        assert set(ids.wanted) <= set(ids.found)


def test_the_script_of_the_table_gets_what_the_server_wrote_with(pages):  # noqa: F811
    said = json.loads(
        re.search(r'class="hn-table-texts">(.*?)</script>', pages.html(AIR, "?sort=-aqi&q=kim"), re.DOTALL).group(1)
    )
    assert said["asked"] == {"number": 1, "sort": "aqi", "descending": True, "words": "kim", "column": "", "total": 673}
    assert [c["form"] for c in said["columns"]][:7] == [
        "text",
        "text",
        "moment",
        "number",
        "number",
        "number",
        "number",
    ]
    assert said["columns"][0]["codes"]["1583"]
