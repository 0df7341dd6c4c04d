"""Creates the superuser that the environment describes, if it does not exist."""

from __future__ import annotations

import os
from typing import Any, Container, Mapping

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models, router, transaction

from slipway_release.log import ReleaseFailed, say, shown, without_credentials

PREFIX = "DJANGO_SUPERUSER_"
"""Django's own `createsuperuser` reads these variables, since Django 3.0.

https://docs.djangoproject.com/en/stable/ref/django-admin/#createsuperuser
"""
PASSWORD = f"{PREFIX}PASSWORD"


def create(elsewhere: Container[str]) -> str:
    """Create the superuser, and say so for the last line; empty if there is nothing to do.

    An existing user stays as it is. Another instance creates a user of a database of
    `elsewhere`. Raises ReleaseFailed.
    """
    variables = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    if not any(variables.values()):
        return ""
    model = _user_model()
    if router.db_for_write(model) in elsewhere:
        return ""
    login = variable_of(model.USERNAME_FIELD)
    fields = [model.USERNAME_FIELD, *model.REQUIRED_FIELDS]
    _report_unused(variables, fields)
    username = variables.get(login, "")
    if username and _exists(model, username):
        say(f"Superuser {shown(username)}: this user exists, and stays as it is")
        return ""
    missing = [
        variable_of(name)
        for name in fields
        if not variables.get(variable_of(name)) and not _may_be_empty(model, name)
    ]
    if not variables.get(PASSWORD):
        missing.append(PASSWORD)
    if missing:
        raise ReleaseFailed(
            f"The superuser was not created, because {_listed(missing)} not set.\n"
            f"Set {_those(missing)}, or unset the variables that begin with {PREFIX}."
        )
    values = {name: _value(model, name, variables) for name in fields}
    _check_password(model, values, variables[PASSWORD])
    _save(model, values, variables[PASSWORD])
    say(f"Superuser {shown(username)} created")
    return "superuser created"


def variable_of(field: str) -> str:
    """Name the variable of a field of the user model."""
    return PREFIX + field.upper()


def _user_model() -> Any:
    try:
        model = get_user_model()
    except ImproperlyConfigured as error:
        raise ReleaseFailed(
            f"The superuser was not created, because there are no users: {shown(str(error))}.\n"
            "Add django.contrib.auth to INSTALLED_APPS, or unset the variables that begin with "
            f"{PREFIX}."
        ) from None
    if not hasattr(model._default_manager, "create_superuser"):
        raise ReleaseFailed(
            "The superuser was not created, because the manager of the user model "
            f"{model._meta.label} has no method create_superuser.\n"
            "Write one: https://docs.djangoproject.com/en/stable/topics/auth/customizing/"
            "#writing-a-manager-for-a-custom-user-model"
        )
    return model


def _report_unused(variables: Mapping[str, str], fields: list[str]) -> None:
    unused = sorted({*variables} - {PASSWORD, *map(variable_of, fields)})
    if unused:
        known = ", ".join(map(variable_of, fields))
        say(f"Not used: {', '.join(map(shown, unused))}. The user model has {known}.")


def _manager(model: Any) -> Any:
    return model._default_manager.db_manager(router.db_for_write(model))


def _exists(model: Any, username: str) -> bool:
    """Look for the user, also as managers change names before they save them."""
    candidates = {username, model.normalize_username(username)}
    manager = _manager(model)
    try:
        for candidate in sorted(candidates):
            try:
                manager.get_by_natural_key(candidate)
            except model.DoesNotExist:
                continue
            except model.MultipleObjectsReturned:
                return True
            return True
        field = model._meta.get_field(model.USERNAME_FIELD)
        # Managers save an e-mail address, or its domain, in lower case.
        is_text = isinstance(field, (models.CharField, models.TextField))
        return is_text and manager.filter(**{f"{field.name}__iexact": username}).exists()
    except Exception as error:  # whatever the app's own manager raises
        raise ReleaseFailed(
            f"The superuser {shown(username)} could not be looked up. "
            f"{_words(error, os.environ.get(PASSWORD, ''))}"
        ) from None


def _may_be_empty(model: Any, name: str) -> bool:
    return bool(model._meta.get_field(name).blank) and name != model.USERNAME_FIELD


def _value(model: Any, name: str, variables: Mapping[str, str]) -> Any:
    field = model._meta.get_field(name)
    text = variables.get(variable_of(name), "")
    if not text:
        return "" if field.empty_strings_allowed else None
    if field.many_to_many:
        return [key.strip() for key in text.split(",")]
    try:
        return field.clean(text, None)
    except ValidationError as error:
        raise ReleaseFailed(
            f"The superuser was not created, because the value of {variable_of(name)} is not "
            f"valid: {shown(' '.join(error.messages))}\n"
            f"Correct {variable_of(name)}."
        ) from None


def _check_password(model: Any, values: Mapping[str, Any], password: str) -> None:
    """Say that a password is weak; as with Django's own command, it counts nevertheless."""
    plain = {
        name: value
        for name, value in values.items()
        if not model._meta.get_field(name).remote_field
    }
    try:
        validate_password(password, model(**plain))
    except ValidationError as error:
        words = " ".join(error.messages).replace(password, "****")
        say(f"Notice: the password in {PASSWORD} is weak: {shown(words)}")
    except Exception as error:  # of the app's own validators
        raise ReleaseFailed(
            f"The superuser was not created, because a password could not be checked as "
            f"AUTH_PASSWORD_VALIDATORS says. {_words(error, password)}"
        ) from None


def _save(model: Any, values: Mapping[str, Any], password: str) -> None:
    given = {name: value for name, value in values.items() if value is not None}
    try:
        with transaction.atomic(using=router.db_for_write(model)):
            _manager(model).create_superuser(**given, password=password)
    except Exception as error:  # of the app's own user model
        raise ReleaseFailed(
            f"create_superuser of the user model {model._meta.label} failed. "
            f"{_words(error, password)}\n"
            f"It gets these arguments: {', '.join(given)}, password."
        ) from None


def _words(error: Exception, password: str) -> str:
    """Quote an exception, but no password, and no row of a table, which PostgreSQL appends."""
    text = f"{type(error).__name__}: {error}".split("\n")[0]
    if password:
        text = text.replace(password, "****").replace(repr(password)[1:-1], "****")
    return shown(without_credentials(text))


def _listed(missing: list[str]) -> str:
    if len(missing) == 1:
        return f"{missing[0]} is"
    return f"{', '.join(missing[:-1])} and {missing[-1]} are"


def _those(missing: list[str]) -> str:
    return "it" if len(missing) == 1 else "them"
