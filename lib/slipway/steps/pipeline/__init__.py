"""Build an app, from its folder to its process types: plan, prepare, finish.

`build` is the whole story; the other modules tell its parts.
"""

from slipway.steps.pipeline.builds import build, lock_app, supply
from slipway.steps.pipeline.request import BuildRequest, Built

__all__ = ["BuildRequest", "Built", "build", "lock_app", "supply"]
