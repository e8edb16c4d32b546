"""Texts of CKAN itself that the public pages show and that CKAN's own Vietnamese lacks or gets wrong.

They stand here so that the translation tools find them; nothing reads this list.
"""

from __future__ import annotations

from .helpers import _later

TEXTS = (
    _later("Username or Email"),
    _later("Creative Commons Attribution"),
    _later("Creative Commons Attribution Share-Alike"),
    _later("Creative Commons CCZero"),
    _later("Creative Commons Non-Commercial (Any)"),
    _later("License not specified"),
    _later("Open Data Commons Public Domain Dedication and License (PDDL)"),
    _later("Open Data Commons Open Database License (ODbL)"),
    _later("Open Data Commons Attribution License"),
    _later("Other (Attribution)"),
    _later("Other (Open)"),
    _later("Other (Public Domain)"),
    _later("Other (Non-Commercial)"),
    _later("Other (Not Open)"),
    _later("Other (At The Discretion Of The Owner)"),
    _later("UK Open Government Licence (OGL)"),
)
