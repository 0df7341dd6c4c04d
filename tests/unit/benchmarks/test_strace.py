"""Processes and connections are counted correctly from strace's output."""

from __future__ import annotations

from strace import Traced, read_trace


def traced(text: str) -> Traced:
    return read_trace(text.splitlines(keepends=True))


def test_the_command_itself_is_not_counted() -> None:
    found = traced("""\
10 execve("bin/compile", ["bin/compile", "app"], 0x7ff /* 4 vars */) = 0
11 execve("/usr/bin/dirname", ["dirname", "--", "bin/compile"], 0x7ff /* 4 vars */) = 0
10 execve("/usr/bin/python3", ["python3", "-I"], 0x7ff /* 4 vars */) = 0
""")
    assert found.processes == ("dirname -- compile",)


def test_a_command_line_has_no_folders_and_hosts() -> None:
    found = traced("""\
10 execve("/bin/sh", ["sh"], 0x7ff /* 4 vars */) = 0
11 execve("/a/b/pip", ["/a/b/pip", "-i", "https://i.example/simple", "--cert=/c/d"], 0x7 \
/* 4 vars */) = 0
""")
    assert found.processes == ("pip -i simple --cert=d",)


def test_a_program_that_was_not_found_is_not_counted() -> None:
    found = traced("""\
10 execve("/bin/sh", ["sh"], 0x7ff /* 4 vars */) = 0
11 execve("/usr/local/bin/git", ["git"], 0x7ff /* 4 vars */) = -1 ENOENT (No such file ...)
11 execve("/usr/bin/git", ["git"], 0x7ff /* 4 vars */) = 0
""")
    assert found.processes == ("git",)


def test_a_call_that_another_process_interrupts_is_complete() -> None:
    found = traced("""\
10 execve("/bin/sh", ["sh"], 0x7ff /* 4 vars */) = 0
11 execve("/usr/bin/uv", ["uv", "pip"], 0x7ff /* 4 vars */ <unfinished ...>
12 connect(3, {sa_family=AF_UNIX, sun_path="/run/socket"}, 110) = -1 ENOENT
11 <... execve resumed>) = 0
""")
    assert found.processes == ("uv pip",)
    assert found.connections == ()


def test_commands_of_django_are_counted_separately() -> None:
    found = traced("""\
10 execve("/bin/sh", ["sh"], 0x7ff /* 4 vars */) = 0
11 execve("venv/bin/python", ["python", "manage.py", "migrate"], 0x7ff /* 4 vars */) = 0
12 execve("venv/bin/python", ["python", "collectstatic.py"], 0x7ff /* 4 vars */) = 0
13 execve("venv/bin/pip", ["pip", "check"], 0x7ff /* 4 vars */) = 0
""")
    assert (len(found.processes), found.of_django) == (3, 2)


def test_connections_to_port_0_are_not_counted() -> None:
    found = traced("""\
10 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16) = 0
10 connect(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("10.0.0.9")}, 16) = 0
10 connect(4, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), \
inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 EINPROGRESS (Operation now)
""")
    assert found.connections == ("10.0.0.2 port 53", "::1 port 443")
