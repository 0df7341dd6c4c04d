"""Interpret the output of pip, uv and compilers."""
