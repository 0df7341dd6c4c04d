"""The files that Cloud Native Buildpacks read and write."""
