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

_BINDING = "A service binding"
_AT_START = "unit/runtime/bound_services/test_variables.py"
_AT_BUILD = "unit/platforms/cloud_native/test_build_bindings.py"
_OF_BUILD = "unit/domain/cloud_native/test_build_bindings.py"
add(
    TestedElsewhere(
        kind=_BINDING,
        name="binding-of-a-refused-index",
        result="Stops: the error names the binding and the keys to correct",
        test=f"{_AT_BUILD}::test_the_error_for_a_refused_index_names_the_binding",
    ),
    TestedElsewhere(
        kind=_BINDING,
        name="binding-with-a-misspelled-key",
        result="A line of the build names the key and the right one",
        test=f"{_OF_BUILD}::test_an_entry_that_resembles_a_missing_one_is_named",
    ),
    TestedElsewhere(
        kind=_BINDING,
        name="database-with-a-misspelled-key",
        result="A line at the start names the key and the right one",
        test=f"{_AT_START}::test_an_entry_that_resembles_a_missing_one_is_named",
    ),
    TestedElsewhere(
        kind=_BINDING,
        name="database-with-an-unreadable-password",
        result="`DATABASE_URL` is not set, and a line says why",
        test=f"{_AT_START}::test_an_address_is_whole_or_not_set",
    ),
    TestedElsewhere(
        kind=_BINDING,
        name="binding-that-cannot-be-read",
        result="A line names it; the build goes on",
        test=f"{_AT_BUILD}::test_a_binding_whose_type_is_not_known_does_not_stop_a_build",
    ),
    TestedElsewhere(
        kind=_BINDING,
        name="binding-root-missing",
        result="A line names the variable",
        test="unit/steps/test_read_services.py"
        "::test_a_missing_folder_of_bindings_is_one_warning",
    ),
)

_CACHE = "A damaged cache"
add(
    TestedElsewhere(
        kind=_CACHE,
        name="cache-truncated",
        result="Is made again; the next build is warm",
        test="integration/test_cache.py::test_a_truncated_cache_is_made_again",
    ),
    TestedElsewhere(
        kind=_CACHE,
        name="cache-no-folder",
        result="A line says so; the build goes on without it",
        test="integration/test_cache.py::test_a_cache_that_is_no_folder_is_not_used",
    ),
    TestedElsewhere(
        kind=_CACHE,
        name="cache-with-files-as-folders",
        result="They are removed, and nothing else",
        test="unit/effects/cache/test_place.py::test_what_is_in_the_place_of_a_kind_is_removed",
    ),
)

_BILL = "The bill of materials"
add(
    TestedElsewhere(
        kind=_BILL,
        name="sbom-of-a-vendored-package",
        result="Is not the public index's package of that name",
        test="unit/domain/test_sbom.py::test_a_vendored_package_has_its_path_url_and_commit",
    ),
    TestedElsewhere(
        kind=_BILL,
        name="sbom-of-a-package-from-git",
        result="Names the repository, or the address of the archive",
        test="unit/domain/test_sbom.py::test_a_package_from_an_address_names_it",
    ),
    TestedElsewhere(
        kind=_BILL,
        name="sbom-of-a-real-build",
        result="Is valid, and has hashes and a graph of dependencies",
        test="platforms/test_sbom.py"
        "::test_the_bill_of_materials_names_every_package_and_its_source",
    ),
)

add(
    TestedElsewhere(
        kind="Files that the build cannot read",
        name="app-with-a-private-folder",
        result="Stops: the folder, its owner and its mode are named",
        test="unit/effects/test_access.py"
        "::test_private_folders_and_files_are_found_and_links_are_not_followed",
    ),
)
