"""Keeps what pip says of an index in its most verbose log only, for when pip fails.

pip passes over an index that refuses or does not answer, and over files for other Pythons,
and then reports the package as not found. Why it was not found is what a user needs.
"""

import logging
import sys

_TELLING = ("Could not fetch URL", "Skipping link:", "The conflict is caused by:")


class IndexTroubles(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.messages = []
        logger = logging.getLogger("pip._internal")
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)

    def emit(self, record):
        if str(record.msg).lstrip().startswith(_TELLING):
            self.messages.append(record.getMessage())

    def tell(self):
        for message in self.messages:
            print(message, file=sys.stderr)
