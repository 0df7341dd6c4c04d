"""What provides the modules, libraries and programs that Django projects commonly lack."""

from __future__ import annotations

from collections.abc import Mapping

_MODULES: Mapping[str, str] = {
    "admin_interface": "django-admin-interface",
    "allauth": "django-allauth",
    "anymail": "django-anymail",
    "asynchat": "pyasynchat",
    "asyncore": "pyasyncore",
    "attr": "attrs",
    "auditlog": "django-auditlog",
    "autoslug": "django-autoslug",
    "axes": "django-axes",
    "bootstrap4": "django-bootstrap4",
    "bootstrap5": "django-bootstrap5",
    "bs4": "beautifulsoup4",
    "cachalot": "django-cachalot",
    "cacheops": "django-cacheops",
    "cgi": "legacy-cgi",
    "cgitb": "legacy-cgi",
    "channels": "channels",
    "channels_redis": "channels-redis",
    "ckeditor": "django-ckeditor",
    "cloudinary_storage": "django-cloudinary-storage",
    "colorfield": "django-colorfield",
    "compressor": "django-compressor",
    "configurations": "django-configurations",
    "constance": "django-constance",
    "corsheaders": "django-cors-headers",
    "countries_plus": "django-countries-plus",
    "crispy_bootstrap4": "crispy-bootstrap4",
    "crispy_bootstrap5": "crispy-bootstrap5",
    "crispy_forms": "django-crispy-forms",
    "csp": "django-csp",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "debug_toolbar": "django-debug-toolbar",
    "decouple": "python-decouple",
    "distutils": "setuptools",
    "dj_database_url": "dj-database-url",
    "dj_rest_auth": "dj-rest-auth",
    "django": "Django",
    "django_browser_reload": "django-browser-reload",
    "django_celery_beat": "django-celery-beat",
    "django_celery_results": "django-celery-results",
    "django_countries": "django-countries",
    "django_cleanup": "django-cleanup",
    "django_extensions": "django-extensions",
    "django_filters": "django-filter",
    "django_heroku": "django-heroku",
    "django_htmx": "django-htmx",
    "django_otp": "django-otp",
    "django_q": "django-q2",
    "django_redis": "django-redis",
    "django_tables2": "django-tables2",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "drf_spectacular": "drf-spectacular",
    "drf_yasg": "drf-yasg",
    "dynaconf": "dynaconf",
    "easy_thumbnails": "easy-thumbnails",
    "environ": "django-environ",
    "environs": "environs",
    "fitz": "PyMuPDF",
    "google.cloud.storage": "google-cloud-storage",
    "graphene_django": "graphene-django",
    "guardian": "django-guardian",
    "health_check": "django-health-check",
    "hijack": "django-hijack",
    "imghdr": "standard-imghdr",
    "import_export": "django-import-export",
    "jazzmin": "django-jazzmin",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "knox": "django-rest-knox",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "maintenance_mode": "django-maintenance-mode",
    "markdownx": "django-markdownx",
    "memcache": "python-memcached",
    "model_utils": "django-model-utils",
    "modelcluster": "django-modelcluster",
    "mptt": "django-mptt",
    "MySQLdb": "mysqlclient",
    "nested_admin": "django-nested-admin",
    "oauth2_provider": "django-oauth-toolkit",
    "OpenSSL": "pyOpenSSL",
    "parler": "django-parler",
    "phonenumber_field": "django-phonenumber-field",
    "PIL": "Pillow",
    "pipeline": "django-pipeline",
    "pkg_resources": "setuptools<81",
    "polymorphic": "django-polymorphic",
    "prometheus_client": "prometheus-client",
    "django_prometheus": "django-prometheus",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pydantic_settings": "pydantic-settings",
    "pymysql": "PyMySQL",
    "querycount": "django-querycount",
    "ratelimit": "django-ratelimit",
    "redis": "redis",
    "rest_framework": "djangorestframework",
    "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "reversion": "django-reversion",
    "rosetta": "django-rosetta",
    "sass_processor": "django-sass-processor",
    "sentry_sdk": "sentry-sdk",
    "serial": "pyserial",
    "simple_history": "django-simple-history",
    "silk": "django-silk",
    "six": "six",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "social_django": "social-auth-app-django",
    "solo": "django-solo",
    "storages": "django-storages",
    "boto3": "boto3",
    "celery": "celery",
    "gunicorn": "gunicorn",
    "requests": "requests",
    "numpy": "numpy",
    "pandas": "pandas",
    "markdown": "Markdown",
    "pytz": "pytz",
    "stripe": "stripe",
    "taggit": "django-taggit",
    "tinymce": "django-tinymce",
    "treebeard": "django-treebeard",
    "telnetlib": "standard-telnetlib",
    "two_factor": "django-two-factor-auth",
    "unfold": "django-unfold",
    "versatileimagefield": "django-versatileimagefield",
    "waffle": "django-waffle",
    "wagtail": "wagtail",
    "waitress": "waitress",
    "webpack_loader": "django-webpack-loader",
    "whitenoise": "whitenoise",
    "widget_tweaks": "django-widget-tweaks",
    "yaml": "PyYAML",
}
"""Module -> the requirement that provides it."""

_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "libpq": ("libpq5",),
    "libmysqlclient": ("default-libmysqlclient-dev",),
    "libmariadb": ("libmariadb3",),
    "libgdal": ("gdal-bin", "binutils"),
    "libgeos_c": ("libgeos-c1v5", "binutils"),
    "libproj": ("libproj-dev", "binutils"),
    "libspatialite": ("libsqlite3-mod-spatialite",),
    "mod_spatialite": ("libsqlite3-mod-spatialite",),
    "libmagic": ("libmagic1",),
    "libzbar": ("libzbar0",),
    "libGL": ("libgl1",),
    "libglib-2.0": ("libglib2.0-0",),
    "libgthread-2.0": ("libglib2.0-0",),
    "libgobject-2.0": ("libglib2.0-0",),
    "libgobject-2.0-0": ("libglib2.0-0",),
    "libpango-1.0": ("libpango-1.0-0",),
    "libpango-1.0-0": ("libpango-1.0-0",),
    "libpangoft2-1.0": ("libpangoft2-1.0-0",),
    "libpangoft2-1.0-0": ("libpangoft2-1.0-0",),
    "libcairo": ("libcairo2",),
    "libcairo-2": ("libcairo2",),
    "libxml2": ("libxml2",),
    "libxslt": ("libxslt1.1",),
    "libxmlsec1": ("libxmlsec1-openssl",),
    "libldap": ("libldap2-dev",),
    "libldap-2.5": ("libldap-2.5-0",),
    "liblber-2.5": ("libldap-2.5-0",),
    "libsasl2": ("libsasl2-2",),
    "libffi": ("libffi-dev",),
    "libgomp": ("libgomp1",),
    "libodbc": ("unixodbc",),
    "libsndfile": ("libsndfile1",),
    "libmemcached": ("libmemcached11",),
    "libgssapi_krb5": ("libgssapi-krb5-2",),
    "libheif": ("libheif1",),
    "libvips": ("libvips42",),
    "libtesseract": ("tesseract-ocr",),
    "libusb-1.0": ("libusb-1.0-0",),
    "librdkafka": ("librdkafka1",),
    "libsnappy": ("libsnappy1v5",),
}
"""Library without its version -> Debian packages. Django finds GEOS and GDAL with binutils,
https://docs.djangoproject.com/en/stable/ref/contrib/gis/install/geolibs/."""

_LOADERS: Mapping[str, str] = {
    "django.contrib.gis.gdal.libgdal": "libgdal",
    "django.contrib.gis.geos.libgeos": "libgeos_c",
    "django.contrib.gis.db.backends.spatialite.base": "mod_spatialite",
    "magic.loader": "libmagic",
    "magic": "libmagic",
    "psycopg.pq": "libpq",
    "psycopg.pq._pq_ctypes": "libpq",
    "pyzbar.zbar_library": "libzbar",
}
"""Module -> the library that it loads, and without which it raises an exception of its own."""

SEARCHED = ("libgdal", "libgeos_c", "mod_spatialite", "libzbar")
"""Libraries that are searched for in the system's folders only, not in LD_LIBRARY_PATH."""

_WHEELS: Mapping[str, str] = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "cv2": "opencv-python-headless",
}
"""Module -> a requirement that has the library inside."""

_PROGRAMS: Mapping[str, str] = {
    "convert": "imagemagick",
    "ffmpeg": "ffmpeg",
    "gettext": "gettext",
    "git": "git",
    "magick": "imagemagick",
    "mogrify": "imagemagick",
    "msgfmt": "gettext",
    "node": "nodejs",
    "npm": "npm",
    "pandoc": "pandoc",
    "pdftotext": "poppler-utils",
    "pg_dump": "postgresql-client",
    "psql": "postgresql-client",
    "sassc": "sassc",
    "wkhtmltopdf": "wkhtmltopdf",
    "xgettext": "gettext",
    "yui-compressor": "yui-compressor",
}
"""Program -> the Debian package with it."""

REMOVED: Mapping[str, str] = {
    **dict.fromkeys(("formatter", "parser", "symbol"), "3.10"),
    "binhex": "3.11",
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), "3.12"),
    **dict.fromkeys(
        "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib "
        "ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib".split(),
        "3.13",
    ),
    **dict.fromkeys(
        "ConfigParser HTMLParser Queue StringIO cPickle cStringIO commands cookielib httplib "
        "urllib2 urlparse __builtin__ thread".split(),
        "3.0",
    ),
}
"""Module of the standard library -> the Python without it; https://docs.python.org/3/whatsnew/."""


def requirement_for(module: str) -> str:
    """Return the requirement that provides a module; empty if it is not known."""
    parts = module.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((_MODULES[name] for name in names if name in _MODULES), "")


def debian_packages_of(library: str) -> tuple[str, ...]:
    """Return the Debian packages with a library, such as `libpq.so.5`; none if not known."""
    return _LIBRARIES.get(library.partition(".so")[0], ())


def library_of(module: str) -> str:
    """Return the library that a module loads; empty if it is not known."""
    return _LOADERS.get(module, "")


def wheel_with_library(module: str) -> str:
    """Return a requirement that contains the library of a package; empty if none is known."""
    return _WHEELS.get(module.partition(".")[0], "")


def debian_package_of_program(program: str) -> str:
    """Return the Debian package with a program; empty if it is not known."""
    return _PROGRAMS.get(program.rpartition("/")[2], "")
