"""Caches that are full, read-only or manipulated, and builders with an unusual umask."""

from __future__ import annotations

from integration.field.table import TestedElsewhere, add

FULL = "A cache that is full or read-only"
LINKS = "A cache with links"
LIMIT = "A cache that grows"
REASONS = "Reasons for what is done again"
UMASK = "Unusual umasks"
FAULTS = "integration/test_cache_faults.py"
EVICTION = "unit/effects/cache/test_eviction.py"

add(
    *(
        TestedElsewhere(kind=kind, name=name, result=result, test=test)
        for kind, name, result, test in (
            (
                FULL,
                "cache-disk-full",
                "Goes on without the cache, and says that its disk is full",
                f"{FAULTS}::test_a_build_goes_on_without_a_cache_whose_disk_is_full",
            ),
            (
                FULL,
                "cache-disk-full-of-old-entries",
                "Evicts what no running build uses, and goes on",
                f"{FAULTS}::test_room_is_made_on_a_full_disk_and_the_build_goes_on",
            ),
            (
                FULL,
                "cache-disk-too-small",
                "Builds with a disk of 1 to 60 MB for the cache",
                f"{FAULTS}::test_a_disk_of_any_size_is_large_enough_for_a_cache",
            ),
            (
                FULL,
                "cache-disk-filled-by-a-hook",
                "Goes on without the cache",
                f"{FAULTS}::test_a_cache_that_a_hook_fills_is_not_used",
            ),
            (
                FULL,
                "cache-disk-without-inodes",
                "Goes on without the cache",
                f"{FAULTS}::test_a_cache_without_room_for_another_file_is_not_used",
            ),
            (
                FULL,
                "cache-read-only",
                "Says so, and goes on without the cache",
                f"{FAULTS}::test_a_read_only_cache_is_not_used",
            ),
            (
                FULL,
                "cache-read-only-later",
                "Notices it in the middle of the build, and goes on without the cache",
                f"{FAULTS}::test_a_cache_that_becomes_read_only_is_not_used",
            ),
            (
                FULL,
                "cache-of-another-user",
                "Goes on without the cache, or without what cannot be written to",
                f"{FAULTS}::test_the_cache_of_another_user_is_not_needed",
            ),
            (
                LINKS,
                "cache-entries-are-links",
                "Removes the links, and makes the entries again; their targets stay",
                f"{FAULTS}::test_entries_and_downloads_that_are_links_are_replaced",
            ),
            (
                LINKS,
                "cache-planted-links",
                "Eviction follows no link, pipe or hard link out of the cache",
                f"{EVICTION}::test_eviction_changes_nothing_outside_of_the_cache",
            ),
            (
                LINKS,
                "cache-downloads-planted-links",
                "Are replaced, and not followed",
                "unit/effects/cache/test_tool_caches.py::test_a_link_is_replaced_and_not_followed",
            ),
            (
                LIMIT,
                "cache-hard-links",
                "A file with several links counts once",
                f"{EVICTION}::test_a_file_with_several_links_counts_once",
            ),
            (
                LIMIT,
                "cache-dead-environments",
                "Environments that no build needs go before the downloads",
                (
                    f"{EVICTION}::"
                    "test_an_environment_that_was_only_a_start_goes_before_the_downloads"
                ),
            ),
            (
                LIMIT,
                "cache-always-busy",
                "Has a limit: only what running builds use stays",
                (
                    f"{EVICTION}::"
                    "test_downloads_that_some_build_always_uses_are_evicted_in_the_end"
                ),
            ),
            (
                LIMIT,
                "cache-stuck-build",
                "Keeps what it uses, and no more",
                f"{EVICTION}::test_a_stuck_build_keeps_no_more_than_it_uses",
            ),
            (
                LIMIT,
                "cache-date-in-the-future",
                "Does not keep an item",
                f"{EVICTION}::test_a_date_in_the_future_does_not_keep_an_item",
            ),
            (
                LIMIT,
                "cache-without-locks",
                "Evicts what was not used for a day",
                f"{EVICTION}::test_without_locks_only_what_no_build_can_be_using_is_evicted",
            ),
            (
                REASONS,
                "cache-shared-by-apps",
                "Names in what the most similar entry differs; nothing is said to have changed",
                (
                    "unit/effects/cache/test_outputs.py::"
                    "test_a_miss_is_explained_by_the_most_similar_entry"
                ),
            ),
            (
                REASONS,
                "cache-damaged-entry",
                "The reason is the damage, not that there was none",
                "unit/effects/cache/test_outputs.py::test_a_damaged_output_is_a_miss",
            ),
            (
                UMASK,
                "umask-0777-0077-0000",
                "The app's files have the same modes as usual",
                f"{FAULTS}::test_an_unusual_umask_does_not_reach_the_app",
            ),
        )
    )
)
