"""Where everything of one home lives on disk, and how its files are written."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hanoi_server.errors import ServerError

SERVER_DIR = Path(__file__).resolve().parents[1]

# A unix socket's path may have 107 bytes on Linux and 103 on macOS; the longest name put below is 25 bytes long.
_LONGEST_SOCKET_FOLDER = 75


@dataclass(frozen=True)
class Layout:
    """The files of one home: ``Layout.of(Path("~/.hanoi"))``."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> "Layout":
        """Return the layout of a home, whose path is made absolute and free of symbolic links."""
        return cls(home.expanduser().resolve())

    @property
    def root(self) -> Path:
        return self.home / "ckan"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def tables(self) -> Path:
        """What is held of large published tables for quick answers, a cache."""
        return self.root / "tables"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def storage(self) -> Path:
        return self.root / "storage"

    @property
    def ini(self) -> Path:
        return self.root / "ckan.ini"

    @property
    def lock(self) -> Path:
        return self.root / "server.lock"

    @property
    def server_json(self) -> Path:
        return self.root / "server.json"

    @property
    def prepared(self) -> Path:
        return self.root / "prepared.json"

    @property
    def api_token(self) -> Path:
        return self.root / "api_token"

    @property
    def admin_password(self) -> Path:
        return self.root / "admin_password"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that stand for the home's path."""
        return hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]

    @property
    def run_dir(self) -> Path:
        """The folder of unix sockets: inside the home, or among the temporary files when that path is too long."""
        inside = self.root / "run"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        return Path(tempfile.gettempdir()) / f"hanoi-{os.geteuid()}-{self.digest}"

    def create(self) -> None:
        """Create the folders, all of them closed to other users.

        Raises ServerError if the home belongs to another user, or its path has a character that CKAN cannot bear.
        """
        if set("%\n\r") & set(str(self.home)):
            # CKAN's reader of its configuration takes a % in the file's own path for a reference.
            raise ServerError(
                f"Đường dẫn {str(self.home)!r} có ký tự % hoặc xuống dòng mà CKAN không đọc được. Hãy chọn --home khác.",
                f"The path {str(self.home)!r} has a % or a line break, which CKAN cannot read. Choose another --home.",
            )
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (
            self.root,
            self.logs,
            self.storage,
            self.root / "webassets",
            self.tables,
            self.valkey,
            self.run_dir,
        ):
            private_folder(folder)


def private_folder(folder: Path) -> None:
    """Create a folder that only the calling user may enter, or close an existing one of theirs to everybody else.

    Raises ServerError if the path is a symbolic link or belongs to another user.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ServerError(
            f"Thư mục {folder} thuộc về người dùng khác (uid {found.st_uid}) hoặc là liên kết. "
            "Hãy chạy bằng đúng người dùng đó, hoặc chọn --home khác.",
            f"The folder {folder} belongs to another user (uid {found.st_uid}) or is a link. "
            "Run as that user, or choose another --home.",
        )
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by the calling user only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
