"""Records log messages that pip shows only if it is verbose, in case pip fails.

pip skips an index that refuses a request or does not answer, and files for other Pythons, and
then only reports that the package was not found. Users need the reason. With `--log`, pip would
write it as well, but so many other lines that resolving would take twice as long.
"""

import logging
import re
import sys

_SKIPPED = "Skipping link:"
_RECORDED = ("Could not fetch URL", _SKIPPED, "The conflict is caused by:")
_DOWNLOADED = ("Downloading %s", "Using cached %s")
"""pip-compile does not show which version of a package pip tries to build."""
_SDIST = re.compile(r"\S+\.(?:tar\.\w+|tgz|zip)(?: |$)")
_NOT_FOUND = "that satisfies the requirement"
_EXACT = re.compile(r"===?\s*([\w.!+-]+)(?![\w.!+*-])")


class IndexTroubles(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []
        self.versions = set()
        """The exact versions that pip has not found."""
        logger = logging.getLogger("pip._internal")
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)

    def emit(self, record):
        text = str(record.msg).lstrip()
        is_sdist = text in _DOWNLOADED and _SDIST.match(str(record.args[0]))
        if text.startswith(_RECORDED) or is_sdist:
            self.records.append(record)
        elif _NOT_FOUND in text:
            self.versions.update(_EXACT.findall(record.getMessage().partition("(from")[0]))

    def print(self):
        """Print the records, those about files that only tell of other versions first.

        Some packages have thousands of files, and only the start and the end are searched.
        """
        for record in sorted(self.records, key=self._is_telling):
            print(record.getMessage(), file=sys.stderr)

    def _is_telling(self, record):
        if not str(record.msg).startswith(_SKIPPED):
            return True
        file = getattr(record.args[-1], "filename", "") if record.args else ""
        return any(f"-{one}{end}" in file for one in self.versions for end in "-.")
