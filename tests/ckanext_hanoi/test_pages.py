"""The public pages and files of a running catalogue."""

import hashlib
import re
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import PRIVATE

pytestmark = pytest.mark.platform

AIR = "air-quality-hourly"


def files(catalogue, dataset: str = AIR, **options) -> dict[str, dict]:
    """Return the resources of a dataset by their format."""
    package = catalogue.action("package_show", id=dataset, **options)["result"]
    return {resource["format"]: resource for resource in package["resources"]}


def private_files(catalogue) -> list[str]:
    """Return the addresses of the files of the private dataset."""
    package = catalogue.action("package_show", signed_in=True, id=PRIVATE)["result"]
    return [urlsplit(resource["url"]).path for resource in package["resources"]]


def test_the_addresses_of_files_are_absolute_in_every_answer(catalogue):
    shown = files(catalogue)
    assert all(resource["url"].startswith(f"{catalogue.url}/data/{AIR}/1-") for resource in shown.values())
    found = catalogue.action("package_search", fq=f"name:{AIR}")["result"]["results"][0]
    assert [r["url"] for r in found["resources"]] == [r["url"] for r in shown.values()]
    single = catalogue.action("resource_show", id=shown["CSV"]["id"])["result"]
    assert single["url"] == shown["CSV"]["url"]
    # A patch reads the dataset and writes it back: what it made absolute must still follow the site.
    catalogue.action("package_patch", signed_in=True, id=AIR, version="x")
    assert files(catalogue)["CSV"]["url"] == shown["CSV"]["url"]


def test_a_file_is_the_published_bytes_with_name_type_range_and_etag(catalogue):
    types = {"CSV": "text/csv; charset=utf-8", "Parquet": "application/vnd.apache.parquet", "JSON": "application/json"}
    for form, resource in files(catalogue).items():
        answer = httpx.get(resource["url"])
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == resource["hash"]
        assert answer.headers["content-type"] == types[form]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
        again = httpx.get(resource["url"], headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        part = httpx.get(resource["url"], headers={"Range": "bytes=1-10"})
        assert (part.status_code, part.content) == (206, answer.content[1:11])
        version = re.search(r"/(1-[0-9a-f]{8})\.", resource["url"]).group(1)
        assert f"{AIR}-{version}." in answer.headers["content-disposition"]
        assert httpx.head(resource["url"]).headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "path",
    ["/data/../../server.log", "/data/%2e%2e/server.log", "/data/air-quality-hourly/..%2f..%2fserver.log",
     "/data/air-quality-hourly/1-571ebdd6.csv%00", "/data/air-quality-hourly/1-00000000.csv", "/data/Air/1-00000000.csv",
     "/data/air-quality-hourly/", "/data/air-quality-hourly/1-571ebdd6.exe", "/data/bus-stops/1-571ebdd6.csv"],
)  # fmt: skip
def test_nothing_but_published_files_is_served(catalogue, path):
    assert catalogue.page(path).status_code == 404


def test_the_files_of_a_private_dataset_are_for_its_owners(catalogue):
    for path in private_files(catalogue):
        refused = catalogue.page(path)
        assert refused.status_code == catalogue.page("/data/no-such/1-00000000.csv").status_code == 404
        allowed = catalogue.page(path, headers={"Authorization": catalogue.token})
        assert allowed.status_code == 200
        assert "no-store" in allowed.headers["cache-control"]
    assert catalogue.page(f"/dataset/{PRIVATE}").status_code == 404


def test_the_page_of_a_dataset_shows_what_a_reader_needs(catalogue):
    html = catalogue.page(f"/dataset/{AIR}").text
    for text in [
        "Chất lượng không khí theo giờ", "Sở Nông nghiệp và Môi trường", "1-", "130 dòng", "21/11/2026 00:05", "hằng giờ",
        "Trạm quan trắc của thành phố", "Thiếu 11 % số giờ.", "đã kiểm tra chất lượng", "Ghi công", "01/03/2025 – 06/03/2025",
        "Bụi mịn PM2.5", "µg/m³", "pm25@1", "01/03/2025 00:00", "38,97", "1.001010", "2001", "Dòng 1 đến 50 trên tổng số 130",
        "import hanoi_cloud as hc", f'.dataset("{AIR}").to_pandas()', "curl -fL", "9,2 kB",
    ]:  # fmt: skip
        assert text in html, text
    assert "hanoi_content_hash" not in html
    assert "Dữ liệu mô phỏng" not in html
    english = catalogue.page(f"/en/dataset/{AIR}").text
    for text in ["Hourly air quality", "Department of Agriculture and Environment", "130 rows", "every hour", "38.97"]:
        assert text in english, text


def test_simulated_data_are_marked_on_their_page_and_in_every_list(catalogue):
    assert "hn-simulated" in catalogue.page("/dataset/bus-stops").text
    for path, mark in [
        ("/", "Dữ liệu mô phỏng"),
        ("/dataset/?q=buyt", "Dữ liệu mô phỏng"),
        ("/en/organization/so-xay-dung", "Simulated data"),
    ]:
        html = catalogue.page(path).text
        assert f'<span class="hn-simulated">{mark}</span>' in html
        assert html.count('class="hn-simulated"') == 1


def rows(html: str) -> list[list[str]]:
    """Return the cells of the table of data."""
    table = html.split('class="hn-table"')[1].split("</table>")[0].split("<tbody>")[1]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("</tr>")[:-1]]


def test_the_table_has_pages_and_sorts_by_a_column(catalogue):
    first, last = (rows(catalogue.page(f"/dataset/{AIR}?page={page}").text) for page in (1, 3))
    assert (len(first), len(last)) == (50, 30)
    assert last[-1][0] == "06/03/2025 09:00"
    assert rows(catalogue.page(f"/dataset/{AIR}?page=99").text) == last
    down = rows(catalogue.page(f"/dataset/{AIR}?sort=-sensor").text)
    assert down[0][3] == "2029"
    assert [row[3] for row in down] == sorted((row[3] for row in down), reverse=True)
    for odd in ("?page=0", "?page=x", "?page=-1", "?sort=nothing", "?sort=%22%3B+DROP", "?page=9999999999999999999"):
        assert rows(catalogue.page(f"/dataset/{AIR}{odd}").text) == first


def test_a_dataset_without_its_files_still_has_a_page(catalogue):
    package = catalogue.action(
        "package_create", signed_in=True, name="no-files", title="Không tệp", owner_org="so-xay-dung", private=False,
        extras=[{"key": "hanoi_version", "value": "1-00000000"}, {"key": "known_flaws", "value": "not json"}],
    )  # fmt: skip
    assert package["success"], package
    answer = catalogue.page("/dataset/no-files")
    assert answer.status_code == 200
    assert "Hiện không hiển thị được bảng" in answer.text
    catalogue.action("dataset_purge", signed_in=True, id="no-files")


def test_editing_in_english_keeps_the_vietnamese_title(catalogue):
    html = catalogue.page(
        f"/en/dataset/edit/{AIR}", headers={"Authorization": catalogue.token}, follow_redirects=True
    ).text
    assert 'value="Chất lượng không khí theo giờ"' in html


@pytest.mark.parametrize("path", ["/", "/dataset/", f"/dataset/{AIR}", "/organization/", "/about", "/nope"])
def test_no_page_loads_anything_from_elsewhere(catalogue, path):
    html = catalogue.page(path).text
    loaded = re.findall(r'<(?:script|img|link|iframe)\b[^>]*?(?:src|href)="([^"]+)"', html)
    assert loaded
    assert [url for url in loaded if urlsplit(url).netloc not in ("", urlsplit(catalogue.url).netloc)] == []


def test_a_missing_page_and_a_strange_search_answer_plainly(catalogue):
    assert catalogue.page("/nope").status_code == 404
    strange = catalogue.page("/dataset/?q=title:(")
    assert strange.status_code == 200
    assert "Không hiểu được câu tìm kiếm này" in strange.text
    hostile = catalogue.page("/dataset/?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert(1)" not in hostile


def uses(catalogue, language: str = "") -> dict[str, int]:
    """Return how often each dataset was used, as the home page lists it."""
    html = catalogue.page(f"{language}/").text
    if "<ol" not in html:
        return {}
    rows = re.findall(r'/dataset/([\w-]+)">[^<]+</a> <span>(\d+) ', html.split("<ol")[1].split("</ol>")[0])
    return {name: int(times) for name, times in rows}


def test_the_home_page_lists_what_is_used_most_without_keeping_who_used_it(catalogue):
    before = uses(catalogue)
    csv = files(catalogue, "bus-stops")["CSV"]["url"].removeprefix(catalogue.url)
    for path, options in [
        ("/dataset/bus-stops", {}), ("/en/dataset/bus-stops", {}), (csv, {}), (csv, {"headers": {"Range": "bytes=0-9"}}),
    ]:  # fmt: skip
        assert catalogue.page(path, **options).status_code in (200, 206)
    not_counted = [
        (csv, {"headers": {"Range": "bytes=10-19"}}), ("/dataset/bus-stops", {"headers": {"User-Agent": "Googlebot/2.1"}}),
        ("/dataset/bus-stops", {"headers": {"Sec-Purpose": "prefetch"}}), ("/dataset/no-such-dataset", {}),
        (f"/dataset/{PRIVATE}", {"headers": {"Authorization": catalogue.token}}),
    ]  # fmt: skip
    for path, options in not_counted:
        catalogue.page(path, **options)
    assert httpx.head(catalogue.url + csv).status_code == 200
    after = uses(catalogue)
    assert after["bus-stops"] - before.get("bus-stops", 0) == 4
    assert uses(catalogue, "/en") == after
    assert PRIVATE not in after, "what is used in private is nobody's business"


def test_quality_at_a_glance_counts_and_leads_to_the_datasets(catalogue):
    html = catalogue.page("/").text
    numbers = dict(re.findall(r'href="/chat-luong\?state=(\w+)"><strong>(\d+)', html))
    public = catalogue.action("package_search", rows=0)["result"]["count"]
    assert int(numbers["passed"]) == public
    assert sum(int(numbers[state]) for state in ("fresh", "due", "late", "unknown")) == public
    listed = catalogue.page("/chat-luong?state=passed").text
    assert set(re.findall(r'href="/dataset/([\w-]+)"', listed.split("<tbody>")[1])) == {AIR, "bus-stops"}
    of_one = catalogue.page("/en/quality?organization=so-nn-mt").text.split("<tbody>")[1]
    assert set(re.findall(r'href="/en/dataset/([\w-]+)"', of_one)) == {AIR}
    assert "ngựa vằn" not in catalogue.page("/chat-luong").text
    assert "Không có bộ dữ liệu nào mang dấu này." in catalogue.page("/chat-luong?state=late").text
    for odd in ("?page=99", "?page=x", "?state=nonsense", "?organization=none"):
        assert catalogue.page(f"/chat-luong{odd}").status_code == 200


def test_the_page_of_an_agency_tells_its_datasets_last_update_and_contact(catalogue):
    page = catalogue.page("/organization/so-nn-mt").text
    assert "cập nhật gần nhất 21/11/2026 00:05" in page
    assert 'href="/chat-luong?state=passed&amp;organization=so-nn-mt"' in page
    assert "chưa nêu đầu mối liên hệ" in page
    shown = catalogue.action("organization_show", id="so-nn-mt")["result"]
    extras = [{"key": extra["key"], "value": extra["value"]} for extra in shown["extras"]]
    told = [{"key": "contact_email", "value": "dulieu@example.vn"}, {"key": "website", "value": "javascript:alert(1)"}]
    changed = catalogue.action("organization_patch", signed_in=True, id="so-nn-mt", extras=extras + told)
    assert changed["success"], changed
    page = catalogue.page("/en/organization/so-nn-mt").text
    catalogue.action("organization_patch", signed_in=True, id="so-nn-mt", extras=extras)
    assert 'href="mailto:dulieu@example.vn"' in page
    assert "javascript:" not in page


@pytest.mark.parametrize(
    ("path", "to"), [("/du-lieu", "/dataset/"), ("/en/co-quan", "/en/organization/"), ("/gioi-thieu", "/about")]
)
def test_vietnamese_addresses_lead_to_their_pages(catalogue, path, to):
    assert catalogue.page(path).headers["location"].removeprefix(catalogue.url) == to
