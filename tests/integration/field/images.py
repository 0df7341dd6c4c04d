"""What images get: layers, bindings, bills of materials."""

from __future__ import annotations

from integration.field.table import TestedElsewhere, add

add(
    TestedElsewhere(
        kind="Images whose content depends on how they were made",
        name="image-dep-removed",
        result="After a requirement is removed, the image is that of a build without a cache",
        test="platforms/test_image.py::test_unchanged_layers_are_reused",
    ),
    TestedElsewhere(
        kind="Images whose content depends on how they were made",
        name="image-by-another-toolchain",
        result="uv and pip-tools give images with the same digest",
        test="platforms/test_image.py::test_the_image_is_the_same_whichever_toolchain_makes_it",
    ),
)
