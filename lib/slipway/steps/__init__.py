"""What a build does: one module, one verb, a step."""
