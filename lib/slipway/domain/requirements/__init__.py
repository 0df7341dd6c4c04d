"""What an app requires: its files, the request to a resolver, the lock, conflicts."""
