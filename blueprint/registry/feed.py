"""The changelog as an Atom feed (RFC 4287), in Vietnamese or in English, each entry with the text of both."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from blueprint.changelog import Release
from blueprint.days import ZONE
from blueprint.registry.comparing import BUMPS
from blueprint.registry.language import Language, chooser, said
from blueprint.registry.lookup import page_of
from blueprint.registry.site import environment
from blueprint.text import Bilingual

MEDIA_TYPE = "application/atom+xml"
_SPACE = UUID("6f0c6a4e-5f0e-4f0a-9f0d-3f4c1b7a2d10")
_MOST = 100


def atom(releases: Sequence[Release], titles: Mapping[str, Bilingual], language: Language, base: str) -> bytes:
    """The newest entries of the changelog; ``titles`` are those of the subjects. Ids stay the same wherever the feed is served from."""
    listed = releases[:_MOST]
    text = (
        environment()
        .get_template("feed.xml")
        .render(
            language=language,
            t=chooser(language),
            base=base,
            id=uuid5(_SPACE, f"changelog:{language}"),
            updated=_moment(max((r.date for r in listed), default=date(2025, 7, 1))),
            entries=[_entry(r, language, titles) for r in listed],
        )
    )
    return text.encode()


def _entry(release: Release, language: Language, titles: Mapping[str, Bilingual]) -> dict[str, Any]:
    return {
        "id": uuid5(_SPACE, release.ref),
        "title": f"{said(titles[release.subject], language)} ({release.ref})"
        if release.subject in titles
        else release.ref,
        "updated": _moment(release.date),
        "path": page_of(release.subject, release.version),
        "bump": release.bump,
        "notice": release.notice,
        "vi": "\n".join(_lines(release, "vi")),
        "en": "\n".join(_lines(release, "en")),
    }


def _lines(release: Release, language: Language) -> Iterator[str]:
    t = chooser(language)
    yield f"{said(BUMPS[release.bump], language)}: {release.ref}"
    yield from (f"- {t(c.vi, c.en)}" for c in release.changes)
    if notice := release.notice:
        yield t(notice.vi, notice.en)
        yield t(
            f"Có hiệu lực từ {notice.effective}; phiên bản {notice.former} còn được phục vụ đến hết {notice.former_until}.",
            f"In effect from {notice.effective}; version {notice.former} is served through {notice.former_until}.",
        )
        concerned = (*notice.concerned, *notice.columns, *notice.organisations)
        if concerned:
            yield f"{t('Liên quan', 'Concerned')}: {', '.join(concerned)}."


def _moment(day: date) -> str:
    return datetime.combine(day, time(), ZONE).isoformat()
