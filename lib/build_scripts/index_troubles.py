"""Records log messages about indexes that pip shows only if very verbose, in case pip fails.

pip skips an index that refuses a request or does not answer, and files for other Pythons, and
then only reports that the package was not found. Users need the reason. With `--log`, pip would
write it as well, but so many other lines that resolving would take twice as long.
"""

import logging
import sys

_RECORDED = ("Could not fetch URL", "Skipping link:", "The conflict is caused by:")


class IndexTroubles(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []
        logger = logging.getLogger("pip._internal")
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)

    def emit(self, record):
        if str(record.msg).lstrip().startswith(_RECORDED):
            self.records.append(record)

    def print(self):
        for record in self.records:
            print(record.getMessage(), file=sys.stderr)
