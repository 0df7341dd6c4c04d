"""What the output of pip, uv and compilers means."""
