"""The scripts that platforms source: `.profile.d/` at run time, `export` between buildpacks.

They are POSIX sh and start no process. They work with `set -euo pipefail` and `nullglob`, which
herokuish sets (https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

_PROFILE = """\
# Written by Slipway when it built the app; sourced before each process of the app.
# The path of this file gives the app's folder, which may have been moved.
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

    Variables that the user has set keep their values, even empty ones.
    """
    lines = "".join(
        f'export {name}="${{{name}-{value}}}"\n' for name, value in defaults.items()
    )
    return _PROFILE.format(bin_folder=bin_folder, defaults=lines)


def export_script(bin_folder: str) -> str:
    """Write the `export` script, for use during the build; `bin_folder` is absolute."""
    return f'export PATH={shlex.quote(bin_folder)}:"${{PATH:-/usr/bin:/bin}}"\n'
