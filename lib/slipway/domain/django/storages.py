"""Knows what storages that upload static files cannot do without."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CREDENTIALS: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "storages.backends.s3": (
        (("access_key",), _AWS[:1]),
        (("secret_key",), _AWS[1:]),
        (("bucket_name",), ("AWS_STORAGE_BUCKET_NAME",)),
    ),
    "storages.backends.gcloud": (
        (("credentials",), ("GOOGLE_APPLICATION_CREDENTIALS",)),
        (("bucket_name",), ("GS_BUCKET_NAME",)),
    ),
    "storages.backends.azure": (
        (
            ("account_key", "connection_string", "sas_token", "token_credential"),
            ("AZURE_ACCOUNT_KEY",),
        ),
    ),
}
"""Start of a storage's module -> its attributes, one of which it needs, and the variables that
usually have them: https://django-storages.readthedocs.io/"""
_INSTEAD = {
    *("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    *("AWS_WEB_IDENTITY_TOKEN_FILE", "GOOGLE_APPLICATION_CREDENTIALS"),
}
"""Variables that give clients credentials in another way."""


def missing_variables_of(
    storage: str, unset: Collection[str], variables: Collection[str]
) -> tuple[str, ...]:
    """Name the variables that usually have what a storage lacks.

    `storage` is its class, `unset` its attributes without a value, and `variables` are set.
    """
    needed = next((it for start, it in _CREDENTIALS.items() if storage.startswith(start)), ())
    has_others = not _INSTEAD.isdisjoint(variables)
    return tuple(
        name
        for attributes, names in needed
        if all(it in unset for it in attributes)
        and not (has_others and attributes != ("bucket_name",))
        for name in names
    )
