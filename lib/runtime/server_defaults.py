"""Decides how the web server of an app runs, from its container and its platform.

Gunicorn's settings have the names that its configuration file uses. The build leaves out those
that the app sets itself, because GUNICORN_CMD_ARGS wins over a configuration file
(https://docs.gunicorn.org/en/stable/configure.html).

The limits are those of control groups, version 1 or 2: the lowest limit of the process's own
group and of all groups above it.
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

import os
import stat

MEMORY_OF_A_WORKER = 128 * 1024 * 1024
"""Bytes that a typical Django process uses after a while."""
MOST_WORKERS = 12
"""As Gunicorn's documentation advises; more workers would only wait for the database."""
MOST_WORKERS_OF_NODEJS = 200
"""With more, its buildpack takes the memory for unknown, and uses one."""
MOST_REQUESTS = 20
"""Requests at a time in all threads: each may use a connection to the database, and small
databases allow about 20."""
MOST_THREADS = 4

PLATFORMS = (
    # Heroku, and Dokku and others that do as Heroku does.
    # https://devcenter.heroku.com/articles/dyno-shutdown-behavior
    ("DYNO", 30, True),
    # https://doc.scalingo.com/platform/internals/container-management
    # https://doc.scalingo.com/platform/app/environment
    ("SCALINGO_APPLICATION_ID", 30, True),
    # https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#shutdown
    ("VCAP_APPLICATION", 10, True),
    # https://cloud.google.com/run/docs/container-contract
    ("K_SERVICE", 10, True),
    # https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
    ("KUBERNETES_SERVICE_HOST", 30, False),
)
"""A variable that a platform sets -> the seconds between SIGTERM and SIGKILL, and whether all
requests come through its router. The first one that is set counts."""
_ELSEWHERE = (10, False)
"""As `docker stop`."""

MEMORY_FOLDER = "/dev/shm"  # noqa: S108 - Gunicorn creates its files there securely
_WITHOUT_DEFAULT = {
    "accesslog": ("--log-config", "--log-config-json", "--logger-class"),
    "threads": ("-w", "--workers", "-k", "--worker-class"),
    "control_socket": ("--control-socket",),
}
"""A setting -> the options in the user's GUNICORN_CMD_ARGS with which it gets no default. The
option that sets it need not be one of them: it comes later than the default, and so wins."""
_CONFIG = ("-c", "--config")


def server_defaults(
    environment: dict[str, str], settings: list[str], warnings: list[str]
) -> dict[str, str]:
    """Return the variables to set; add problems to `warnings`, as sentences.

    `settings` are those of Gunicorn that get a default. Variables that the user has set stay,
    even empty ones, with two exceptions: a WEB_CONCURRENCY with which no server starts is
    replaced, and GUNICORN_CMD_ARGS is extended, unless it is empty. Its own options come after
    the defaults, so that they win. A WEB_CONCURRENCY for Node.js is not the user's.
    """
    values: dict[str, str] = {}
    given = environment.get("WEB_CONCURRENCY")
    is_of_user = given != workers_of_nodejs(environment) or is_set_at_start("WEB_CONCURRENCY")
    workers, problem = workers_of_user(given if is_of_user else None)
    if workers is None:
        workers = worker_count(available_cpus(), available_memory())
        values["WEB_CONCURRENCY"] = str(workers)
    if problem:
        warnings.append(
            f"WEB_CONCURRENCY {problem}, so {workers} is used as the number of workers."
        )
    delay, has_router = platform_of(environment)
    timeout = graceful_timeout(delay)
    if has_router and "FORWARDED_ALLOW_IPS" not in environment:
        values["FORWARDED_ALLOW_IPS"] = "*"
    if "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN" not in environment:
        values["UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"] = str(timeout)
    own = environment.get("GUNICORN_CMD_ARGS")
    defaults = gunicorn_options(settings, own or "", workers, timeout)
    is_off = own is not None and not own.strip()
    # This may run again for a process that has the variables already.
    is_there = own is not None and f"{own} ".startswith(f"{defaults} ")
    if defaults and not is_off and not is_there:
        values["GUNICORN_CMD_ARGS"] = f"{defaults} {own}" if own else defaults
    return values


def workers_of_user(text: str | None) -> tuple[int | None, str]:
    """Read WEB_CONCURRENCY; return the number of workers, or what is wrong with the value.

    Gunicorn and Uvicorn read it with `int()` too, and end with a traceback if that fails.
    Gunicorn refuses a negative number, and starts no worker for 0. The value is not quoted,
    because anything may have been set by mistake.
    """
    if text is None:
        return None, ""
    if not text.strip():
        return None, "is empty"
    try:
        workers = int(text)
    except ValueError:
        return None, "is not a whole number"
    return (workers, "") if workers > 0 else (None, "is less than 1")


def workers_of_nodejs(environment: dict[str, str]) -> str | None:
    """Return the WEB_CONCURRENCY that the buildpack heroku/nodejs sets; None without it.

    Its profile script runs before Slipway's, and counts processes that need 512 MB each:
    https://github.com/heroku/heroku-buildpack-nodejs/blob/main/profile/WEB_CONCURRENCY.sh
    """
    available = environment.get("MEMORY_AVAILABLE", "")
    needed = environment.get("WEB_MEMORY", "")
    if not (available.isdecimal() and needed.isdecimal()) or int(needed) == 0:
        return None
    count = int(available) // int(needed)
    return str(count if 1 <= count <= MOST_WORKERS_OF_NODEJS else 1)


def is_set_at_start(name: str, root: str = "/") -> bool:
    """Return whether a variable was set before the shell sourced its first profile script.

    Also if that is not known.
    """
    path = os.path.join(root, f"proc/{os.getppid()}/environ")
    try:
        with open(path, "rb") as stream:
            variables = stream.read().split(b"\0")
    except OSError:
        return True
    return any(variable.startswith(f"{name}=".encode()) for variable in variables)


def gunicorn_options(settings: list[str], own: str, workers: int, timeout: int) -> str:
    """Return Gunicorn's options for these settings, but for those with which `own` is at odds.

    `timeout` is in seconds. A configuration file that `own` names is not read, so it may set
    anything.
    """
    if _has_option(own, _CONFIG):
        return ""
    options = {
        "accesslog": "--access-logfile -",
        # A heartbeat in a file on a slow disk blocks the worker that sends it.
        # https://docs.gunicorn.org/en/stable/faq.html#how-do-i-avoid-gunicorn-excessively-blocking-in-os-fchmod
        "worker_tmp_dir": (
            f"--worker-tmp-dir {MEMORY_FOLDER}" if _is_writable(MEMORY_FOLDER) else ""
        ),
        "control_socket": "--no-control-socket",
        "graceful_timeout": f"--graceful-timeout {timeout}",
        "threads": f"--threads {thread_count(workers)}",
    }
    return " ".join(
        option
        for setting, option in options.items()
        if option
        and setting in settings
        and not _has_option(own, _WITHOUT_DEFAULT.get(setting, ()))
    )


def _has_option(arguments: str, names: tuple[str, ...]) -> bool:
    words = arguments.split()
    return any(
        word == name
        or (word.startswith(f"{name}=") if name.startswith("--") else word.startswith(name))
        for word in words
        for name in names
    )


def _is_writable(folder: str) -> bool:
    """Tell whether the server can write there; root may start it as any other user.

    herokuish does: https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash
    """
    if not os.path.isdir(folder):
        return False
    if os.geteuid() == 0:
        return bool(os.stat(folder).st_mode & stat.S_IWOTH)
    return os.access(folder, os.W_OK | os.X_OK)


def platform_of(environment: dict[str, str]) -> tuple[int, bool]:
    """Return the delay, in seconds, and whether there is a router, as in PLATFORMS."""
    for variable, delay, has_router in PLATFORMS:
        if variable in environment:
            return delay, has_router
    return _ELSEWHERE


def graceful_timeout(delay: int) -> int:
    """Return the seconds for a server to end its requests if it is killed after `delay`."""
    return delay - (5 if delay >= 30 else 3)


def worker_count(cpus: float, memory: int | None) -> int:
    """Return two workers for each CPU plus one, or fewer if `memory`, in bytes, is too small.

    https://docs.gunicorn.org/en/stable/design.html#how-many-workers
    """
    count = min(int(2 * cpus) + 1, MOST_WORKERS)
    if memory is not None:
        count = min(count, memory // MEMORY_OF_A_WORKER)
    return max(count, 1)


def thread_count(workers: int) -> int:
    """Return the threads of each worker."""
    return max(1, min(MOST_THREADS, MOST_REQUESTS // workers))


def available_cpus(root: str = "/") -> float:
    """Return the number of CPUs that this process may use, fractions included."""
    allowances = [
        allowance
        for folder in _groups(root, "cpu")
        for allowance in (
            _first_line(folder, "cpu.max").split(),
            [_first_line(folder, f"cpu.cfs_{name}_us") for name in ("quota", "period")],
        )
    ]
    # Microseconds in each period; "max" and -1 mean that there is no limit.
    limits = [
        int(allowance[0]) / int(allowance[1])
        for allowance in allowances
        if len(allowance) == 2 and all(map(str.isdigit, allowance)) and int(allowance[1])
    ]
    return min([*limits, float(len(os.sched_getaffinity(0)))])


def available_memory(root: str = "/") -> int | None:
    """Return the bytes that this process may use; None if there is no limit."""
    limits = [
        _first_line(folder, name)
        for folder in _groups(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min((int(limit) for limit in limits if limit.isdigit()), default=None)


def _groups(root: str, controller: str) -> list[str]:
    """List the folders of this process's groups, of both versions, innermost first."""
    mounts = os.path.join(root, "sys/fs/cgroup")
    folders = []
    for line in _lines(os.path.join(root, "proc/self/cgroup")):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            mount = os.path.join(mounts, controller)
        elif number == "0" and not controllers:
            mount = mounts
        else:
            continue
        # Inside a container, its own group is the outermost one, whatever the path says.
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        folders += [os.path.join(mount, *parts[:end]) for end in range(len(parts), -1, -1)]
    return folders


def _first_line(folder: str, name: str) -> str:
    return next(iter(_lines(os.path.join(folder, name))), "")


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.read().splitlines()
    except OSError:
        return []
