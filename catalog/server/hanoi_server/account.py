"""The user that PostgreSQL runs as: the caller, or a user of its own when the caller is root, whom it refuses."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "hanoi-postgres"

# In the gap that systemd's table of users leaves free, and below 65536, for a container may have no higher ones.
_UNNAMED_UID = 61_100

_USERADD_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")


@dataclass(frozen=True)
class Account:
    """A user of the system, by number.

    ``switch`` starts a command as this user; ``initdb`` is the user who may create a cluster, for `initdb` insists on a
    user with a name while the server does not.
    """

    uid: int
    gid: int
    initdb: tuple[int, int]

    @property
    def foreign(self) -> bool:
        """Whether this is somebody else than the caller."""
        return self.uid != os.geteuid()

    def switch(self, command: list[str], *, initdb: bool = False) -> list[str]:
        """Return the command that runs ``command`` as this user."""
        if not self.foreign:
            return command
        uid, gid = self.initdb if initdb else (self.uid, self.gid)
        return [sys.executable, "-I", str(Path(__file__).with_name("as_user.py")), str(uid), str(gid), *command]


def postgres_account() -> Account:
    """Return the user for PostgreSQL, which root creates on the first call.

    Where the system has no `useradd`, the server gets a number of its own that no account has, and `nobody` lends its
    name to `initdb` for the moment that takes.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), (os.geteuid(), os.getegid()))
    entry = _entry(NAME) or _added()
    if entry is not None:
        return Account(entry.pw_uid, entry.pw_gid, (entry.pw_uid, entry.pw_gid))
    nobody = pwd.getpwnam("nobody")
    return Account(_UNNAMED_UID, _UNNAMED_UID, (nobody.pw_uid, nobody.pw_gid))


def _entry(name: str) -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name)
    return None


def _added() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=os.pathsep.join((*_USERADD_FOLDERS, os.environ.get("PATH", ""))))
    if useradd is None:
        return None
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    # A read-only /etc is met in containers: then the unnamed user serves as well.
    subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, check=False)
    return _entry(NAME)
