"""The scripts that platforms source: `.profile.d/` at run time, `export` between buildpacks.

Plain POSIX sh that starts no process, and works with `set -euo pipefail` and `nullglob` as
herokuish sources them (https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

_PROFILE = """\
# Written by Slipway when the app was built; sourced before each of its processes.
# The app's folder is the one that has this file, wherever it was moved to.
case ${{BASH_SOURCE:-}} in
  /*/.profile.d/*) slipway_app=${{BASH_SOURCE%/.profile.d/*}} ;;
  */.profile.d/*) slipway_app=$PWD/${{BASH_SOURCE%/.profile.d/*}} ;;
  .profile.d/*) slipway_app=$PWD ;;
  *) slipway_app=${{HOME:-$PWD}} ;;
esac
export PATH="$slipway_app/{bin_folder}:${{PATH:-/usr/local/bin:/usr/bin:/bin}}"
{defaults}unset slipway_app
"""


def profile_script(bin_folder: str, defaults: Mapping[str, str]) -> str:
    """Write the script for `.profile.d/`; `bin_folder` is relative to the app.

    Values that the user has set are kept, empty ones too.
    """
    lines = "".join(
        f'export {name}="${{{name}-{value}}}"\n' for name, value in defaults.items()
    )
    return _PROFILE.format(bin_folder=bin_folder, defaults=lines)


def export_script(bin_folder: str) -> str:
    """Write `export`, for the build path: `bin_folder` is absolute."""
    return f'export PATH={shlex.quote(bin_folder)}:"${{PATH:-/usr/bin:/bin}}"\n'
