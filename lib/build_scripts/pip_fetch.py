"""Downloads files of locked packages, and builds none: pip_fetch.py FOLDER PIP [ARGUMENT ...].

The arguments are those of `pip download`, which also builds each sdist, to read metadata that a
lock already has: https://github.com/pypa/pip/issues/7995. It would take the build requirements
from the index of the package, which often is a private one that has nothing else. After this
script, a build can use another index. It finds and downloads files with pip's own functions, so
all of pip's settings for connections and credentials apply.
"""

import os.path
import shutil
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1), os.path.dirname(os.path.abspath(__file__))]

sys.dont_write_bytecode = True  # this file's folder may be read-only, or another user's
from index_retries import limit_waits
from index_troubles import IndexTroubles

sys.dont_write_bytecode = False  # the tools are in the cache
from pip._internal.cli.cmdoptions import make_target_python
from pip._internal.cli.req_command import with_cleanup
from pip._internal.commands.download import DownloadCommand
from pip._internal.exceptions import HashErrors, HashMismatch
from pip._internal.network.download import Downloader
from pip._internal.operations.prepare import get_file_url, get_http_url


class Fetch(DownloadCommand):
    """Puts the file of each requirement into a folder that has the name of the package."""

    @with_cleanup
    def run(self, options, args):
        options.editables = []  # as `pip download` does
        session = self.get_default_session(options)
        finder = self._build_package_finder(
            options=options,
            session=session,
            target_python=make_target_python(options),
            ignore_requires_python=options.ignore_requires_python,
        )
        download = Downloader(session, "off")
        errors = HashErrors()
        for requirement in self.get_requirements(args, options, finder, session):
            link = requirement.link or finder.find_requirement(requirement, upgrade=False).link
            hashes = requirement.hashes(trust_internet=False)
            requirement.link = link
            try:
                if link.is_file:
                    file = get_file_url(link, hashes=hashes)
                else:
                    file = get_http_url(link, download, hashes=hashes)
            except HashMismatch as error:
                error.req = requirement
                errors.append(error)
                continue
            place = os.path.join(options.download_dir, requirement.name)
            os.makedirs(place)
            put = shutil.copyfile if link.is_file else shutil.move
            put(file.path, os.path.join(place, link.filename))
        if errors:
            raise errors
        return 0


limit_waits()
troubles = IndexTroubles()
status = Fetch("download", "").main(sys.argv[1:])
if status:
    troubles.print()
sys.exit(status)
