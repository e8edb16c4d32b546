"""Atom feeds as a reader of feeds sees them."""

import feedparser
import httpx
import pytest

from .walk import AIR
from .ward_samples import NOTICE, wards  # noqa: F401

pytestmark = pytest.mark.platform

FEEDS = [
    "dataset", "changes", "organization/so-nn-mt", "theme/ENVI", "tag/air", f"dataset/{AIR}", "dataset/ward-notes",
]  # fmt: skip


def read(catalogue, name: str, language: str = ""):
    """Return a feed, which must be valid, as feedparser reads it."""
    answer = catalogue.page(f"{language}/feeds/{name}.atom" if "?" not in name else f"{language}/feeds/{name}")
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    for part in (feed.feed, *feed.entries):
        assert part.id.startswith("tag:127.0.0.1,2026:")
        assert part.title
        assert part.updated_parsed
        assert part.link.startswith(catalogue.url)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    return feed


@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_is_valid_in_both_languages(wards, name):  # noqa: F811
    vietnamese, english = read(wards, name), read(wards, name, "/en")
    assert (vietnamese.feed.language, english.feed.language) == ("vi", "en")
    assert vietnamese.feed.id != english.feed.id
    assert [entry.id for entry in vietnamese.entries] == [entry.id for entry in english.entries]
    assert vietnamese.entries
    assert all(entry.link.startswith(f"{wards.url}/en/") for entry in english.entries)
    itself = [link.href for link in english.feed.links if link.rel == "self"]
    assert itself == [f"{wards.url}/en/feeds/{name}.atom"]


def test_a_version_is_an_entry_with_its_files(wards):  # noqa: F811
    feed = read(wards, f"dataset/{AIR}")
    (entry,) = feed.entries
    assert entry.title == "Chất lượng không khí theo giờ, phiên bản 1"
    assert entry.updated == "2026-11-20T17:05:00+00:00"
    files = {link.href.rsplit(".", 1)[-1]: link for link in entry.links if link.rel == "enclosure"}
    assert set(files) == {"csv", "parquet", "json"}
    assert int(files["csv"].length) == len(httpx.get(files["csv"].href).content)
    assert entry.author == "Sở Nông nghiệp và Môi trường"
    assert read(wards, f"dataset/{AIR}", "/en").entries[0].title == "Hourly air quality, version 1"


def test_older_versions_and_announced_changes_are_in_the_feed_of_their_dataset(wards):  # noqa: F811
    titles = [entry.title for entry in read(wards, "dataset/ward-notes", "/en").entries]
    assert titles == [
        "Notes by ward, version 2", "Breaking change announced: ward-notes 2.0.0", "Notes by ward, version 1"
    ]  # fmt: skip
    (entry,) = read(wards, "changes", "/en").entries
    for said in (NOTICE["en"], "01/01/2027", "30/06/2027", "ward-notes.note"):
        assert said in entry.summary
    assert "2025" not in entry.updated


def test_simulated_data_are_marked_in_a_feed(wards):  # noqa: F811
    titles = {entry.title for entry in read(wards, "organization/so-xay-dung").entries}
    assert "Điểm dừng xe buýt, phiên bản 1 (dữ liệu mô phỏng)" in titles


def test_a_feed_holds_what_its_name_says_and_nothing_private(wards):  # noqa: F811
    assert len(read(wards, "theme/ENVI").entries) == 1
    assert [entry.title for entry in read(wards, "custom.atom?q=khong+khi").entries] == [
        "Chất lượng không khí theo giờ, phiên bản 1"
    ]
    every = {entry.title for entry in read(wards, "dataset").entries}
    assert len(every) == 6
    assert not any("ngựa vằn" in title for title in every)
    for missing in ("organization/none", "theme/NONE", "dataset/none", "dataset/secret-zebra", "group/none"):
        assert wards.page(f"/feeds/{missing}.atom").status_code == 404
    assert read(wards, "tag/none").entries == []
    assert wards.page("/feeds/dataset.atom?page=0").status_code == 400
    hostile = wards.page("/feeds/custom.atom?q=%3Cb%3E%22&tags=%22)+OR+(state:*")
    assert hostile.status_code in (200, 400)
    assert "ngựa vằn" not in hostile.text


def test_who_has_read_a_feed_gets_it_again_only_when_it_changed(wards):  # noqa: F811
    first = wards.page("/feeds/dataset.atom")
    again = wards.page("/feeds/dataset.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "feed"),
    [("/", "/feeds/dataset.atom"), ("/en/", "/en/feeds/changes.atom"), (f"/dataset/{AIR}", f"/feeds/dataset/{AIR}.atom"),
     ("/organization/so-nn-mt", "/feeds/organization/so-nn-mt.atom")],
)  # fmt: skip
def test_pages_tell_readers_of_feeds_where_theirs_are(catalogue, path, feed):
    html = catalogue.page(path).text
    assert 'type="application/atom+xml"' in html
    assert f'href="{feed}"' in html
