"""The topics of datasets: the EU's data themes, which DCAT-AP prescribes, named in Vietnamese and English.

Source: http://publications.europa.eu/resource/authority/data-theme
"""

from __future__ import annotations

BASE = "http://publications.europa.eu/resource/authority/data-theme/"

_NAMES = {
    "AGRI": ("Nông nghiệp, thuỷ sản, lâm nghiệp và thực phẩm", "Agriculture, fisheries, forestry and food"),
    "ECON": ("Kinh tế và tài chính", "Economy and finance"),
    "EDUC": ("Giáo dục, văn hoá và thể thao", "Education, culture and sport"),
    "ENER": ("Năng lượng", "Energy"),
    "ENVI": ("Môi trường", "Environment"),
    "GOVE": ("Chính quyền và khu vực công", "Government and public sector"),
    "HEAL": ("Y tế", "Health"),
    "INTR": ("Các vấn đề quốc tế", "International issues"),
    "JUST": ("Tư pháp, pháp luật và an toàn công cộng", "Justice, legal system and public safety"),
    "OP_DATPRO": ("Dữ liệu tạm thời", "Provisional data"),
    "REGI": ("Vùng và đô thị", "Regions and cities"),
    "SOCI": ("Dân số và xã hội", "Population and society"),
    "TECH": ("Khoa học và công nghệ", "Science and technology"),
    "TRAN": ("Giao thông vận tải", "Transport"),
}


def label(uri: str, lang: str) -> str:
    """Return the topic's name in `lang` (vi or en), or the end of the URI when it is not a known theme."""
    names = _NAMES.get(code(uri))
    return names[0 if lang == "vi" else 1] if names else code(uri)


def known(uri: str) -> bool:
    """Say whether the URI is one of the themes."""
    return uri.startswith(BASE) and uri[len(BASE) :] in _NAMES


def code(uri: str) -> str:
    """Return the last part of the theme's URI, such as ENVI."""
    return uri.rstrip("/").rsplit("/", 1)[-1]


def names() -> dict[str, tuple[str, str]]:
    """Return the themes' Vietnamese and English names by code."""
    return dict(_NAMES)
