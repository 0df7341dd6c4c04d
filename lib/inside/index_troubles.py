"""Keeps what pip says of an index in its most verbose log only, for when pip fails.

pip passes over an index that refuses or does not answer, and over files for other Pythons,
and then reports the package as not found. Why it was not found is what a user needs.
"""

import logging
import sys
import threading

_TELLING = ("Could not fetch URL", "Skipping link:", "The conflict is caused by:")


class IndexTroubles(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self._of_thread = threading.local()
        self._logger = logging.getLogger("pip._internal")
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)

    @property
    def messages(self):
        """What pip has said in this thread."""
        return self._of_thread.__dict__.setdefault("messages", [])

    def emit(self, record):
        if str(record.msg).lstrip().startswith(_TELLING):
            self.messages.append(record.getMessage())

    def stop(self):
        """Let pip be as silent as it is by itself: it is slow to say so much."""
        self._logger.setLevel(logging.NOTSET)

    def tell(self):
        for message in self.messages:
            print(message, file=sys.stderr)
