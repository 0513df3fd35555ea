"""Gives up root's powers and becomes the command that follows; for other users, only the latter.

The first argument says what is left: ``powerless`` stays the same user, ``nobody`` becomes another
one, who keeps the power to read everything, since the interpreter may lie in root's own home.
"""

import ctypes
import os
import sys

NOBODY = 65534
CAPABILITIES = 64
CAPABILITY_VERSION_3 = 0x20080522
DAC_READ_SEARCH = 2
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 24, 47, 2

libc = ctypes.CDLL(None, use_errno=True)


def keep(powers: int) -> None:
    """Have these capabilities, a bit for each of the first 32, and none of the others."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(powers, powers, powers, 0, 0, 0)
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


if os.geteuid() == 0 and sys.argv[1] == "powerless":
    # What is not in the bounding set, root does not get back when it executes a program.
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    keep(0)
elif os.geteuid() == 0:
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    keep(1 << DAC_READ_SEARCH)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, DAC_READ_SEARCH, 0, 0)
os.execv(sys.argv[2], sys.argv[2:])
