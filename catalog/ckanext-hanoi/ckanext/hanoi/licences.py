"""Names of licences in both languages: those of the contracts, then those that CKAN knows."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "cc0-1.0": ("CC0 1.0 – từ bỏ quyền", "CC0 1.0 – no rights reserved", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "cc-by-4.0": ("CC BY 4.0 – ghi công", "CC BY 4.0 – attribution", "https://creativecommons.org/licenses/by/4.0/"),
    "cc-by-sa-4.0": ("CC BY-SA 4.0 – ghi công, chia sẻ tương tự", "CC BY-SA 4.0 – attribution, share alike",
                     "https://creativecommons.org/licenses/by-sa/4.0/"),
    "odbl-1.0": ("ODbL 1.0 – cơ sở dữ liệu mở", "ODbL 1.0 – open database", "https://opendatacommons.org/licenses/odbl/1-0/"),
    "mit": ("Giấy phép MIT", "MIT licence", "https://opensource.org/license/mit"),
    "not-stated": ("Nguồn không nêu giấy phép", "The source states no licence", ""),
    "vn-legal-text": ("Văn bản pháp luật, không thuộc đối tượng bảo hộ quyền tác giả",
                      "Legal text, not subject to copyright in Vietnam", ""),
}  # fmt: skip


def shown(package: dict[str, Any], lang: str) -> dict[str, str]:
    """Return the licence's title and URL; CKAN's own title, else the id, for one that is not named here."""
    known = _NAMES.get((package.get("license_id") or "").lower())
    if known:
        return {"title": known[0 if lang == "vi" else 1], "url": known[2]}
    # CKAN stores the title in the language of whoever published; its register knows both.
    import ckan.model as model

    register = model.Package.get_license_register()
    entry = register.get(package.get("license_id")) if package.get("license_id") else None
    title = entry.title if entry else package.get("license_title") or package.get("license_id") or ""
    return {"title": title, "url": package.get("license_url") or ""}
