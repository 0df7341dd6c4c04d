"""Django commands that fail, and what the error names as the cause."""
