"""Which Python an app asks for, and which one it gets."""
