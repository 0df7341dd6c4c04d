"""The processes of an app and how they start."""
