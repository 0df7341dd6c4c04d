"""Where applications are: files, folders, imports and factories."""

from __future__ import annotations

from unit.steps.plan.web_layouts.layouts import FACTORY, WSGI, Layout, fastapi, flask

_GUARD = 'if __name__ == "__main__":\n    app.run()\n'

LAYOUTS = {
    "wsgi-py": Layout(files={"wsgi.py": WSGI}, serves=("wsgi:application", "WSGI")),
    "wsgi-py-of-a-call": Layout(
        files={"wsgi.py": "from weather import create\napplication = create()\n"},
        serves=("wsgi:application", "WSGI"),
    ),
    "wsgi-py-with-app": Layout(
        files={"wsgi.py": "from harbour import app\n", "harbour.py": flask()},
        serves=("wsgi:app", "WSGI Flask"),
    ),
    "wsgi-py-with-an-asgi-application": Layout(
        files={"wsgi.py": fastapi("application")},
        serves=("wsgi:application", "ASGI FastAPI"),
    ),
    "wsgi-py-under-another-name": Layout(
        files={"wsgi.py": flask("server")}, serves=("wsgi:server", "WSGI Flask")
    ),
    "wsgi-py-only-as-a-script": Layout(
        files={"wsgi.py": 'if __name__ == "__main__":\n    application = 1\n'}, none=""
    ),
    "wsgi-py-before-app-py": Layout(
        files={"wsgi.py": "from app import app as application\n", "app.py": flask()},
        serves=("wsgi:application", "WSGI Flask"),
    ),
    "wsgi-py-before-asgi-py": Layout(
        files={"wsgi.py": flask(), "asgi.py": fastapi()}, serves=("wsgi:app", "WSGI Flask")
    ),
    "asgi-py": Layout(
        files={"asgi.py": "from web import make\napplication = make()\n"},
        serves=("asgi:application", "ASGI"),
    ),
    "wsgi-py-in-src": Layout(
        files={"src/wsgi.py": flask()}, serves=("src/ wsgi:app", "WSGI Flask")
    ),
    "wsgi-py-in-a-folder": Layout(
        files={"site/wsgi.py": WSGI}, serves=("site/ wsgi:application", "WSGI")
    ),
    "wsgi-py-in-a-package": Layout(
        files={"harbour/__init__.py": "", "harbour/wsgi.py": WSGI},
        serves=("harbour.wsgi:application", "WSGI"),
    ),
    "django-without-manage-py": Layout(
        files={
            "harbour/__init__.py": "",
            "harbour/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
            "application = get_wsgi_application()\n",
        },
        serves=("harbour.wsgi:application", "WSGI Django"),
    ),
    "wsgi-py-of-vendored-code": Layout(
        files={"vendor/wsgi.py": WSGI, "tests/wsgi.py": WSGI, ".tox/wsgi.py": WSGI}, none=""
    ),
    "two-wsgi-py-in-folders": Layout(
        files={"blog/wsgi.py": WSGI, "shop/wsgi.py": WSGI},
        equal=("blog.wsgi:application blog/wsgi.py:1", "shop.wsgi:application shop/wsgi.py:1"),
    ),
    "application-py": Layout(
        files={"application.py": flask("application")},
        serves=("application:application", "WSGI Flask"),
    ),
    "api-py": Layout(files={"api.py": fastapi("api")}, serves=("api:api", "ASGI FastAPI")),
    "index-py": Layout(files={"index.py": flask()}, serves=("index:app", "WSGI Flask")),
    "another-module": Layout(
        files={"harbour.py": flask()}, serves=("harbour:app", "WSGI Flask")
    ),
    "src": Layout(files={"src/main.py": fastapi()}, serves=("src/ main:app", "ASGI FastAPI")),
    "src-as-a-package": Layout(
        files={"src/__init__.py": "", "src/main.py": fastapi()},
        serves=("src.main:app", "ASGI FastAPI"),
    ),
    "src-by-its-imports": Layout(
        files={"src/main.py": "from src.config import X\n" + fastapi(), "src/config.py": ""},
        serves=("src.main:app", "ASGI FastAPI"),
    ),
    "package-in-src": Layout(
        files={
            "src/harbour/__init__.py": flask("application"),
        },
        serves=("src/ harbour:application", "WSGI Flask"),
    ),
    "module-of-a-package-in-src": Layout(
        files={"src/harbour/__init__.py": "", "src/harbour/web.py": fastapi("service")},
        serves=("src/ harbour.web:service", "ASGI FastAPI"),
    ),
    "package": Layout(
        files={"app/__init__.py": "", "app/main.py": fastapi()},
        serves=("app.main:app", "ASGI FastAPI"),
    ),
    "package-without-init": Layout(
        files={"app/main.py": "from app.db import x\n" + fastapi(), "app/db.py": ""},
        serves=("app.main:app", "ASGI FastAPI"),
    ),
    "package-without-init-by-its-relative-imports": Layout(
        files={"app/main.py": "from .db import x\n" + fastapi(), "app/db.py": ""},
        serves=("app.main:app", "ASGI FastAPI"),
    ),
    "dash-completed-by-index-py": Layout(
        files={
            "index.py": "from app import app\nfrom app import server\napp.layout = 1\n",
            "app.py": "import dash\napp = dash.Dash(__name__)\nserver = app.server\n",
        },
        serves=("index:server", "WSGI Dash"),
    ),
    "folder-that-is-no-package": Layout(
        files={"backend/main.py": "import db\n" + fastapi(), "backend/db.py": ""},
        serves=("backend/ main:app", "ASGI FastAPI"),
    ),
    "package-that-imports-its-neighbours": Layout(
        files={
            "app/__init__.py": "",
            "app/main.py": "import models\n" + fastapi(),
            "app/models.py": "",
        },
        serves=("app/ main:app", "ASGI FastAPI"),
    ),
    "package-with-a-module-named-as-one-of-python": Layout(
        files={
            "app/__init__.py": "",
            "app/main.py": "import logging\nfrom app.db import x\n" + fastapi(),
            "app/logging.py": "",
            "app/db.py": "",
        },
        serves=("app.main:app", "ASGI FastAPI"),
    ),
    "module-behind-a-package": Layout(
        files={"app.py": flask("old"), "app/__init__.py": flask()},
        serves=("app:app", "WSGI Flask"),
    ),
    "another-module-of-a-folder": Layout(
        files={"app/routes.py": flask()}, serves=("app/ routes:app", "WSGI Flask")
    ),
    "package-itself": Layout(
        files={
            "app/__init__.py": flask() + "from app import routes\n",
            "app/routes.py": "from app import app\n@app.route('/')\ndef index(): ...\n",
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "script-beside-a-package": Layout(
        files={
            "main.py": "print('hello')\n",
            "app/__init__.py": "",
            "app/main.py": fastapi(),
        },
        serves=("app.main:app", "ASGI FastAPI"),
    ),
    "root-before-a-package": Layout(
        files={"app.py": flask(), "tool/app.py": flask()}, serves=("app:app", "WSGI Flask")
    ),
    "imported-by-main-py": Layout(
        files={"main.py": "from app import app\n" + _GUARD, "app.py": flask()},
        serves=("app:app", "WSGI Flask"),
    ),
    "completed-by-main-py": Layout(
        files={
            "main.py": "from app import app\n@app.get('/')\ndef index(): ...\n",
            "app.py": fastapi(),
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "imported-under-another-name": Layout(
        files={
            "run.py": "from harbour.core.web import service as app\n" + _GUARD,
            "harbour/core/web.py": flask("service"),
        },
        serves=("run:app", "WSGI Flask"),
    ),
    "mounted-by-main-py": Layout(
        files={
            "main.py": "from api import app as api\n" + fastapi() + "app.mount('/api', api)\n",
            "api.py": fastapi(),
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "factory": Layout(files={"app.py": FACTORY}, serves=("app:create_app()", "WSGI Flask")),
    "factory-of-a-package": Layout(
        files={"flaskr/__init__.py": FACTORY}, serves=("flaskr:create_app()", "WSGI Flask")
    ),
    "factory-under-another-name": Layout(
        files={
            "main.py": "from fastapi import FastAPI\ndef build() -> FastAPI:\n"
            "    return FastAPI()\n"
        },
        serves=("main:build()", "ASGI FastAPI"),
    ),
    "factory-that-needs-arguments": Layout(
        files={
            "app.py": "from flask import Flask\ndef create_app(config):\n"
            "    return Flask(__name__)\n"
        },
        requires="flask\n",
        none="web: gunicorn wsgi:app",
        says="`create_app` in app.py returns an application, but needs arguments, which a "
        "server does not give. Write a file wsgi.py with the lines `from app import",
    ),
    "factory-that-imports-inside": Layout(
        files={
            "app.py": "def make_app(*, debug=False):\n    from flask import Flask\n"
            "    return Flask(__name__)\n"
        },
        serves=("app:make_app()", "WSGI Flask"),
    ),
    "factory-called": Layout(
        files={"app.py": FACTORY + "app = create_app()\n"}, serves=("app:app", "WSGI Flask")
    ),
    "imported-factory": Layout(
        files={
            "main.py": "from harbour.factory import make_app\napp = make_app('x')\n",
            "harbour/__init__.py": "",
            "harbour/factory.py": "from fastapi import FastAPI\ndef make_app(name):\n"
            "    return FastAPI(title=name)\n",
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "imported-factory-of-another-script": Layout(
        files={
            "microblog.py": "from app import create_app\napp = create_app()\n",
            "app/__init__.py": FACTORY,
        },
        serves=("microblog:app", "WSGI Flask"),
    ),
    "factory-with-a-module-for-workers": Layout(
        files={
            "make_celery.py": "from task_app import create_app\napp = create_app()\n",
            "task_app/__init__.py": FACTORY,
        },
        serves=("task_app:create_app()", "WSGI Flask"),
    ),
    "factory-with-a-manage-py": Layout(
        files={
            "manage.py": "from app import create_app, db\napp = create_app('prod')\n",
            "app/__init__.py": FACTORY,
        },
        serves=("manage:app", "WSGI Flask"),
    ),
    "factory-with-a-manage-py-and-another-script": Layout(
        files={
            "manage.py": "from app import create_app\napp = create_app('dev')\n",
            "blog.py": "from app import create_app\napp = create_app('prod')\n",
            "app/__init__.py": FACTORY,
        },
        serves=("blog:app", "WSGI Flask"),
    ),
    "folder-with-a-hyphen": Layout(
        files={"my-app/app.py": flask()}, serves=("my-app/ app:app", "WSGI Flask")
    ),
    "folder-with-a-number": Layout(
        files={"01_web/__init__.py": "", "01_web/app.py": flask()},
        serves=("01_web/ app:app", "WSGI Flask"),
    ),
    "two-folders-with-hyphens": Layout(
        files={"a-b/app.py": flask(), "c-d/app.py": flask()},
        none="web: gunicorn --chdir a-b app:app",
        says="cannot choose between a-b/app.py (Flask) and c-d/app.py (Flask)",
    ),
    "folder-with-a-space": Layout(
        files={"my app/app.py": flask()},
        requires="flask\n",
        none="",
        says="my app/app.py has an application, but a folder of that name cannot be imported. "
        "Rename it, for example to my_app",
    ),
    "module-with-a-hyphen": Layout(
        files={"my-app.py": flask(), "set-up.py": "x = 1\n"},
        requires="flask\n",
        none="",
        says="my-app.py has an application, but a module of that name cannot be imported. "
        "Rename it, for example to my_app.py",
    ),
    "django-without-a-project": Layout(
        files={"shop/__init__.py": "", "shop/models.py": ""},
        requires="django\n",
        none="web: gunicorn PROJECT.wsgi",
        says="The app requires Django, but the folders that Slipway reads have no wsgi.py",
    ),
    "deeper-than-is-read": Layout(
        files={
            "frontend/package.json": "{}",
            "backend/app/__init__.py": "",
            "backend/app/main.py": fastapi(),
        },
        requires="fastapi\n",
        none="web: uvicorn --host 0.0.0.0 --port $PORT --app-dir backend app.main:app",
        says="backend/app/main.py has an application (FastAPI)",
    ),
    "module-with-the-name-of-its-framework": Layout(
        files={"flask.py": flask()},
        none="",
        says="flask.py has the name of the package flask, so it imports itself instead of "
        "Flask. Rename the file, for example to app.py",
    ),
    "package-with-the-name-of-a-module-of-python": Layout(
        files={"site/__init__.py": flask()},
        none="",
        says="a server that imports `site` gets the module of that name that Python itself "
        "has. Rename the folder site",
    ),
    "relative-imports": Layout(
        files={
            "harbour/__init__.py": "from .web import app\n",
            "harbour/web.py": flask(),
        },
        serves=("harbour:app", "WSGI Flask"),
    ),
    "star-import": Layout(
        files={"app.py": "from setup_app import *\n", "setup_app.py": flask()},
        serves=("app:app", "WSGI Flask"),
    ),
    "tests-and-examples": Layout(
        files={
            "main.py": fastapi(),
            "tests/app.py": fastapi(),
            "examples/app.py": fastapi(),
            "docs/app.py": fastapi(),
            "test_app.py": fastapi("test"),
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "only-tests-and-examples": Layout(
        files={"tests/app.py": flask(), "examples/app.py": flask(), "conftest.py": flask()},
        none="",
    ),
}
