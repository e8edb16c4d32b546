"""Rows that were refused: kept with their reasons, shown without what is nobody's business, and taken up again.

``Quarantine`` keeps the files, ``shown_rows`` says what is in one, ``replay`` judges a delivery anew: under another contract
version, or with the rows that the agency mended.
"""

from dags.quarantine.errors import (
    NewerData,
    NothingKept,
    NothingQuarantined,
    RepairRefused,
    UnknownContractVersion,
    UnknownDelivery,
    UnknownRule,
)
from dags.quarantine.files import Kept, Quarantine
from dags.quarantine.replay import Replayed, replay
from dags.quarantine.rows import Reason, ShownRow, shown_rows, write_rows

__all__ = [
    "Kept",
    "NewerData",
    "NothingKept",
    "NothingQuarantined",
    "Quarantine",
    "Reason",
    "RepairRefused",
    "Replayed",
    "ShownRow",
    "UnknownContractVersion",
    "UnknownDelivery",
    "UnknownRule",
    "replay",
    "shown_rows",
    "write_rows",
]
