"""Keeps what pip says of an index in its most verbose log only, for when pip fails.

pip passes over an index that refuses or does not answer, and over files for other Pythons,
and then reports the package as not found. Why it was not found is what a user needs. With
`--log` pip would write it too, and take twice as long to resolve for all the rest it writes.
"""

import logging
import sys

_TELLING = ("Could not fetch URL", "Skipping link:", "The conflict is caused by:")


class IndexTroubles(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []
        logger = logging.getLogger("pip._internal")
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)

    def emit(self, record):
        if str(record.msg).lstrip().startswith(_TELLING):
            self.records.append(record)

    def print(self):
        for record in self.records:
            print(record.getMessage(), file=sys.stderr)
