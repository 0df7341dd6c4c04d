"""Runs one of Slipway's tools in the app's Python: tool.py FOLDER MODULE [ARGUMENT ...]."""

import runpy
import sys

sys.path.insert(0, sys.argv.pop(1))
module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
