"""On Cloud Foundry, Slipway works before and after other buildpacks.

https://docs.cloudfoundry.org/buildpacks/use-multiple-buildpacks.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Result
from integration.cloud_foundry import Builder, Staged, launched, start_command
from integration.field.environment import CEXT, SETUP_PY, compile_library
from integration.packages import write_tree

# Like the apt buildpack: files of packages in a folder of its own, links to them in the folders
# that buildpacks agree on, and the new prefix in files for pkg-config.
# https://github.com/cloudfoundry/apt-buildpack/blob/master/src/apt/apt/apt.go
APT_SUPPLY = """\
#!/bin/sh -e
mkdir -p "$3/$4"
cd "$3/$4"
cp -a "${0%/*}/../usr" usr
mkdir bin lib include pkgconfig profile.d env
ln -s ../usr/bin/quay-crane bin
ln -s ../usr/lib/libqq.so ../usr/lib/libqq.so.1 lib
ln -s ../usr/include/q.h ../usr/include/parts include
sed "s|^prefix=.*|prefix=$PWD/usr|" usr/lib/pkgconfig/qq.pc >pkgconfig/qq.pc
printf -- '-g -I%s' "$PWD/include" >env/CFLAGS
echo 'export QUAY_CONFIG=$DEPS_DIR/INDEX/usr/quay.conf' | sed "s/INDEX/$4/" >profile.d/apt.sh
"""
APT = {
    "bin/supply": APT_SUPPLY,
    "usr/bin/quay-crane": "#!/bin/sh\necho lifted\n",
    "usr/include/q.h": '#include "parts/qq.h"\n',
    "usr/include/parts/qq.h": "int qq(void);\n",
    "usr/lib/pkgconfig/qq.pc": (
        "prefix=/usr\nName: qq\nDescription: seven\nVersion: 1\n"
        "Cflags: -I${prefix}/include\nLibs: -L${prefix}/lib -lqq\n"
    ),
    "usr/quay.conf": "cranes = 2\n",
}
NODE_SUPPLY = """\
#!/bin/sh -e
cp -R "${0%/*}/../supplied" "$3/$4/node"
cd "$3/$4"
mkdir bin env profile.d
ln -s ../node/node bin
printf %s "$PWD/node" >env/NODE_HOME
printf 'export NODE_HOME=$DEPS_DIR/%s/node\\n' "$4" >profile.d/node.sh
"""
NODE = {"bin/supply": NODE_SUPPLY, "supplied/node": "#!/bin/sh\necho node of node\n"}
# A Python, and a `gunicorn`, that are not those of the app.
PYTHON_SUPPLY = """\
#!/bin/sh -e
mkdir -p "$3/$4/bin" "$3/$4/env" "$3/$4/profile.d"
cd "$3/$4"
for name in python python3 python3.14 gunicorn; do
  printf '#!/bin/sh\\necho another %s\\nexit 1\\n' $name >bin/$name
  chmod 755 bin/$name
done
cp -L "$(command -v python3)" bin/python3.15
echo /nowhere >env/PYTHONHOME
echo 'export PYTHONHOME=/nowhere' >profile.d/python.sh
"""
PYTHON = {"bin/supply": PYTHON_SUPPLY}
# What libbuildpack does for a last buildpack:
# https://github.com/cloudfoundry/libbuildpack/blob/master/stager.go
LAST_FINALIZE = """\
#!/bin/sh -e
join() { ls -dr "$1"/*/"$2" 2>/dev/null | tr '\\n' ':' | sed 's/:$//'; }
export PATH="$(join "$3" bin):$PATH" LD_LIBRARY_PATH="$(join "$3" lib)"
for path in "$3"/*/env/*; do
  export "${path##*/}=$(cat "$path")"
done
cd "$1"
python describe.py >described.json
for path in "$3"/*/profile.d/*; do
  index=${path%/profile.d/*}
  cp "$path" "$5/${index##*/}_${path##*/}"
done
cd "$3"
for variable in PATH:bin LD_LIBRARY_PATH:lib LIBRARY_PATH:lib; do
  name=${variable%:*} value=
  for folder in $(ls -dr */"${variable#*:}"); do
    value=$value\\$DEPS_DIR/$folder:
  done
  echo "export $name=$value\\$$name"
done >"$5/000_multi-supply.sh"
"""
LAST = {
    "bin/supply": "#!/bin/sh\n",
    "bin/finalize": LAST_FINALIZE,
    "bin/release": "#!/bin/sh\necho '{}'\n",
}
# A program of the app that says what it finds, in a build and when it is started.
DESCRIBE = """\
import ctypes, json, os, subprocess, six

def value_of_extension():
    try:
        import cext
    except ModuleNotFoundError:
        return None
    return cext.v

def output(*argv):
    return subprocess.check_output(argv, text=True).strip()

def described():
    config = os.environ.get("QUAY_CONFIG")
    node_home = os.environ.get("NODE_HOME")
    return {
        "extension": value_of_extension(),
        "crane": output("quay-crane"),
        "node": output("node"),
        "config": open(config).read() if config else None,
        "node_home": os.path.isdir(node_home) if node_home else None,
        "library": ctypes.CDLL("libqq.so.1").qq(),
        "gunicorn": "gunicorn (version" in output("gunicorn", "--version"),
    }

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(described()).encode()]

if __name__ == "__main__":
    print(json.dumps(described()))
"""
ALL_FOUND = {
    "extension": 7,
    "crane": "lifted",
    "node": "node of node",
    "config": "cranes = 2\n",
    "node_home": True,
    "library": 7,
    "gunicorn": True,
}
APP = {
    "requirements.txt": "six\ngunicorn\n",
    "describe.py": DESCRIBE,
    "Procfile": "web: gunicorn describe:application\n",
}
EXTENSION = {"vendor/cext/setup.py": SETUP_PY, "vendor/cext/cext.c": CEXT}
HOOK = {"bin/post_compile": "python describe.py >described.json\n"}


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    (tmp_path / "builder").mkdir()
    return Builder(folder=tmp_path / "builder")


@dataclass(frozen=True, kw_only=True)
class Others:
    """The folders of other buildpacks."""

    apt: Path
    node: Path
    python: Path
    last: Path


@pytest.fixture
def others(tmp_path: Path) -> Others:
    apt = buildpack(tmp_path / "apt", APT)
    compile_library(apt / "usr" / "lib", "qq", "int qq(void) { return 7; }")
    return Others(
        apt=apt,
        node=buildpack(tmp_path / "node", NODE),
        python=buildpack(tmp_path / "python", PYTHON),
        last=buildpack(tmp_path / "last", LAST),
    )


def buildpack(folder: Path, files: dict[str, str]) -> Path:
    write_tree(folder, files)
    for program in (*folder.glob("**/bin/*"), *folder.glob("supplied/*")):
        program.chmod(0o755)
    return folder


def at_staging(vcap: Path) -> Mapping[str, object]:
    """Return what the app found while it was staged; profile scripts come only at start."""
    found: dict[str, object] = json.loads((vcap / "app" / "described.json").read_text("utf-8"))
    return found


def at_start(vcap: Path) -> Mapping[str, object]:
    with launched(vcap).serve(start_command(vcap)) as site:
        found: dict[str, object] = json.loads(site.get("/").text)
        return found


def log(staged: Staged) -> Result:
    return Result(status=staged.status, out=staged.out, err=staged.err)


def test_what_earlier_buildpacks_supply_is_used_and_cached_by_its_content(
    builder: Builder, others: Others, tmp_path: Path, slipway: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, **EXTENSION, **HOOK})
    buildpacks = (others.apt, others.node, others.python, slipway)
    staged = builder.build(app, *buildpacks, env=DEBUG)
    assert not [command for command in log(staged).commands if "/deps/2/bin" in command]
    vcap = staged.unpack(tmp_path / "vcap")
    assert at_staging(vcap) == {**ALL_FOUND, "config": None}
    assert at_start(vcap) == ALL_FOUND

    again = builder.build(app, *buildpacks, env=DEBUG)
    assert not log(again).cache_misses & {"wheel", "build-env", "lock", "venv", "python"}
    assert not [command for command in log(again).commands if "-I -S -c" in command], again.out


def test_a_later_buildpack_finds_the_python_of_the_app(
    builder: Builder, others: Others, tmp_path: Path, slipway: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, **EXTENSION, **HOOK})
    buildpacks = (others.apt, slipway, others.node, others.last)
    staged = builder.build(app, *buildpacks, env={"SLIPWAY_BUNDLE_PYTHON": "false"})
    said = " ".join(staged.out.split())
    assert (
        "Slipway is not the last buildpack, so it only installed Python and packages, and the "
        "last buildpack or the Procfile defines the process types. Not run: bin/post_compile. "
        "To have Slipway do everything, name it last"
    ) in said
    vcap = staged.unpack(tmp_path / "vcap")
    assert at_staging(vcap) == {**ALL_FOUND, "config": None}
    assert at_start(vcap) == ALL_FOUND


@pytest.mark.long
def test_a_changed_header_of_another_buildpack_builds_the_extension_again(
    builder: Builder, others: Others, tmp_path: Path, slipway: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, **EXTENSION})
    builder.build(app, others.apt, slipway)
    write_tree(others.apt, {"usr/include/parts/qq.h": "int qq(void); /* changed */\n"})
    again = builder.build(app, others.apt, slipway, env=DEBUG)
    assert "wheel" in log(again).cache_misses


@pytest.mark.long
def test_libraries_of_later_buildpacks_are_found_at_start(
    builder: Builder, others: Others, tmp_path: Path, slipway: Path
) -> None:
    app = write_tree(tmp_path / "app", APP)
    staged = builder.build(app, slipway, others.node, others.apt, others.last)
    vcap = staged.unpack(tmp_path / "vcap")
    found = {**ALL_FOUND, "extension": None}
    assert at_staging(vcap) == {**found, "config": None}
    assert at_start(vcap) == found
