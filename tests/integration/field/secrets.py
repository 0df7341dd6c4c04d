"""Passwords and tokens with characters that addresses do not allow, and in wrong places."""

from __future__ import annotations

from integration.field.table import Advice, Case, TestedElsewhere, add

SPECIAL = "A password with special characters in an address"
NOT_A_PATH = "An address where a path belongs"
SETTING = "An invalid setting"

UNUSABLE = "An address cannot be used"
INVALID = "A setting has an invalid value"
_WSGI = "def application(environ, start_response): ...\n"
_APP = {"requirements.txt": "itsdangerous\n", "wsgi.py": _WSGI}
_SECRET = "s3cr3tpart"  # noqa: S105  # of no server


def _address(character: str) -> str:
    return f"https://ci:first9{character}{_SECRET}@index.invalid/simple"


add(
    Case(
        kind=SPECIAL,
        name="password-hash-in-pip-index-url",
        result="Says to write `#` as `%23`",
        files=_APP,
        config_vars={"PIP_INDEX_URL": _address("#")},
        title=UNUSABLE,
        says=("The variable PIP_INDEX_URL has an address with `#`", "write `#` as `%23`"),
        never_says=(_SECRET, "first9"),
        advice=(
            Advice(
                text="In the user name and the password, write `#` as `%23`.",
                # The index of this test does not exist, so the next build cannot reach it.
                config_vars={"PIP_INDEX_URL": _address("%23"), "PIP_RETRIES": "0"},
                then="Packages cannot be downloaded",
            ),
        ),
    ),
    Case(
        kind=SPECIAL,
        name="password-blank-in-extra-index-url",
        result="Says to write the space as `%20`",
        files=_APP,
        config_vars={"PIP_EXTRA_INDEX_URL": f"{_address('%20')} {_address(' ')}"},
        title=UNUSABLE,
        says=("with a space in the user name or password", "write a space as `%20`"),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="password-slash-in-a-requirement",
        result="Names the line, and says to write `/` as `%2F`",
        files={**_APP, "requirements.txt": f"six\nsix @ git+{_address('/')}.git@v1\n"},
        title=UNUSABLE,
        says=("Line 2 of requirements.txt", "write `/` as `%2F`"),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="password-bracket-in-a-variable-of-a-requirement",
        result="Names the line, and says to write `[` as `%5B`",
        files={
            **_APP,
            "requirements.txt": "--extra-index-url https://ci:${TOKEN}@index.invalid/\nsix\n",
        },
        config_vars={"TOKEN": f"{_SECRET}[{_SECRET}"},
        title=UNUSABLE,
        says=("Line 1 of requirements.txt", "write `[` as `%5B`"),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=SPECIAL,
        name="password-question-mark-in-uv-index",
        result="Names pyproject.toml, and says to write `?` as `%3F`",
        files={
            "wsgi.py": _WSGI,
            "pyproject.toml": "[project]\nname = 'a'\nversion = '1'\ndependencies = ['six']\n"
            f"[[tool.uv.index]]\nurl = '{_address('?')}'\ndefault = true\n",
        },
        title=UNUSABLE,
        says=("pyproject.toml has an address", "write `?` as `%3F`"),
        never_says=(_SECRET,),
        is_long=True,
    ),
    TestedElsewhere(
        kind=SPECIAL,
        name="password-encoded",
        result="Is used, and never shown or stored",
        test="integration/test_no_secret_left.py::"
        "test_a_build_leaves_secrets_where_the_app_has_them",
    ),
    Case(
        kind=NOT_A_PATH,
        name="name-equals-address",
        is_long=True,
        result="Says how an address is written, without its password",
        files={**_APP, "requirements.txt": f"six = https://ci:{_SECRET}@h.invalid/x.tar.gz\n"},
        title="A requirement is not valid",
        says=("`six = https://****@h.invalid/x.tar.gz`", "the name of its package and ` @ `"),
        never_says=(_SECRET,),
    ),
    Case(
        kind=NOT_A_PATH,
        name="address-in-slipway-requirements",
        result="Says that it is an address, and how to name a file",
        files=_APP,
        config_vars={"SLIPWAY_REQUIREMENTS": f"https://ci:{_SECRET}@h.invalid/r.txt"},
        title=INVALID,
        says=("The variable SLIPWAY_REQUIREMENTS is an address", "files in the app"),
        never_says=(_SECRET,),
        advice=(
            Advice(
                text="SLIPWAY_REQUIREMENTS=requirements/production.txt",
                config_vars={"SLIPWAY_REQUIREMENTS": "requirements/production.txt"},
                files={"requirements/production.txt": "itsdangerous\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=NOT_A_PATH,
        name="address-in-vendor",
        result="Says that it is an address, and how to name folders",
        files={
            **_APP,
            "pyproject.toml": f'[tool.slipway]\nvendor = ["http:/ci:{_SECRET}@h.invalid/v"]\n',
        },
        title=INVALID,
        says=("sets vendor to a list with an address", 'vendor = ["vendor", "libs"]'),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=NOT_A_PATH,
        name="address-in-manage-py",
        result="Says that it is an address, and how to name a file",
        files=_APP,
        config_vars={"SLIPWAY_MANAGE_PY": f"git+https://{_SECRET}@h.invalid/manage.py"},
        title=INVALID,
        says=("The variable SLIPWAY_MANAGE_PY is an address",),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=SETTING,
        name="secret-in-a-setting",
        is_long=True,
        result="Names the variable and the valid values, and does not show what it contains",
        files=_APP,
        config_vars={"SLIPWAY_TOOLCHAIN": _SECRET},
        title=INVALID,
        says=("The variable SLIPWAY_TOOLCHAIN has a value that is not valid.",),
        never_says=(_SECRET,),
        advice=(
            Advice(text="auto, uv or pip-tools", config_vars={"SLIPWAY_TOOLCHAIN": "auto"}),
        ),
    ),
    Case(
        kind=SETTING,
        name="secret-in-toml",
        result="Names the key and the valid values, and does not show what it contains",
        files={**_APP, "pyproject.toml": f'[tool.slipway]\nlog_level = "{_SECRET}"\n'},
        title=INVALID,
        says=("sets log_level to a value that is not valid",),
        never_says=(_SECRET,),
        is_long=True,
    ),
    Case(
        kind=SETTING,
        name="secret-as-python-version",
        result="Says that it is not a version, and does not show it",
        files=_APP,
        config_vars={"SLIPWAY_PYTHON_VERSION": _SECRET},
        title="SLIPWAY_PYTHON_VERSION does not name a Python version",
        never_says=(_SECRET,),
        is_long=True,
    ),
)
