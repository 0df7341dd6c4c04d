"""The app's requirements: their files, resolution requests, the lock and conflicts."""
