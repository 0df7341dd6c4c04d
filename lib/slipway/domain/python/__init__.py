"""Which Python an app requests, and which one it gets."""
