"""The steps of a build, each in a module that is named for what the step does."""
