"""The options of the servers on a command line: which of them take a value.

The tables are those of the programs themselves (`--help`, or their parsers), with a few that
only older versions have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_UNFINISHED_OPTION = re.compile(r"""["']?(?P<option>--[\w-]+(?==)|-\w(?=.))""")
"""An option whose value is known only at run time: `--bind=0.0.0.0:$PORT`, `-b:$PORT`."""


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """How a program reads its command line."""

    values: Mapping[str, str]
    """The options that take a value, each with the name of its setting."""
    flags: Mapping[str, str]
    abbreviates: bool = False
    """Whether the beginning of a long option is enough, as for argparse and getopt."""
    may_take: frozenset[str] = frozenset()
    """Flags that take the next word as a value, unless it is an option."""
    others_take_a_value: bool = False
    """Whether long options that are in no table take a value."""
    has_commands: bool = False
    """Whether the first word that is no option is a command, with options of its own."""


class Words(NamedTuple):
    """The words of a command line, by what they are."""

    settings: Mapping[str, Sequence[str | None]]
    """The values of each option, by the name of its setting; None for a value that is known
    only at run time, and the empty text for a flag."""
    positional: tuple[int, ...]
    """The places of the other words."""

    def last(self, setting: str) -> str | None:
        return self.settings.get(setting, (None,))[-1]


class _Unclear(ValueError):
    """A word could mean several things."""


def read_words(
    grammar: Grammar, values: Sequence[str | None], texts: Sequence[str]
) -> Words | None:
    """Sort the words of a command line; None if one of them could mean several things.

    `texts` are the words as they are written.
    """
    reader = _WordReader(grammar, values, texts)
    try:
        while reader.place < len(values):
            reader.read_word()
    except _Unclear:
        return None
    return Words(settings=reader.settings, positional=tuple(reader.positional))


class _WordReader:
    """Reads words from left to right; `place` is that of the next one."""

    def __init__(
        self, grammar: Grammar, values: Sequence[str | None], texts: Sequence[str]
    ) -> None:
        self.grammar = grammar
        self.values = values
        self.texts = texts
        self.place = 0
        self.settings: dict[str, list[str | None]] = {}
        self.positional: list[int] = []

    def read_word(self) -> None:
        value = self.values[self.place]
        self.place += 1
        if value is None:
            found = _UNFINISHED_OPTION.match(self.texts[self.place - 1])
            self.add(self.name_of(found["option"] if found else ""), None)
        elif value == "--" or (self.grammar.has_commands and not value.startswith("-")):
            start = self.place if value == "--" else self.place - 1
            self.positional += range(start, len(self.values))
            self.place = len(self.values)
        elif value.startswith("--"):
            self.read_long(value)
        elif value.startswith("-") and value != "-":
            self.read_short(value[1:])
        else:
            self.positional.append(self.place - 1)

    def read_long(self, value: str) -> None:
        option, sign, attached = value.partition("=")
        option = self.complete(option)
        if option not in self.grammar.flags:
            self.add(self.name_of(option), attached if sign else self.next_value())
            return
        may_take = option in self.grammar.may_take and self.place < len(self.values)
        if may_take and not (self.values[self.place] or "").startswith("-"):
            raise _Unclear
        self.add(self.grammar.flags[option], attached)

    def read_short(self, letters: str) -> None:
        """Read the options of a word such as `-Dw3`."""
        for number, letter in enumerate(letters, 1):
            attached = letters[number:].removeprefix("=")
            if f"-{letter}" not in self.grammar.flags:
                self.add(self.name_of(f"-{letter}"), attached or self.next_value())
                return
            self.add(self.grammar.flags[f"-{letter}"], "")

    def next_value(self) -> str | None:
        if self.place == len(self.values):
            raise _Unclear
        self.place += 1
        return self.values[self.place - 1]

    def name_of(self, option: str) -> str:
        """Return the setting of an option that takes a value."""
        name = self.grammar.values.get(self.complete(option))
        if name is None and self.grammar.others_take_a_value and option.startswith("--"):
            return option.removeprefix("--")
        if name is None:
            raise _Unclear
        return name

    def complete(self, option: str) -> str:
        """Write an abbreviated option in full."""
        known = {*self.grammar.values, *self.grammar.flags}
        if option in known or not self.grammar.abbreviates or not option.startswith("--"):
            return option
        meant = [one for one in known if one.startswith(option)]
        return meant[0] if len(meant) == 1 else option

    def add(self, setting: str, value: str | None) -> None:
        self.settings.setdefault(setting, []).append(value)


def _options(text: str, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Map each option to the name of its setting: its last long name, with underscores."""
    found = {}
    for word in text.split():
        aliases = word.split("|")
        name = aliases[-1].lstrip("-").replace("-", "_")
        found.update(dict.fromkeys(aliases, (names or {}).get(name, name)))
    return found


_GUNICORN_NAMES = {
    "access_logfile": "accesslog",
    "access_logformat": "access_log_format",
    "env": "raw_env",
    "keep_alive": "keepalive",
    "log_config": "logconfig",
    "log_config_json": "logconfig_json",
    "log_file": "errorlog",
    "log_level": "loglevel",
    "log_syslog": "syslog",
    "log_syslog_facility": "syslog_facility",
    "log_syslog_prefix": "syslog_prefix",
    "log_syslog_to": "syslog_addr",
    "name": "proc_name",
    "no_control_socket": "control_socket_disable",
    "no_sendfile": "sendfile",
    "paster": "paste",
    "pid": "pidfile",
    "preload": "preload_app",
    "proxy_allow_from": "proxy_allow_ips",
    "reload_extra_file": "reload_extra_files",
    "uwsgi_allow_from": "uwsgi_allow_ips",
}
"""The names in Gunicorn's configuration file that differ from its options."""

GUNICORN = Grammar(
    values=_options(
        """
        -c|--config -b|--bind --backlog -w|--workers -k|--worker-class --threads
        --worker-connections --max-requests --max-requests-jitter -t|--timeout
        --graceful-timeout --keep-alive --limit-request-line --limit-request-fields
        --limit-request-field_size --reload-engine --reload-extra-file --chdir -e|--env
        -p|--pid --worker-tmp-dir -u|--user -g|--group -m|--umask --forwarded-allow-ips
        --access-logfile --access-logformat --error-logfile|--log-file --log-level
        --logger-class --log-config --log-config-json --log-syslog-to --log-syslog-prefix
        --log-syslog-facility --statsd-host --dogstatsd-tags --statsd-prefix -n|--name
        --pythonpath --paste|--paster --proxy-allow-from --protocol --uwsgi-allow-from
        --keyfile --certfile --ssl-version --cert-reqs --ca-certs --ciphers --http-protocols
        --http2-cleartext --http2-max-concurrent-streams --http2-initial-window-size
        --http2-max-frame-size --http2-max-header-list-size --paste-global
        --forwarder-headers --header-map --asgi-loop --asgi-lifespan
        --asgi-disconnect-grace-period --websocket-max-message-size --http-parser
        --root-path --dirty-app --dirty-workers --dirty-timeout --dirty-threads
        --dirty-graceful-timeout --control-socket --control-socket-mode
        """,
        _GUNICORN_NAMES,
    ),
    flags=_options(
        """
        --reload --spew --check-config --print-config --preload --no-sendfile --reuse-port
        -D|--daemon --initgroups --disable-redirect-access-to-syslog --capture-output
        --log-syslog -R|--enable-stdio-inheritance --enable-backlog-metric
        --suppress-ragged-eofs --do-handshake-on-connect --permit-obsolete-folding
        --strip-header-spaces --permit-unconventional-http-method
        --permit-unconventional-http-version --casefold-http-method --no-control-socket
        --proxy-protocol --debug
        """,
        _GUNICORN_NAMES,
    ),
    abbreviates=True,
    may_take=frozenset({"--proxy-protocol"}),
)
UVICORN = Grammar(
    values=_options(
        """
        --host --port --uds --fd --reload-dir --reload-include --reload-exclude
        --reload-delay --workers --loop --http --ws --ws-max-size --ws-max-queue
        --ws-ping-interval --ws-ping-timeout --ws-per-message-deflate --lifespan --interface
        --env-file --log-config --log-level --forwarded-allow-ips --root-path
        --limit-concurrency --backlog --limit-max-requests --limit-max-requests-jitter
        --timeout-keep-alive --timeout-graceful-shutdown --timeout-worker-healthcheck
        --ssl-keyfile --ssl-certfile --ssl-keyfile-password --ssl-version --ssl-cert-reqs
        --ssl-ca-certs --ssl-ciphers --header --app-dir --h11-max-incomplete-event-size
        """
    ),
    flags=_options(
        """
        --reload --http2 --access-log --no-access-log --use-colors --no-use-colors
        --proxy-headers --no-proxy-headers --server-header --no-server-header --date-header
        --no-date-header --reset-contextvars --factory --debug
        """
    ),
)
HYPERCORN = Grammar(
    values=_options(
        """
        --access-log --access-logfile --access-logformat --backlog -b|--bind --ca-certs
        --certfile --cert-reqs --ciphers -c|--config --error-log --error-logfile|--log-file
        --graceful-timeout --read-timeout --max-requests --max-requests-jitter -g|--group
        -k|--worker-class --keep-alive --keyfile --keyfile-password --insecure-bind
        --log-config --log-level -p|--pid --quic-bind --root-path --server-name
        --statsd-host --statsd-prefix -m|--umask -u|--user --verify-mode
        --websocket-ping-interval -w|--workers
        """
    ),
    flags=_options("-D|--daemon --debug --reload"),
    abbreviates=True,
)
DAPHNE = Grammar(
    values=_options(
        """
        -p|--port -b|--bind --websocket_timeout --websocket_connect_timeout -u|--unix-socket
        --fd -e|--endpoint -v|--verbosity -t|--http-timeout --access-log --log-fmt
        --ping-interval --ping-timeout --websocket-max-message-size
        --websocket-max-frame-size --application-close-timeout --root-path
        --proxy-headers-host --proxy-headers-port -s|--server-name
        """
    ),
    flags=_options("--proxy-headers --no-server-name"),
    abbreviates=True,
)
GRANIAN = Grammar(
    values=_options(
        """
        --host --port --uds --uds-permissions --interface --http --workers
        --blocking-threads --blocking-threads-idle-timeout --runtime-threads
        --runtime-blocking-threads --runtime-mode --loop --task-impl --backlog
        --backpressure --http1-buffer-size --http1-header-read-timeout
        --http2-initial-connection-window-size --http2-initial-stream-window-size
        --http2-keep-alive-interval --http2-keep-alive-timeout
        --http2-max-concurrent-streams --http2-max-frame-size --http2-max-headers-size
        --http2-max-send-buffer-size --log-level --log-config --access-log-fmt
        --ssl-certificate --ssl-keyfile --ssl-keyfile-password --ssl-protocol-min --ssl-ca
        --ssl-crl --url-path-prefix --respawn-interval --rss-sample-interval --rss-samples
        --workers-lifetime --workers-max-rss --workers-kill-timeout --working-dir
        --env-files --static-path-route --static-path-mount --static-path-dir-to-file
        --static-path-expires --metrics-scrape-interval --metrics-address --metrics-port
        --reload-paths --reload-ignore-dirs --reload-ignore-patterns --reload-ignore-paths
        --reload-tick --process-name --pid-file --threads --threading-mode
        """
    ),
    flags=_options(
        """
        --ws --no-ws --http1-keep-alive --no-http1-keep-alive --http1-pipeline-flush
        --no-http1-pipeline-flush --http2-adaptive-window --no-http2-adaptive-window --log
        --no-log --access-log --no-access-log --ssl-client-verify --no-ssl-client-verify
        --respawn-failed-workers --no-respawn-failed-workers --factory --no-factory
        --metrics --no-metrics --reload --no-reload --reload-ignore-worker-failure
        --no-reload-ignore-worker-failure
        """
    ),
)
WAITRESS = Grammar(
    values=_options(
        """
        --host --port --listen --threads --trusted-proxy --trusted-proxy-count
        --trusted-proxy-headers --url-scheme --url-prefix --backlog --recv-bytes
        --send-bytes --outbuf-overflow --outbuf-high-watermark --inbuf-overflow
        --connection-limit --cleanup-interval --channel-timeout --max-request-header-size
        --max-request-body-size --ident --asyncore-loop-timeout --unix-socket
        --unix-socket-perms --sockets --channel-request-lookahead --server-name
        """
    ),
    flags=_options(
        """
        --call --ipv4 --no-ipv4 --ipv6 --no-ipv6 --log-untrusted-proxy-headers
        --no-log-untrusted-proxy-headers --clear-untrusted-proxy-headers
        --no-clear-untrusted-proxy-headers --log-socket-errors --no-log-socket-errors
        --expose-tracebacks --no-expose-tracebacks --asyncore-use-poll
        --no-asyncore-use-poll
        """
    ),
    abbreviates=True,
)
UWSGI = Grammar(
    values=_options(
        """
        -s|--socket -p|--processes -p|--workers -t|--harakiri -x|--xml -S|--set
        -d|--daemonize -l|--listen -v|--max-vars -b|--buffer-size -R|--max-requests
        -z|--socket-timeout -A|--sharedarea -Q|--spooler -y|--yaml -y|--yml -j|--json
        -w|--module -w|--wsgi -J|--test -H|--home -O|--optimize
        """
    ),
    flags=_options(
        """
        -M -T -a -i -r -L -m -C
        --abstract-socket --auto-procname --autoload --cache-no-expire
        --cache-report-freed-items --cache-use-last-modified --catch-exceptions --cgi-mode
        --cheap --check-cache --check-static-docroot --chmod --chmod-socket --close-on-exec
        --close-on-exec2 --command-mode --daemons-honour-stdin --die-on-idle
        --die-on-no-workers --die-on-term --disable-async-warn-on-queue-full
        --disable-logging --disable-sendfile --disable-write-exception --drop-after-apps
        --drop-after-init --dynamic-apps --early-emperor --early-python
        --emperor-graceful-shutdown --emperor-magic-exec --emperor-no-blacklist
        --emperor-nofollow --emperor-subreaper --emperor-tyrant --emperor-tyrant-initgroups
        --emperor-tyrant-nofollow --emperor-wait-for-command --enable-metrics
        --enable-proxy-protocol --enable-threads --exit --exit-on-reload --force-gateway
        --freebind --harakiri-no-arh --harakiri-verbose --honour-range --honour-stdin
        --http-auto-chunked --http-auto-gzip --http-backend-http --http-cheap
        --http-chunked-input --http-enable-proxy-protocol --http-keepalive
        --http-manage-expect --http-manage-rtsp --http-manage-source --http-raw-body
        --http-use-cache --http-use-socket --http-websockets --https-export-cert
        --ignore-script-name --ignore-sigpipe --ignore-write-errors --jailed --ksm --lazy
        --lazy-apps --log-4xx --log-5xx --log-date --log-format-strftime --log-master
        --log-master-req-stream --log-master-stream --log-micros --log-prefix --log-reopen
        --log-syslog --log-truncate --log-x-forwarded-for --log-zero --logdate
        --logfile-chown --logformat-strftime --manage-script-name --master --master-as-root
        --memory-report --metric-dir-restore --metrics-dir-restore --metrics-no-cores --mule
        --need-app --never-swap --no-default-app --no-defer-accept --no-fd-passing
        --no-harakiri-after-req-hook --no-harakiri-arh --no-initgroups --no-orphans
        --no-server --no-site --no-threads-wait --paste-logger --pcre-jit
        --persistent-ipcsem --propagate-touch --py-call-osafterfork
        --py-call-uwsgi-fork-hooks --py-master-check-signals --pyshell --pyshell-oneshot
        --re-fork --re-fork-as-root --re-fork-post-jail --reaper --refork --refork-as-root
        --refork-post-jail --reload-on-exception --reload-os-env --reuse-port
        --setns-preopen --single-interpreter --skip-atexit --skip-atexit-teardown
        --skip-zero --snmp --so-keepalive --so-send-timeout --so-write-timeout
        --socket-send-timeout --socket-write-timeout --spooler-cheap --spooler-ordered
        --spooler-quiet --spooler-signal-as-task --ssl-enable-sslv3 --ssl-enable-tlsv1
        --ssl-enable3 --ssl-session-use-cache --ssl-sessions-use-cache --ssl-verbose
        --ssl-verify-depth --start-unsubscribed --static-gzip-all --stats-http --stats-min
        --stats-minified --stats-no-cores --stats-no-metrics --strict
        --subscription-clear-on-shutdown --subscription-dotsplit
        --subscription-vassal-required --subscriptions-use-credentials
        --tcp-fast-open-client --tcp-fastopen-client --tcp-nodelay --threaded-logger
        --thunder-lock --thunder-lock-watchdog --unsubscribe-on-graceful-reload --use-abort
        --vacuum --vhost --vhost-host --write-errors-exception-only --wsgi-accept-buffer
        --wsgi-accept-buffers --wsgi-disable-file-wrapper --wsgi-manage-chunked-input
        --wsgi-strict --zerg-fallback
        """
    ),
    others_take_a_value=True,
)
"""All other long options take a value:
https://github.com/unbit/uwsgi/blob/master/core/uwsgi.c"""

FASTAPI = Grammar(values={}, flags=_options("--version"), has_commands=True)
FASTAPI_RUN = Grammar(
    values=_options(
        """
        --host --port --root-path --workers --app -e|--entrypoint --forwarded-allow-ips
        --reload-dir
        """
    ),
    flags=_options(
        """
        --reload --no-reload --proxy-headers --no-proxy-headers -v|--verbose
        """
    ),
)
FLASK = Grammar(
    values=_options("-e|--env-file -A|--app"),
    flags=_options("--debug --no-debug --version"),
    has_commands=True,
)
FLASK_RUN = Grammar(
    values=_options(
        """
        -h|--host -p|--port --cert --key --extra-files --exclude-patterns
        """
    ),
    flags=_options(
        """
        --debug --no-debug --reload --no-reload --debugger --no-debugger --with-threads
        --without-threads
        """
    ),
)
