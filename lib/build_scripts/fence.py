"""Refuses what an app may not do during a build: reach the network, and change files.

Both while the build only imports the app; commands of the app that write files are refused the
network alone. An audit hook refuses it for Python code, with an error that says so, on any
platform. Where the kernel permits, a seccomp filter also refuses it for everything else: C
code, and the processes that the app starts, which inherit it.

https://docs.python.org/3/library/audit_events.html, https://man7.org/linux/man-pages/man2/seccomp.2.html
"""

import builtins
import ctypes
import errno
import io
import os
import platform
import resource
import socket
import struct
import sys

WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
DEVICES = ("/dev/null", "/dev/full", "/dev/tty", "/dev/stdout", "/dev/stderr")
CHANGES = frozenset(
    {
        *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink"),
        *("os.truncate", "os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr"),
        *("shutil.rmtree", "shutil.move", "tempfile.mkdtemp", "tempfile.mkstemp"),
    }
)
"""The audit events of changes to files."""
LOOK_UPS = frozenset(
    {
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"),
        "socket.getnameinfo",
    }
)

SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER_MODE = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # linux/seccomp.h: SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
LOAD, EQUAL, ANY_BIT, ABOVE, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # linux/bpf_common.h
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
CREATES = os.O_CREAT | os.O_TRUNC
FIRST_OF_X32 = 0x40000000

# https://github.com/torvalds/linux/blob/v6.12/arch/x86/entry/syscalls/syscall_64.tbl and
# https://github.com/torvalds/linux/blob/v6.12/scripts/syscall.tbl
SYSCALLS = {
    "x86_64": {
        "machine": 0xC000003E,
        "socket": 41,
        "opens": {2: 1, 257: 2},
        "unseen": (425, 437),
        "changes": (
            *(76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 132, 133, 165, 188, 189),
            *(190, 197, 198, 199, 235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 285),
            *(316, 452),
        ),
    },
    "aarch64": {
        "machine": 0xC00000B7,
        "socket": 198,
        "opens": {56: 2},
        "unseen": (425, 437),
        "changes": (
            *(5, 6, 7, 14, 15, 16, 33, 34, 35, 36, 37, 38, 40, 45, 46, 47, 52, 53, 54, 55, 88),
            *(276, 452),
        ),
    },
}
"""The numbers of system calls. `opens` maps each to the place of its flags, and `unseen` are
those whose arguments a filter cannot see, which programs can do without."""


NO_NETWORK = "the build does not let the app use the network"


class Refused(PermissionError):
    """The fence has refused something."""


def close():
    """Refuse the network and changes to files from now on, for this process and its children.

    Returns whether the kernel refuses them too.
    """
    let_devices_be_opened()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # not even into files that are open
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    is_filtered = filter_system_calls(files=True)
    sys.addaudithook(refuse)
    return is_filtered


def close_network():
    """Refuse only the network and new databases; returns whether the kernel refuses it too.

    Sockets in the file system count as the network, because databases have them, too; those of
    Python's multiprocessing do not.
    """
    is_filtered = filter_system_calls(files=False)
    sys.addaudithook(refuse_connections)
    return is_filtered


def refuse_connections(event, arguments):
    # Most events are about something else, and there are thousands.
    if event == "sqlite3.connect":
        refuse_new_database(arguments[0])
    elif event.startswith("socket."):
        refuse_network(event, arguments)
        if event == "socket.connect" and is_of_server(arguments[1]):
            raise Refused(errno.EACCES, NO_NETWORK)


def refuse_network(event, arguments):
    is_remote = event == "socket.__new__" and arguments[1] != socket.AF_UNIX
    if is_remote or (event in LOOK_UPS and not is_local(arguments[0])):
        raise Refused(errno.EACCES, NO_NETWORK)


def is_local(host):
    """Return whether a host is this machine, whose name a file has."""
    if isinstance(host, (bytes, bytearray)):
        host = os.fsdecode(bytes(host))
    return host in (None, "", "localhost", "127.0.0.1", "::1", socket.gethostname())


def is_of_server(address):
    """Return whether the address of a socket is a path, and not one of multiprocessing.

    https://github.com/python/cpython/blob/3.13/Lib/multiprocessing/connection.py
    """
    path = os.fsdecode(address) if isinstance(address, (str, bytes)) else ""
    return bool(path) and not path.startswith("\0") and "/pymp-" not in path


def refuse_new_database(database):
    """Refuse to create an SQLite database, which would be empty and in the built app."""
    name = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
    path, _, options = name.removeprefix("file:").partition("?")
    if path in ("", ":memory:") or "mode=memory" in options or os.path.exists(path):
        return
    import sqlite3  # not every Python has it

    class NoDatabase(sqlite3.OperationalError):
        """The fence has refused a new database."""

    raise NoDatabase(f"the build does not create a database: {path} does not exist")


def refuse(event, arguments):
    refuse_network(event, arguments)
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITES and is_file(path):
            raise Refused(errno.EROFS, "the build does not let the app write", os.fspath(path))
    elif event in CHANGES:
        path = arguments[0] if isinstance(arguments[0], str) else None
        raise Refused(errno.EROFS, "the build does not let the app change files", path)


def is_file(path):
    return isinstance(path, (str, bytes)) and os.fsdecode(path) not in DEVICES


def let_devices_be_opened():
    """Open devices without the flags that create files, which the kernel refuses.

    A filter sees the flags, but not the path.
    """
    usual = open

    def opened(file, *arguments, **options):
        if not options.get("opener") and len(arguments) < 7 and file in DEVICES:
            options["opener"] = lambda path, flags: os.open(path, flags & ~CREATES)
        return usual(file, *arguments, **options)

    builtins.open = io.open = opened


def filter_system_calls(*, files):
    """Install the seccomp filter, also for files; return whether this machine can have one."""
    known = SYSCALLS.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    code = b"".join(instructions(known, files=files))
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *([ctypes.c_void_p] * 4)]
    return (
        prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and prctl(SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(program), 0, 0) == 0
    )


def instructions(known, *, files):
    """Yield the filter, instruction by instruction: struct sock_filter of linux/filter.h."""
    refuse_change, refuse_network = REFUSE | errno.EROFS, REFUSE | errno.EACCES
    yield step(LOAD, MACHINE)
    yield step(EQUAL, known["machine"], 1, 0)
    yield step(RETURN, REFUSE | errno.ENOSYS)
    yield step(LOAD, NUMBER)
    if known["machine"] == SYSCALLS["x86_64"]["machine"]:
        yield step(ABOVE, FIRST_OF_X32, 0, 1)
        yield step(RETURN, REFUSE | errno.ENOSYS)
    for number in known["unseen"]:
        yield step(EQUAL, number, 0, 1)
        yield step(RETURN, REFUSE | errno.ENOSYS)
    for number in known["changes"] if files else ():
        yield step(EQUAL, number, 0, 1)
        yield step(RETURN, refuse_change)
    for number, place in known["opens"].items() if files else ():
        yield step(EQUAL, number, 0, 4)
        yield step(LOAD, ARGUMENTS + 8 * place)
        yield step(ANY_BIT, CREATES, 0, 1)
        yield step(RETURN, refuse_change)
        yield step(RETURN, ALLOW)
    yield step(EQUAL, known["socket"], 0, 4)
    yield step(LOAD, ARGUMENTS)
    yield step(ABOVE, 2, 0, 1)  # AF_UNSPEC is 0, AF_UNIX is 1
    yield step(RETURN, refuse_network)
    yield step(RETURN, ALLOW)
    yield step(RETURN, ALLOW)


def step(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)
