"""What herokuish and Dokku do with an app: the steps of their scripts, which need root.

https://github.com/gliderlabs/herokuish/blob/master/include/buildpack.bash,
https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash,
https://github.com/dokku/dokku/tree/master/plugins/builder-herokuish
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from integration.classic_platform import Result, machine_env, run
from integration.isolation import small_disk, with_mounts
from integration.serving import Dyno

# Root sources the profile scripts, and starts the words of the command as the owner of the app.
START = (
    "set -eo pipefail; shopt -s nullglob; "
    'for script in "$HOME"/.profile.d/*.sh; do source "$script"; done; shopt -u nullglob; '
    'hash -r; exec {within} $(eval echo "$1")'
)
# https://github.com/dokku/dokku/blob/master/plugins/app-json/functions.go
TASK = (
    "set -e; set -o pipefail || true; cd $HOME; "
    'for file in $HOME/.profile.d/*; do source $file; done; eval "$1" || exit 1;'
)


def random_user() -> int:
    """Choose a user that nobody knows; herokuish does that for each build."""
    return 20_000 + secrets.randbelow(40_000)


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Sequence[str]]:
    """Mount another file system on a folder; yield the command that starts others with it."""
    wait = ["sh", "-c", "echo ready; exec cat"]
    argv = [*with_mounts(f"{small_disk(folder, megabytes)} && chmod 755 {folder}"), *wait]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout
        assert holder.stdin
        try:
            assert holder.stdout.readline() == "ready\n"
            yield ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", "--"]
        finally:
            holder.stdin.close()


@dataclass(frozen=True, kw_only=True)
class Herokuish:
    """The folders of a container that builds an app, and then runs it."""

    folder: Path
    slipway: Path
    within: Sequence[str] = ()
    """The command that starts another one where the cache is mounted."""
    env: Mapping[str, str] = field(default_factory=machine_env)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    @property
    def build(self) -> Path:
        return self.folder / "build"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def env_dir(self) -> Path:
        return self.folder / "env"

    def compile(self, source: Path, user: int, variables: Mapping[str, str]) -> Result:
        """Build an app as a user; `variables` are in its `.env`, as Dokku writes that.

        If that succeeds, the app is in its place, with the output of bin/release.
        """
        env = self._set_up(source, user, variables)
        script = [*self.within, *as_user(user, self.build)]
        detected = run([self.slipway / "bin/detect", self.build], env, within=script)
        assert detected.out, detected.all  # all that herokuish looks at
        folders = [self.build, self.cache, self.env_dir]
        result = run([self.slipway / "bin/compile", *folders], env, within=script)
        if result.status == 0:
            release = run([self.slipway / "bin/release", *folders[:2]], env, within=script)
            assert release.status == 0, release.all
            (self.build / ".release").write_text(release.out)
            self.give(user, self.build)
            shutil.rmtree(self.app)
            self.build.rename(self.app)
        return result

    def _set_up(self, source: Path, user: int, variables: Mapping[str, str]) -> dict[str, str]:
        """Give all folders to the user; return the variables with which a build starts."""
        for folder in (self.app, self.build):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, self.app, symlinks=True)
        lines = [f'{name}="{value}"\n' for name, value in variables.items()]
        (self.app / ".env").write_text("# of the platform\n\n" + "".join(lines))
        shutil.copytree(self.app, self.build, symlinks=True)
        self.env_dir.mkdir(exist_ok=True)
        for name, value in variables.items():
            (self.env_dir / name).write_text(value)
        folders = (self.app, self.build, self.cache, self.env_dir, self.slipway)
        self.give(user, *folders)
        return {
            **self.env,
            "HEROKUISH_DISABLE_CHOWN": "true",  # Dokku's images have it
            "HOME": str(self.app),
            "APP_DIR": str(self.app),
            "REQUEST_ID": f"build-{secrets.randbelow(32_768)}",
            "CURL_CONNECT_TIMEOUT": "30",
            "CURL_TIMEOUT": "180",
            **variables,
        }

    def give(self, user: int, *folders: Path) -> None:
        chown = ["chown", "--recursive", "--no-dereference", f"{user}:{user}"]
        given = run([*chown, *folders], self.env, within=self.within)
        assert given.status == 0, given.all

    def in_cache(self, *argv: str) -> Result:
        """Run a program where the cache is mounted."""
        return run(argv, self.env, within=self.within)

    def dyno(self, **variables: str) -> Dyno:
        """Start processes as root, who becomes the owner of the app."""
        owner = self.app.stat().st_uid
        self.give(owner, self.app)
        start = START.format(within=" ".join(as_user(owner)))
        return Dyno(app=self.app, start_script=start, env=variables)

    def run_task(self, command: str, **variables: str) -> Result:
        """Run a task of app.json as Dokku does: as the owner of the app, by a shell."""
        owner = as_user(self.app.stat().st_uid, self.app)
        dyno = Dyno(app=self.app, start_script=TASK, env=variables, within=owner)
        return dyno.run(command)


def as_user(user: int, folder: Path | None = None) -> list[str]:
    """Start as setuidgid does, in a folder: https://cr.yp.to/daemontools/setuidgid.html."""
    ids = [f"--reuid={user}", f"--regid={user}", f"--groups={user}"]
    return ["setpriv", *ids, "--", *(["env", "-C", str(folder)] if folder else [])]


def owners(folder: Path) -> set[int]:
    """Return the users whose files are in a folder."""
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def processes_of_release(app: Path) -> Sequence[str]:
    """Return the names of the processes that herokuish finds without a Procfile."""
    lines = (app / ".release").read_text().splitlines()
    return [line.partition(":")[0].strip() for line in lines if line.startswith("  ")]
