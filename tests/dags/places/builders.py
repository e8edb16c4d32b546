"""Contracts with one source, and deliveries of what it gives."""

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Any

from blueprint import Contract
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.places import Access, locate
from tests.dags.builders import contract

HERE = ipaddress.ip_network("127.0.0.0/8")
DAY = dt.date(2025, 7, 3)


def declared(reading: str = "csv", **source: Any) -> Contract:
    """A contract with one source of which the fields are given."""
    return contract(sources=[{"reading": {"format": reading}, **source}])


class Home:
    """A home folder in which deliveries are kept, with the right to reach this machine and the folder ``shares``."""

    def __init__(self, folder: Path, max_bytes: int = 10_000_000) -> None:
        self.folder = folder
        self.shares = folder / "shares"
        self.shares.mkdir()
        self.access = Access(folder, (HERE,), (self.shares,), max_bytes=max_bytes)
        self.store = DeliveryStore(folder, max_bytes)

    def deliver(self, contract: Contract, date: dt.date = DAY, sources: str | None = None) -> Delivery:
        return self.store.keep(contract, locate(contract, sources, date=date, access=self.access), "run")

    def contents(self, delivery: Delivery) -> dict[str, bytes]:
        """The files of a delivery by name."""
        return {file.name: self.store.path(file).read_bytes() for file in delivery.files}

    def secret(self, name: str, value: str) -> None:
        (self.folder / "secrets").mkdir(mode=0o700, exist_ok=True)
        path = self.folder / "secrets" / name
        path.touch(0o600)
        path.write_text(value)
