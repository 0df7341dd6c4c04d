"""Several buildpacks for one app on a classic platform, and small ones like the real ones.

https://devcenter.heroku.com/articles/using-multiple-buildpacks-for-an-app
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integration.classic_platform import Result, machine_env, run
from integration.field.environment import compile_library
from integration.packages import write_tree

# Each `export` is sourced, so that it changes the variables of all later buildpacks.
# https://devcenter.heroku.com/articles/buildpack-api#composing-multiple-buildpacks
HEROKU = """\
set -e
build=$1 cache=$2 env=$3
shift 3
for buildpack; do
  "$buildpack/bin/detect" "$build" >/dev/null
  "$buildpack/bin/compile" "$build" "$cache" "$env"
  if [ -e "$buildpack/export" ]; then source "$buildpack/export"; fi
done
"""
# https://github.com/heroku/heroku-buildpack-multi/blob/main/bin/compile: it clones what
# .buildpacks lists, and is the one buildpack that the platform knows.
MULTI = """\
set -e
build=$1 cache=$2 env=$3
shift 3
clones=$(mktemp -d)
for buildpack; do
  clone=$clones/${buildpack##*/}
  cp -R "$buildpack" "$clone"
  rm -f "$clone/export"
  framework=$("$clone/bin/detect" "$build")
  echo "=====> Detected Framework: $framework"
  "$clone/bin/compile" "$build" "$cache" "$env"
  if [ -e "$clone/export" ]; then source "$clone/export"; fi
  if [ -x "$clone/bin/release" ]; then
    "$clone/bin/release" "$build" >"$build/last_pack_release.out"
  fi
done
rm -rf "$clones"
"""

_DETECT = "#!/bin/sh\necho other\n"
_BEGIN = '#!/usr/bin/env bash\nset -e\nbuildpack=$(cd "${0%/*}/.." && pwd)\nbuild=$1\n'

# Packages in a folder of the app, all variables of the build written to `export` as bash lists
# them, and LD_LIBRARY_PATH with an empty entry at its end.
# https://github.com/heroku/heroku-buildpack-apt/blob/main/bin/compile
APT = """\
mkdir -p "$build/.apt" "$build/.profile.d"
cp -R "$buildpack/usr" "$build/.apt/usr"
find "$build/.apt" -name '*.pc' -exec sed -i "s|^prefix=|prefix=$build/.apt|" {} +
cat >"$build/.profile.d/000_apt.sh" <<'END'
export PATH="$HOME/.apt/usr/bin:$PATH"
export LD_LIBRARY_PATH="$HOME/.apt/usr/lib:$LD_LIBRARY_PATH"
export LIBRARY_PATH="$HOME/.apt/usr/lib:$LIBRARY_PATH"
export INCLUDE_PATH="$HOME/.apt/usr/include:$INCLUDE_PATH"
export CPATH="$INCLUDE_PATH"
END
export PATH="$build/.apt/usr/bin:$PATH"
export LD_LIBRARY_PATH="$build/.apt/usr/lib:$LD_LIBRARY_PATH"
export LIBRARY_PATH="$build/.apt/usr/lib:$LIBRARY_PATH"
export INCLUDE_PATH="$build/.apt/usr/include:$INCLUDE_PATH"
export CPATH="$INCLUDE_PATH"
export PKG_CONFIG_PATH="$build/.apt/usr/lib/pkgconfig:$PKG_CONFIG_PATH"
export | grep -E ' (PATH|LD_LIBRARY_PATH|LIBRARY_PATH|INCLUDE_PATH|CPATH|PKG_CONFIG_PATH)=' \\
  >"$buildpack/export"
"""
# The number of workers is that of Node.js's processes, which may need 512 MB each.
# https://github.com/heroku/heroku-buildpack-nodejs/blob/main/lib/environment.sh
NODE = """\
mkdir -p "$build/.heroku/node/bin" "$build/.profile.d"
cp "$buildpack/quay-node" "$build/.heroku/node/bin"
cat >"$build/.profile.d/nodejs.sh" <<'END'
export PATH="$HOME/.heroku/node/bin:$PATH:$HOME/bin:$HOME/node_modules/.bin"
export NODE_HOME="$HOME/.heroku/node"
END
cat >"$build/.profile.d/WEB_CONCURRENCY.sh" <<'END'
export MEMORY_AVAILABLE=${MEMORY_AVAILABLE-512}
export WEB_MEMORY=${WEB_MEMORY-512}
export WEB_CONCURRENCY=${WEB_CONCURRENCY:-$((MEMORY_AVAILABLE / WEB_MEMORY))}
END
cat >"$buildpack/export" <<END
export PATH="$build/.heroku/node/bin:\\$PATH:$build/node_modules/.bin"
export NODE_HOME="$build/.heroku/node"
END
"""
# A Python that is not the app's, here one that never works. It appends to what it has written.
# https://github.com/heroku/heroku-buildpack-python/blob/main/bin/compile
PYTHON = """\
if [ -x "$build/.heroku/python/bin/python" ] && [ -v PYTHONHOME ]; then
  echo ' !     Error: The Python buildpack has already been run this build.' >&2
  exit 1
fi
unset PYTHONHOME PYTHONPATH
mkdir -p "$build/.heroku/python/bin" "$build/.heroku/python/lib" "$build/.profile.d"
for name in python python3 pip gunicorn; do
  printf '#!/bin/sh\\necho another %s\\nexit 1\\n' $name >"$build/.heroku/python/bin/$name"
  chmod 755 "$build/.heroku/python/bin/$name"
done
tee -a "$build/.profile.d/python.sh" >>"$buildpack/export" <<'END'
export PATH="${HOME}/.heroku/python/bin:${PATH}"
export PYTHONUNBUFFERED=true
export PYTHONHOME="${HOME}/.heroku/python"
export LIBRARY_PATH="${HOME}/.heroku/python/lib${LIBRARY_PATH:+:${LIBRARY_PATH}}"
export LD_LIBRARY_PATH="${HOME}/.heroku/python/lib${LD_LIBRARY_PATH:+:${LD_LIBRARY_PATH}}"
export LANG="${LANG:-en_US.UTF-8}"
export PYTHONPATH="${PYTHONPATH:-${HOME}}"
END
cat >"$build/.profile.d/python.gunicorn.sh" <<'END'
export FORWARDED_ALLOW_IPS='*'
export GUNICORN_CMD_ARGS=${GUNICORN_CMD_ARGS:-"--access-logfile -"}
END
"""
# A server in front of the app's, which listens on a socket and says when it is ready.
# https://github.com/heroku/heroku-buildpack-nginx/blob/main/bin/start-nginx
NGINX = """\
mkdir -p "$build/bin" "$build/config"
cp "$buildpack/start-nginx" "$buildpack/nginx" "$build/bin"
touch "$build/config/nginx.conf.erb"
"""
_START_NGINX = """\
#!/usr/bin/env bash
if [ "$1" = -f ]; then shift; fi
( COMMAND=$*; $COMMAND ) &
until [ -f app-initialized ]; do sleep 0.05; done
exec bin/nginx
"""
# As in nginx.conf: what comes to PORT goes on to the socket, which trusts the header.
_NGINX = """\
#!/usr/bin/python3 -ISB
import os, socket, threading
def copy(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
listener = socket.create_server(("", int(os.environ["PORT"])))
while True:
    client, _ = listener.accept()
    app = socket.socket(socket.AF_UNIX)
    app.connect("nginx.socket")
    threading.Thread(target=copy, args=(client, app)).start()
    threading.Thread(target=copy, args=(app, client)).start()
"""
# What buildpacks such as those of ffmpeg and Chrome do: programs, and one profile script.
PROGRAM = """\
mkdir -p "$build/vendor/ffmpeg/bin" "$build/vendor/ffmpeg/lib" "$build/.profile.d"
printf '#!/bin/sh\\necho encoded\\n' >"$build/vendor/ffmpeg/bin/ffmpeg"
chmod 755 "$build/vendor/ffmpeg/bin/ffmpeg"
cat >"$build/.profile.d/ffmpeg.sh" <<'END'
PATH=$PATH:$HOME/vendor/ffmpeg/bin
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$HOME/vendor/ffmpeg/lib
export LD_LIBRARY_PATH FFMPEG_DATA=$HOME/vendor/ffmpeg
END
"""


@dataclass(frozen=True, kw_only=True)
class Buildpacks:
    """The folders of other buildpacks, by their names, and of Slipway."""

    folder: Path
    slipway: Path

    def __getitem__(self, name: str) -> Path:
        return self.slipway if name == "slipway" else self.folder / name


def make_buildpacks(folder: Path, slipway: Path) -> Buildpacks:
    """Make all of these buildpacks; that of apt has a library with a header."""
    for name, compile_script in {
        "apt": APT,
        "node": NODE,
        "python": PYTHON,
        "nginx": NGINX,
        "program": PROGRAM,
    }.items():
        add_buildpack(folder / name, compile_script)
    header, pc = "int qq(void);\n", "prefix=/usr\nName: qq\nDescription: seven\nVersion: 1\n"
    flags = "Cflags: -I${prefix}/include\nLibs: -L${prefix}/lib -lqq\n"
    usr = folder / "apt" / "usr"
    write_tree(usr, {"include/q.h": header, "lib/pkgconfig/qq.pc": pc + flags})
    add_program(usr / "bin" / "quay-crane", "#!/bin/sh\necho lifted\n")
    compile_library(usr / "lib", "qq", "int qq(void) { return 7; }")
    add_program(folder / "node" / "quay-node", "#!/bin/sh\necho node of node\n")
    add_program(folder / "nginx" / "start-nginx", _START_NGINX)
    add_program(folder / "nginx" / "nginx", _NGINX)
    return Buildpacks(folder=folder, slipway=slipway)


def add_buildpack(folder: Path, compile_script: str) -> Path:
    """Make a buildpack whose `compile` runs in bash with $build and $buildpack."""
    add_program(folder / "bin" / "detect", _DETECT)
    add_program(folder / "bin" / "compile", f"{_BEGIN}{compile_script}")
    return folder


def add_program(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(0o755)


@dataclass(frozen=True, kw_only=True)
class Builder:
    """A platform that builds an app with several buildpacks, each time in another folder."""

    folder: Path
    cache: Path
    buildpacks: Buildpacks
    way: str = HEROKU
    env: Mapping[str, str] = field(default_factory=machine_env)

    def build(
        self, app: Path, *names: str, config_vars: Mapping[str, str] | None = None
    ) -> tuple[Path, Result]:
        """Return the folder of the built app, and the log, without expecting success."""
        self.folder.mkdir(exist_ok=True)
        number = len([*self.folder.glob("build_*")])
        build = shutil.copytree(app, self.folder / f"build_{number}", symlinks=True)
        temporary, env_dir = self.folder / "tmp", self.folder / "env"
        temporary.mkdir(exist_ok=True)
        shutil.rmtree(env_dir, ignore_errors=True)
        write_tree(env_dir, {**(config_vars or {})}).mkdir(exist_ok=True)
        for name in names:
            (self.buildpacks[name] / "export").unlink(missing_ok=True)
        paths = [str(self.buildpacks[name]) for name in names]
        # HOME is where the app will be, as on Heroku, where only its buildpack for Python uses
        # that folder during a build.
        env = {**self.env, "TMPDIR": str(temporary), "HOME": str(build)}
        argv = ["bash", "-c", self.way, "platform", *map(str, (build, self.cache, env_dir))]
        return build, run([*argv, *paths], env)

    def built(
        self, app: Path, *names: str, config_vars: Mapping[str, str] | None = None
    ) -> tuple[Path, str]:
        """Return the folder of the app and the log of a build that succeeds."""
        build, result = self.build(app, *names, config_vars=config_vars)
        assert result.status == 0, result.all
        return build, result.out
