"""Become another user for good and run a program: ``python -I as_user.py UID GID PROGRAM ARGUMENT...``.

It works for a numeric user that has no line in /etc/passwd, and gives up every supplementary group first.
"""

import os
import sys

if __name__ == "__main__":
    uid, gid, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.execv(program[0], program)  # noqa: S606 - the program is an argument list of ours
