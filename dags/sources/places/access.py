"""What the platform may reach on behalf of a contract: hosts, folders, and the secrets that a contract names."""

import ipaddress
import os
import re
import socket
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dags.sources.places.errors import PlaceForbidden, SecretMissing

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SECRET_BYTES = 64 * 1024


@dataclass(frozen=True)
class Access:
    """What the settings allow. Public hosts may be reached; others only within ``networks`` or named in ``hosts``."""

    home: Path
    networks: tuple[Network, ...] = ()
    folders: tuple[Path, ...] = ()
    hosts: frozenset[str] = frozenset()
    """Hosts that the operator named, which may be wherever they are."""
    max_bytes: int = 2 * 1024**3
    max_seconds: float = 3600

    def addresses(self, host: str) -> Sequence[str]:
        """The addresses of ``host`` that may be reached. A connection is made to one of them, never to the name again.

        Raises:
            OSError: the name has no address.
            PlaceForbidden: every address is of a network that the settings do not name.
        """
        found = dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        allowed = [address for address in found if host in self.hosts or self._may_reach(address)]
        if not allowed:
            listed = ", ".join(found)
            raise PlaceForbidden(
                f"{host} nằm trong mạng nội bộ ({listed}), nơi hợp đồng không được tự dẫn tới. Nếu đúng là máy của cơ quan, "
                "hãy thêm mạng ấy vào HANOI_PRIVATE_NETWORKS.",
                f"{host} is on a private network ({listed}), where no contract leads by itself. If it is the agency's own "
                "machine, add that network to HANOI_PRIVATE_NETWORKS.",
            )
        return allowed

    def connected(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connection to ``host``. Raises OSError where it does not answer, PlaceForbidden where it may not be reached."""
        addresses = self.addresses(host)
        for number, address in enumerate(addresses, 1):
            try:
                return socket.create_connection((address, port), timeout)
            except OSError:
                if number == len(addresses):
                    raise
        raise OSError(f"{host} has no address")

    def is_private(self, host: str) -> bool:
        """Whether every address of ``host`` is on a network that the settings name or the operator vouches for."""
        return host in self.hosts or all(
            any(address in network for network in self.networks)
            for address in map(ipaddress.ip_address, self.addresses(host))
        )

    def folder(self, path: str) -> Path:
        """The folder ``path`` below the first of the allowed folders that has it.

        Raises:
            PlaceForbidden: none has it, or it leads out through a link.
        """
        for root in (folder.resolve() for folder in self.folders):
            found = (root / path).resolve()
            if found.exists() and found.is_relative_to(root):
                return found
        listed = ", ".join(map(str, self.folders)) or "—"
        raise PlaceForbidden(
            f"Không có thư mục hay tệp {path!r} bên trong HANOI_FOLDERS ({listed}). Hãy gắn (mount) thư mục ấy hoặc sửa hợp đồng.",
            f"There is no folder or file {path!r} below HANOI_FOLDERS ({listed}). Mount the folder or correct the contract.",
        )

    def secret(self, name: str) -> str:
        """The secret called ``name``: of ``HANOI_SECRET_NAME`` in the environment, else of the file ``secrets/name`` of the home.

        Raises:
            SecretMissing: neither is there, or users other than the owner can read the file.
        """
        variable = f"HANOI_SECRET_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        path = self.home / "secrets" / name
        if found := os.environ.get(variable, "").strip():
            return found
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise SecretMissing(
                        f"Người khác đọc được tệp bí mật {path}. Hãy chạy: chmod 600 {path}",
                        f"Other users can read the secret file {path}. Run: chmod 600 {path}",
                    )
                found = file.read(_SECRET_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeError):
            found = ""
        if not found:
            raise SecretMissing(
                f"Chưa có bí mật {name!r}. Hãy đặt biến môi trường {variable}, hoặc ghi vào tệp {path} (chmod 600).",
                f"The secret {name!r} is not there. Set {variable} in the environment, or write the file {path} (chmod 600).",
            )
        return found

    def _may_reach(self, address: str) -> bool:
        found = _innermost(ipaddress.ip_address(address))
        return any(found in network for network in self.networks) or (found.is_global and not found.is_multicast)


def _innermost(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one carries within it, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    within = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if within is None and address in _NAT64:
        within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return within or address
