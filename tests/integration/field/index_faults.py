"""Indexes and servers that answer wrongly, late or not at all."""

from __future__ import annotations

from integration.field.table import TestedElsewhere, add

_KIND = "An index that answers wrongly, late or not at all"
_TEST = "integration/test_index.py::test_a_fault_of_an_index_has_its_words_and_a_limited_time"
_UNREACHABLE = "Stops: “Packages cannot be downloaded”."
_NO_LIST = "Stops: “An index does not list the files of a package”."
_BUSY = "Stops: “A server limits requests for packages (status 429)”."

add(
    *(
        TestedElsewhere(kind=_KIND, name=name, result=result, test=_TEST)
        for name, result in {
            "index-429-with-a-long-retry-after": (
                f"{_BUSY} pip waits at most 10 s before each retry"
            ),
            "index-status-500": f"{_UNREACHABLE} Says the status",
            "index-status-503": f"{_UNREACHABLE} Says the status",
            "index-page-for-signing-in": f"{_NO_LIST} Names the page",
            "index-page-of-another-type": f"{_NO_LIST} Names the type",
            "index-redirects-in-a-loop": f"{_UNREACHABLE} Says that it redirects in a loop",
            "index-response-cut-off": f"{_UNREACHABLE} Says that the connection ended early",
            "index-connection-closed": f"{_UNREACHABLE} Says that the connection was closed",
            "index-never-answers": (
                f"{_UNREACHABLE} Ends after the time limit and the retries of pip or uv"
            ),
            "index-file-with-another-hash": (
                "Stops: “A file does not have the expected hash”. Shows both hashes"
            ),
            "index-status-401": (
                "Stops: “Access to packages is denied (status 401)”. Says how to add a password"
            ),
            "index-status-403": (
                "Stops: “Access to packages is denied (status 403)”. Names the URL"
            ),
            "index-file-missing": (
                "Stops: “A file is not on its server (status 404)”. Names the URL"
            ),
        }.items()
    )
)
