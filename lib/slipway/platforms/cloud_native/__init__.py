"""Cloud Native Buildpacks: detect and build, called by the lifecycle in the app's folder.

The contract: https://github.com/buildpacks/spec/blob/main/buildpack.md (API 0.10)
"""
