"""Django commands that fail, and what the error names as the cause."""

from __future__ import annotations

from collections.abc import Mapping

from integration.field.table import Advice, Case, add

_VARIABLES = "A variable that the settings read is not set, and `placeholders` is off"
_VALUE = "The value of a variable is not accepted"
_MODULE = "A module cannot be imported"
_SETTINGS = "The settings module does not exist"
_LIBRARY = "A shared library is missing"
_PROGRAM = "A program that the app starts is missing"
_FILE = "A file that the settings name is missing"
_STATIC = "A static file refers to a missing one"
_STORAGE = "Static files are uploaded, but the build has no credentials"
_DATABASE = "The app asks its database while static files are built"
_OWN = "The app's own code fails"
_OLD = "A package does not work with this Python, or with another package"
_WITHOUT_PLACEHOLDERS = {"SLIPWAY_PLACEHOLDERS": "false"}
_SKIP = Advice(text="DISABLE_COLLECTSTATIC=1", config_vars={"DISABLE_COLLECTSTATIC": "1"})

_MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
_BASE = """\
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles", "site1"]
STATIC_URL = "/static/"
STATIC_ROOT = "static_built"
STATICFILES_DIRS = ["assets"]
"""
_APPS = """\
from django.apps import AppConfig
class Site(AppConfig):
    name = "site1"
    def ready(self):
"""


def _site(*lines: str, requires: str = "", **more: str) -> Mapping[str, str]:
    """Return a project whose settings have these lines; `more` are modules of `site1`."""
    modules = {f"site1/{name}.py": text for name, text in more.items()}
    return {
        "requirements.txt": f"Django==5.2.*\n{requires}",
        "manage.py": _MANAGE,
        "site1/__init__.py": "",
        "site1/settings.py": _BASE + "".join(f"{line}\n" for line in lines),
        "assets/site.css": "body { color: navy }\n",
        **modules,
    }


def _settings(*lines: str) -> Mapping[str, str]:
    return {"site1/settings.py": _BASE + "".join(f"{line}\n" for line in lines)}


def _set(*names: str) -> Advice:
    text = " ".join(f"{name}=..." for name in names)
    return Advice(text=text, config_vars=dict.fromkeys(names, "a-value"))


add(
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="environs-missing",
        title="The variable HARBOUR_SECRET_KEY is not set",
        says=("HARBOUR_SECRET_KEY (line 3 of site_x/settings.py)",),
        never_says=(".slipway/python", "runpy"),
        advice=(_set("HARBOUR_SECRET_KEY"), _SKIP),
        result="environs reads it",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="environs-all-missing",
        files=_site(
            "from environs import Env",
            "env = Env()",
            'NAME = env("HARBOUR_NAME")',
            'SIZE = env.int("HARBOUR_SIZE", 3)',
            'with env.prefixed("MAIL_"):',
            '    MAIL = env("HOST")',
            'TIDES = env.list("HARBOUR_TIDES")',
            requires="environs\n",
        ),
        title="3 variables that the app needs are not set",
        says=("HARBOUR_NAME=... MAIL_HOST=... HARBOUR_TIDES=...",),
        never_says=("HARBOUR_SIZE=",),
        advice=(_set("HARBOUR_NAME", "MAIL_HOST", "HARBOUR_TIDES"),),
        result="Names all that are certain to be needed",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="pydantic-settings-missing",
        title="The variable HARBOUR_SECRET_KEY is not set",
        advice=(_set("HARBOUR_SECRET_KEY"),),
        result="pydantic-settings reads it",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="pydantic-settings-prefix",
        files=_site(
            "from pydantic import Field",
            "from pydantic_settings import BaseSettings, SettingsConfigDict",
            "class Conf(BaseSettings):",
            '    model_config = SettingsConfigDict(env_prefix="HARBOUR_")',
            "    secret_key: str",
            "    berths: int = 3",
            '    address: str = Field(validation_alias="DATABASE_URL")',
            "SECRET_KEY = Conf().secret_key",
            requires="pydantic-settings\n",
        ),
        title="2 variables that the app needs are not set",
        says=("HARBOUR_SECRET_KEY=... DATABASE_URL=...",),
        advice=(_set("HARBOUR_SECRET_KEY", "DATABASE_URL"),),
        result="With the prefix and the alias of the fields",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="django-environ-missing",
        files={
            **_site("from .base import *", 'ZONE = os.environ["HARBOUR_ZONE"]'),
            "requirements.txt": "Django==5.2.*\ndjango-environ\n",
            "site1/base.py": "import environ\nenv = environ.Env(DEBUG=(bool, False))\n"
            'DEBUG = env("DEBUG")\nKEY = env("HARBOUR_KEY")\nSIZE = env.int("HARBOUR_SIZE")\n',
        },
        title="3 variables that the app needs are not set",
        says=(
            "HARBOUR_KEY=... HARBOUR_SIZE=... HARBOUR_ZONE=...",
            'env("HARBOUR_KEY", default="the default")',
        ),
        never_says=("DEBUG=...",),
        result="django-environ reads two of them, in a module that the settings import",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="decouple-missing",
        files=_site(
            "from decouple import config, Csv",
            'KEY = config("HARBOUR_KEY")',
            'HOSTS = config("HARBOUR_HOSTS", cast=Csv())',
            'NAME = config("HARBOUR_NAME", default="tide")',
            requires="python-decouple\n",
        ),
        title="2 variables that the app needs are not set",
        says=("HARBOUR_KEY=... HARBOUR_HOSTS=...",),
        advice=(_set("HARBOUR_KEY", "HARBOUR_HOSTS"),),
        result="python-decouple reads them",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="dynaconf-missing",
        files=_site(
            "import dynaconf",
            "settings = dynaconf.DjangoDynaconf(",
            '    __name__, validators=[dynaconf.Validator("BERTHS", "TIDE", must_exist=True)]',
            ")",
            requires="dynaconf\n",
        ),
        title="2 variables that the app needs are not set",
        says=("DJANGO_BERTHS=... DJANGO_TIDE=...",),
        advice=(_set("DJANGO_BERTHS", "DJANGO_TIDE"),),
        result="Validators of dynaconf require them",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="starlette-config-missing",
        files=_site(
            "from starlette.config import Config",
            'config = Config(env_prefix="APP_")',
            'KEY = config("HARBOUR_KEY")',
            'SIZE = config("HARBOUR_SIZE", cast=int, default=3)',
            requires="starlette\n",
        ),
        title="The variable APP_HARBOUR_KEY is not set",
        advice=(_set("APP_HARBOUR_KEY"),),
        result="Config of starlette reads it",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        name="configurations-missing",
        files={
            **_site(requires="django-configurations\n"),
            "manage.py": _MANAGE.replace("django.core.management", "configurations.management"),
            "site1/settings.py": "from configurations import Configuration, values\n"
            "class Production(Configuration):\n    SECRET_KEY = values.SecretValue()\n"
            "    TIDE = values.Value(environ_required=True)\n",
        },
        config_vars={**_WITHOUT_PLACEHOLDERS, "DJANGO_CONFIGURATION": "Production"},
        title="2 variables that the app needs are not set",
        says=("DJANGO_SECRET_KEY=... DJANGO_TIDE=...",),
        advice=(_set("DJANGO_SECRET_KEY", "DJANGO_TIDE"),),
        result="django-configurations reads them",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="settings-assert",
        title="The variable MUST_BE_SET is not set",
        says=("MUST_BE_SET (line 6 of site1/settings.py)",),
        advice=(_set("MUST_BE_SET"),),
        result="The settings assert that it is set, without a message",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="settings-split-of-none",
        files=_site(
            'ALLOWED_HOSTS = os.environ.get("HARBOUR_HOSTS").split(",")',
            'WORKERS = int(os.getenv("HARBOUR_WORKERS"))',
        ),
        title="2 variables that the app needs are not set",
        says=("HARBOUR_HOSTS=... HARBOUR_WORKERS=...",),
        advice=(
            Advice(
                text="HARBOUR_HOSTS=... HARBOUR_WORKERS=...",
                config_vars={"HARBOUR_HOSTS": "*", "HARBOUR_WORKERS": "2"},
            ),
            Advice(
                text='os.environ.get("HARBOUR_HOSTS", "the default")',
                files=_settings(
                    'ALLOWED_HOSTS = os.environ.get("HARBOUR_HOSTS", "the default").split(",")',
                    'WORKERS = int(os.getenv("HARBOUR_WORKERS"))',
                ),
                then="The variable HARBOUR_WORKERS is not set",
            ),
        ),
        result="The code uses None, because they are not set",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="settings-own-function",
        files=_site(
            "from django.core.exceptions import ImproperlyConfigured",
            "def required(name):",
            "    try:",
            "        return os.environ[name]",
            "    except KeyError:",
            '        raise ImproperlyConfigured(f"{name}, please")',
            'KEY = required("HARBOUR_KEY")',
            'TIDE = required("HARBOUR_TIDE")',
        ),
        title="2 variables that the app needs are not set",
        says=("HARBOUR_KEY=... HARBOUR_TIDE=...",),
        advice=(_set("HARBOUR_KEY", "HARBOUR_TIDE"),),
        result="A function of the app reads them",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="secret-key-empty",
        files=_site(
            'SECRET_KEY = os.environ.get("HARBOUR_SECRET", "")',
            apps=f"{_APPS}        from django.conf import settings\n"
            "        settings.SECRET_KEY\n",
        ),
        title="The variable HARBOUR_SECRET is not set",
        says=("HARBOUR_SECRET (line 7 of site1/settings.py)",),
        advice=(_set("HARBOUR_SECRET"),),
        result="Django finds SECRET_KEY empty, which the settings take from it",
        is_long=True,
    ),
    Case(
        kind=_VARIABLES,
        config_vars=_WITHOUT_PLACEHOLDERS,
        name="dj-database-url-empty",
        files=_site(
            "import dj_database_url",
            'DATABASES = {"default": dj_database_url.parse(os.environ.get("HARBOUR_DB", ""))}',
            requires="dj-database-url\n",
        ),
        title="The variable HARBOUR_DB is not set",
        never_says=('"the default"',),
        advice=(
            Advice(text="HARBOUR_DB=...", config_vars={"HARBOUR_DB": "sqlite:///db.sqlite3"}),
        ),
        result="dj-database-url gets an empty address",
        is_long=True,
    ),
    Case(
        kind=_VALUE,
        name="dj-database-url-unknown",
        files=_site(
            "import dj_database_url",
            'DATABASES = {"default": dj_database_url.config()}',
            requires="dj-database-url\n",
        ),
        config_vars={"DATABASE_URL": "harbour://tide:secret-word@sea/db"},
        title="The value of DATABASE_URL cannot be used",
        never_says=("secret-word",),
        advice=(
            Advice(
                text="DATABASE_URL=...", config_vars={"DATABASE_URL": "sqlite:///db.sqlite3"}
            ),
        ),
        result="dj-database-url does not know the kind of database",
        is_long=True,
    ),
    Case(
        kind=_VALUE,
        name="settings-int-of-text",
        files=_site('WORKERS = int(os.environ["HARBOUR_WORKERS"])'),
        config_vars={"HARBOUR_WORKERS": "many"},
        title="The value of HARBOUR_WORKERS cannot be used",
        advice=(Advice(text="HARBOUR_WORKERS=...", config_vars={"HARBOUR_WORKERS": "2"}),),
        result="It is not a number",
        is_long=True,
    ),
    Case(
        kind=_VALUE,
        name="environs-invalid",
        files=_site(
            "from environs import Env",
            'SIZE = Env().int("HARBOUR_SIZE")',
            requires="environs\n",
        ),
        config_vars={"HARBOUR_SIZE": "many"},
        title="The value of HARBOUR_SIZE cannot be used",
        says=("not accepted by environs",),
        advice=(Advice(text="HARBOUR_SIZE=...", config_vars={"HARBOUR_SIZE": "2"}),),
        result="It is not what environs expects",
        is_long=True,
    ),
    Case(
        kind=_LIBRARY,
        name="chained-cause",
        is_long=True,
        title="The library libpq.so.5 is not installed",
        says=(
            "libpq.so.5: cannot open shared object file",
            "Debian package libpq5",
        ),
        never_says=(".slipway/python", "importlib/__init__.py"),
        result="It is the cause of Django's “Error loading psycopg2 or psycopg module”",
    ),
    Case(
        kind=_LIBRARY,
        name="geodjango-without-gdal",
        files=_site('INSTALLED_APPS += ["django.contrib.gis"]', 'GDAL_LIBRARY_PATH = ""'),
        title="The library libgdal is not installed",
        says=("Debian packages gdal-bin and binutils",),
        result="Names the Debian packages that GeoDjango needs",
        is_long=True,
    ),
    Case(
        kind=_LIBRARY,
        name="ctypes-without-library",
        files=_site("import ctypes", 'TIDE = ctypes.CDLL("libharbour-tide.so.2")'),
        title="The library libharbour-tide.so.2 is not installed",
        says=("(line 8 of site1/settings.py)",),
        result="The settings load it",
        is_long=True,
    ),
    Case(
        kind=_OWN,
        name="dj-keyerror-photos",
        title="Django cannot use its settings",
        says=("fails at line 2 of site1/photos.py with KeyError: 'large'.",),
        never_says=("large=", ".slipway/python", "runpy"),
        advice=(
            Advice(
                text="Fix line 2 of site1/photos.py.",
                files={"site1/photos.py": "SIZES = {'small': 1}\n"},
            ),
        ),
        result="A key of a dict is not taken for a variable",
        is_long=True,
    ),
    Case(
        kind=_OWN,
        name="app-config-fails",
        files=_site(apps=f"{_APPS}        1 / 0\n"),
        title="collectstatic failed",
        says=("fails at line 5 of site1/apps.py with ZeroDivisionError: division by zero.",),
        advice=(
            Advice(
                text="Fix line 5 of site1/apps.py.",
                files={"site1/apps.py": f"{_APPS}        pass\n"},
            ),
        ),
        result="Names the line",
        is_long=True,
    ),
    Case(
        kind=_OWN,
        name="settings-exit",
        files=_site("import sys", 'sys.exit("No settings for this harbour")'),
        title="Django cannot use its settings",
        says=("line 8 of site1/settings.py with SystemExit: No settings for this harbour.",),
        result="The settings end the process",
        is_long=True,
    ),
    Case(
        kind=_SETTINGS,
        name="dj-settings-missing",
        config_vars={"DJANGO_SETTINGS_MODULE": "site1.production"},
        title="The settings module does not exist",
        says=("DJANGO_SETTINGS_MODULE names the settings module site1.production",),
        never_says=("importlib/__init__.py", ".slipway/python"),
        advice=(
            Advice(
                text="DJANGO_SETTINGS_MODULE=site1.settings",
                config_vars={"DJANGO_SETTINGS_MODULE": "site1.settings"},
            ),
        ),
        result="Names the modules that the app has",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="settings-import-yaml",
        files=_site("import yaml"),
        title="The module yaml is not installed",
        says=("(line 7 of site1/settings.py)",),
        never_says=("importlib/__init__.py",),
        advice=(
            Advice(text="PyYAML", files={"requirements.txt": "Django==5.2.*\nPyYAML\n"}),
            Advice(text="remove it from line 7 of site1/settings.py", files=_settings()),
        ),
        result="Names the package that provides it",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="installed-app-missing",
        files=_site('INSTALLED_APPS += ["corsheaders"]'),
        title="The module corsheaders is not installed",
        says=("(line 7 of site1/settings.py)",),
        never_says=("importlib/__init__.py",),
        advice=(
            Advice(
                text="django-cors-headers",
                files={"requirements.txt": "Django==5.2.*\ndjango-cors-headers\n"},
            ),
        ),
        result="Names the line in INSTALLED_APPS",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="installed-app-misspelled",
        files={**_site('INSTALLED_APPS += ["habour"]'), "harbour/__init__.py": ""},
        title="The module habour is not installed",
        says=("If you mean the app's module harbour",),
        advice=(
            Advice(
                text="If you mean the app's module harbour, correct the name.",
                files=_settings('INSTALLED_APPS += ["harbour"]'),
            ),
        ),
        result="Names the app's own module that is meant",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="settings-local-missing",
        files=_site("from .local import *"),
        title="The app has no module site1.local",
        says=("Line 7 of site1/settings.py names the module site1.local",),
        advice=(Advice(text="git add --force site1/local.py", files={"site1/local.py": ""}),),
        result="Is often excluded by `.gitignore`",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="database-driver-missing",
        files=_site(
            'INSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes"]',
            'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}',
        ),
        title="The module MySQLdb is not installed",
        says=("The package Django 5.2", "mysqlclient"),
        result="Django imports it",
        is_long=True,
    ),
    Case(
        kind=_OLD,
        name="old-django-new-python",
        title="Django 1.7.1 does not work with this Python",
        says=("Its metadata names Python 3.2 to 3.4",),
        never_says=("DISABLE_COLLECTSTATIC",),
        advice=(
            Advice(
                text="Require a newer version of Django",
                files={"requirements.txt": "Django\ngunicorn\n"},
            ),
        ),
        result="Names the Pythons for which it was made",
        is_long=True,
    ),
    Case(
        kind=_OLD,
        name="old-package-new-django",
        files={
            **_site('INSTALLED_APPS += ["django_filters"]'),
            "requirements.txt": "Django==5.2.*\ndjango-filter==1.1.0\n",
        },
        title="django-filter 1.1.0 does not work with Django",
        advice=(
            Advice(
                text="Require a newer version of django-filter",
                files={"requirements.txt": "Django==5.2.*\ndjango-filter\n"},
            ),
        ),
        result="Names both packages",
        is_long=True,
    ),
    Case(
        kind=_FILE,
        name="dj-log-file",
        title="The log file in LOGGING cannot be opened",
        says=("/var/log/harbour/x.log", "No such file or directory"),
        advice=(
            Advice(
                text='{"class": "logging.StreamHandler"}',
                commands="sed -i \"s@{'class':'logging.FileHandler'[^}]*}@"
                "{'class': 'logging.StreamHandler'}@\" site1/settings.py",
            ),
        ),
        result="Its folder does not exist",
        is_long=True,
    ),
    Case(
        kind=_FILE,
        name="settings-open-file",
        files=_site('KEY = open("/run/secrets/harbour").read()'),
        title="A file that the app uses cannot be read or written",
        says=("Line 7 of site1/settings.py uses /run/secrets/harbour",),
        advice=(_SKIP,),
        result="The settings open it",
        is_long=True,
    ),
    Case(
        kind=_PROGRAM,
        name="program-of-node",
        files=_site(
            "import subprocess",
            'subprocess.run(["node_modules/.bin/terser", "a.js"], check=True)',
        ),
        title="The program terser does not exist",
        says=("Run a buildpack for Node.js before Slipway.",),
        never_says=("collectstatic could not find a file",),
        advice=(
            Advice(
                text="Run a buildpack for Node.js before Slipway.",
                commands="mkdir -p node_modules/.bin\nln -s /bin/true node_modules/.bin/terser",
            ),
        ),
        result="Comes from package.json",
        is_long=True,
    ),
    Case(
        kind=_PROGRAM,
        name="program-of-the-image",
        files=_site(
            apps=f"{_APPS}        import subprocess\n"
            '        subprocess.check_output(["harbour-tide", "--version"])\n'
        ),
        title="The program harbour-tide does not exist",
        says=("(line 6 of site1/apps.py)",),
        advice=(_SKIP,),
        result="The image does not have it",
        is_long=True,
    ),
    Case(
        kind=_STATIC,
        name="dj-manifest-notstrict",
        title="collectstatic could not find a file",
        says=("app.js.map",),
        advice=(
            Advice(
                text="from site1.store import Loose",
                files={
                    "site1/lenient_storage.py": """\
from django.core.exceptions import SuspiciousFileOperation
from site1.store import Loose
class LenientStorage(Loose):
    def hashed_name(self, name, *args, **options):
        try:
            return super().hashed_name(name, *args, **options)
        except (OSError, ValueError, SuspiciousFileOperation):
            return name
"""
                },
                commands="""cat >> site1/settings.py <<'END'
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "site1.lenient_storage.LenientStorage"},
}
END
""",
            ),
            Advice(text="Add the file to git", files={"assets/app.js.map": "{}"}),
        ),
        result="The advice works with each storage that has a manifest",
        is_long=True,
    ),
    Case(
        kind=_STORAGE,
        name="s3-without-credentials",
        files=_site(
            'STORAGES = {"staticfiles": {',
            '    "BACKEND": "storages.backends.s3.S3Storage",',
            '    "OPTIONS": {"bucket_name": "b", "endpoint_url": "http://127.0.0.1:9"},',
            "}}",
            requires="django-storages[s3]\n",
        ),
        environment={"AWS_EC2_METADATA_DISABLED": "true"},
        title="The storage of static files cannot be used",
        says=(
            "storages.backends.s3.S3Storage. It has no credentials.",
            "AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...",
        ),
        advice=(_SKIP,),
        result="Names the variables that boto3 reads",
        is_long=True,
    ),
    Case(
        kind=_DATABASE,
        name="app-config-asks-database",
        files=_site(
            'INSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes"]',
            'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}}',
            apps=f"{_APPS}        from django.contrib.auth.models import User\n"
            "        list(User.objects.all())\n",
        ),
        title="The app uses its database while it is built",
        says=("(line 6 of site1/apps.py)", "the build does not create a database"),
        advice=(_SKIP,),
        result="Names the line",
        is_long=True,
    ),
)
