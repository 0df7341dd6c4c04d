"""Scripts: those that start a server of their own, and those that do not."""

from __future__ import annotations

from unit.steps.plan.web_layouts.layouts import Layout, fastapi, flask

_PORT = "port=int(os.environ['PORT'])"
_GUARD = 'if __name__ == "__main__":\n'
_OPEN = "host='0.0.0.0', "
_BOT = "import discord\nclient = discord.Client()\nclient.run('token')\n"
_WAITRESS = (
    f"import os\nfrom waitress import serve\nfrom shop import app\nserve(app, {_PORT})\n"
)

LAYOUTS = {
    "plain-script": Layout(files={"main.py": "print('hi')\n"}, none="worker: python main.py"),
    "bot": Layout(files={"bot.py": _BOT}, none="worker: python bot.py"),
    "nothing": Layout(files={"README.md": "hi"}, none=""),
    "http-server": Layout(
        files={
            "server.py": "import os\n"
            "from http.server import HTTPServer, SimpleHTTPRequestHandler\n"
            "PORT = int(os.environ.get('PORT', '8000'))\ndef main():\n"
            "    httpd = HTTPServer(('', PORT), SimpleHTTPRequestHandler)\n"
            f"    httpd.serve_forever()\n{_GUARD}    main()\n"
        },
        runs="python server.py",
    ),
    "http-server-on-a-fixed-port": Layout(
        files={
            "main.py": "import http.server\n"
            "http.server.HTTPServer(('', 8000), None).serve_forever()\n"
        },
        none="web: python main.py",
        says="main.py, line 2, starts a server, but not on the port in the variable PORT",
    ),
    "http-server-for-this-machine": Layout(
        files={
            "main.py": "import os\nfrom http.server import ThreadingHTTPServer\n"
            "port = int(os.getenv('PORT', 8000))\n"
            "with ThreadingHTTPServer(('localhost', port), None) as server:\n"
            "    server.serve_forever()\n"
        },
        none="web: python main.py",
        says="Let it listen on the host",
    ),
    "waitress": Layout(files={"main.py": _WAITRESS}, runs="python main.py"),
    "uvicorn-in-a-function": Layout(
        files={
            "main.py": "import os\nimport uvicorn\nfrom fastapi import FastAPI\n"
            "def main():\n    app = FastAPI()\n"
            f"    uvicorn.run(app, {_OPEN}{_PORT})\n{_GUARD}    main()\n"
        },
        runs="python main.py",
    ),
    "uvicorn-by-a-coroutine": Layout(
        files={
            "main.py": "import asyncio, os\nfrom websockets.asyncio.server import serve\n"
            "async def main():\n"
            "    async with serve(echo, '', int(os.environ['PORT'])) as server:\n"
            "        await server.serve_forever()\nasyncio.run(main())\n"
        },
        runs="python main.py",
    ),
    "function-that-nothing-calls": Layout(
        files={
            "main.py": f"import os, uvicorn\ndef main():\n    uvicorn.run(x, {_OPEN}{_PORT})\n"
        },
        none="",
    ),
    "server-under-a-condition": Layout(
        files={
            "main.py": "import os, sys, uvicorn\nif 'serve' in sys.argv:\n"
            f"    uvicorn.run(x, {_OPEN}{_PORT})\n"
        },
        none="worker: python main.py",
    ),
    "host-from-a-variable": Layout(
        files={
            "app.py": "import os\nimport uvicorn\nHOST = os.environ.get('HOST', '0.0.0.0')\n"
            f"uvicorn.run('shop:app', host=HOST, {_PORT})\n"
        },
        runs="python app.py",
    ),
    "tornado": Layout(
        files={
            "main.py": "import os\nimport tornado.web\napp = tornado.web.Application([])\n"
            "app.listen(int(os.environ['PORT']))\n"
        },
        runs="python main.py",
    ),
    "fastapi-with-a-bot-in-a-thread": Layout(
        files={
            "main.py": "import threading, telebot, uvicorn\n"
            + fastapi()
            + f"bot = telebot.TeleBot('x')\n{_GUARD}"
            "    threading.Thread(target=bot.infinity_polling).start()\n"
            "    uvicorn.run(app, host='0.0.0.0', port=8000)\n"
        },
        requires="fastapi\n",
        none="web: python main.py",
        says="main.py, line 7, starts a server, but not on the port in the variable PORT",
    ),
    "fastapi-with-a-bot-that-starts-on-the-port": Layout(
        files={
            "main.py": "import asyncio, os, discord, uvicorn\n"
            + fastapi()
            + f"client = discord.Client()\n{_GUARD}    asyncio.create_task(client.start('x'))\n"
            f"    uvicorn.run(app, {_OPEN}{_PORT})\n"
        },
        runs="python main.py",
    ),
    "fastapi-with-a-bot-in-a-coroutine": Layout(
        files={
            "main.py": "import asyncio, uvicorn\nfrom aiogram import Bot, Dispatcher\n"
            + fastapi()
            + "async def main():\n    server = uvicorn.Server(uvicorn.Config(app))\n"
            "    await asyncio.gather(server.serve(), Dispatcher().start_polling(Bot('x')))\n"
            f"{_GUARD}    asyncio.run(main())\n"
        },
        requires="fastapi\n",
        none="worker: python main.py",
        says="main.py starts a bot too, in line 7, and a server would start the application",
    ),
    "imported-fastapi-with-a-bot": Layout(
        files={
            "main.py": "import asyncio, discord, uvicorn\nfrom api import app\n"
            "client = discord.Client()\nasync def main():\n"
            "    server = uvicorn.Server(uvicorn.Config(app))\n"
            "    await asyncio.gather(server.serve(), client.start('x'))\n"
            f"{_GUARD}    asyncio.run(main())\n",
            "api.py": fastapi(),
        },
        none="worker: python main.py",
        says="main.py starts a bot too, in line 6",
    ),
    "fastapi-with-a-bot-that-is-a-program-of-its-own": Layout(
        files={
            "main.py": "import discord\nfrom api import app\nclient = discord.Client()\n"
            f"{_GUARD}    client.run('x')\n",
            "api.py": fastapi(),
        },
        serves=("api:app", "ASGI FastAPI"),
    ),
    "fastapi-that-serves-in-a-coroutine": Layout(
        files={
            "main.py": "import asyncio, uvicorn\n"
            + fastapi()
            + "async def main():\n    await uvicorn.Server(uvicorn.Config(app)).serve()\n"
            f"{_GUARD}    asyncio.run(main())\n"
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "bot-that-a-lifespan-starts": Layout(
        files={
            "main.py": "import asyncio, uvicorn\nfrom aiogram import Dispatcher\n"
            "from fastapi import FastAPI\n"
            "async def lifespan(app):\n    asyncio.create_task(Dispatcher().start_polling())\n"
            f"    yield\napp = FastAPI(lifespan=lifespan)\n{_GUARD}    uvicorn.run(app)\n"
        },
        serves=("main:app", "ASGI FastAPI"),
    ),
    "celery-only": Layout(
        files={"app.py": "import celery\napp = celery.Celery('x')\n"},
        requires="celery\n",
        none="worker: celery -A app worker",
    ),
    "two-celery-applications": Layout(
        files=dict.fromkeys(("a.py", "b.py"), "from celery import Celery\nx = Celery('x')\n"),
        requires="celery\n",
        none="",
    ),
    "script-with-an-application-that-nothing-requires": Layout(
        files={"main.py": "print(1)\n", "lessons/one/app.py": flask()},
        none="worker: python main.py",
    ),
    "script-that-only-defines": Layout(
        files={"app.py": '"""App."""\nimport typer\napp = typer.Typer()\ndef f(): ...\n'},
        none="",
    ),
    "script-that-starts-by-an-import": Layout(
        files={"main.py": "import harbour\n", "harbour.py": "print(1)\n"},
        none="worker: python main.py",
    ),
    "flask-for-this-machine-on-a-fixed-port": Layout(
        files={"app.py": flask() + "app.run()\n", "main.py": ""},
        none="web: gunicorn app:app",
        says="app.py, line 3",
    ),
    "two-servers": Layout(
        files={"main.py": _WAITRESS, "server.py": _WAITRESS},
        none="web: python main.py",
        says="cannot choose between main.py and server.py",
    ),
    "flask-that-runs-when-imported": Layout(
        files={"app.py": flask() + "app.run(debug=True)\n"},
        none="web: gunicorn app:app",
        says="app.py, line 3, starts a server as soon as it is imported. Put that line below "
        '`if __name__ == "__main__":`',
    ),
    "flask-in-a-thread": Layout(
        files={
            "main.py": "import os\nfrom threading import Thread\n"
            + flask()
            + f"def serve():\n    app.run({_OPEN}{_PORT})\n"
            "Thread(target=serve).start()\nbot()\n"
        },
        runs="python main.py",
    ),
    "bot-with-a-server-in-a-thread": Layout(
        files={
            "main.py": "import discord\nfrom keep_alive import keep_alive\nkeep_alive()\n",
            "keep_alive.py": "from threading import Thread\n"
            + flask()
            + "def run():\n    app.run(host='0.0.0.0', port=8080)\n"
            "def keep_alive():\n    Thread(target=run).start()\n",
        },
        requires="flask\ndiscord.py\n",
        none="worker: python main.py",
        says="keep_alive.py serves its application in a thread of another program",
    ),
    "application-with-a-thread-for-other-work": Layout(
        files={
            "main.py": "from threading import Thread\n"
            + flask()
            + "def work(): ...\nThread(target=work).start()\n"
        },
        serves=("main:app", "WSGI Flask"),
    ),
    "function-that-is-only-passed-on": Layout(
        files={
            "main.py": "import click\n" + flask() + "def serve():\n    app.run()\n"
            "app.cli.add_command(serve)\n"
        },
        serves=("main:app", "WSGI Flask"),
    ),
    "fastapi-that-runs-when-imported": Layout(
        files={"main.py": "import uvicorn\n" + fastapi() + "uvicorn.run(app)\n"},
        none="web: uvicorn --host 0.0.0.0 --port $PORT main:app",
        says="main.py, line 4",
    ),
    "flask-that-runs-on-the-port-when-imported": Layout(
        files={"app.py": "import os\n" + flask() + f"app.run({_OPEN}{_PORT})\n"},
        runs="python app.py",
    ),
    "run-py-that-runs-the-app-of-a-package": Layout(
        files={
            "run.py": "from harbour import app\napp.run(debug=True)\n",
            "harbour/__init__.py": flask(),
        },
        serves=("harbour:app", "WSGI Flask"),
    ),
    "bot-whose-requirements-have-a-framework": Layout(
        files={"bot.py": _BOT},
        requires="# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile requirements.in\naiohttp==3.14.5\ndiscord-py==2.6.0\n",
        none="worker: python bot.py",
    ),
    "script-that-imports-a-locked-framework": Layout(
        files={"main.py": "import flask\n"},
        requires="# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile requirements.in\nflask==3.1.0\n",
        none="web: gunicorn MODULE:APP",
        says="Flask",
    ),
    "program-of-a-package": Layout(
        files={
            "pyproject.toml": '[build-system]\nrequires = ["uv_build"]\n[project]\n'
            'name = "harbour"\nversion = "1"\nscripts = { harbour = "harbour:main" }\n',
            "src/harbour/__init__.py": "def main(): ...\n",
        },
        none="worker: harbour",
    ),
    "programs-of-a-package": Layout(
        files={
            "pyproject.toml": '[build-system]\nrequires = ["uv_build"]\n[project]\n'
            'name = "harbour"\nversion = "1"\nscripts = { one = "a:b", two = "a:c" }\n',
        },
        none="",
    ),
    "fastapi-that-runs-on-the-port-when-imported-in-src": Layout(
        files={
            "src/main.py": "import os, uvicorn\n"
            + fastapi()
            + f"uvicorn.run(app, {_OPEN}{_PORT})\n"
        },
        runs="python src/main.py",
    ),
    "server-before-an-application-elsewhere": Layout(
        files={
            "app.py": "import os\n" + flask() + f"app.run({_OPEN}{_PORT})\n",
            "api/__init__.py": fastapi(),
        },
        runs="python app.py",
    ),
    "wsgi-py-of-a-module-that-runs-when-imported": Layout(
        files={
            "wsgi.py": "from app import app\n",
            "app.py": flask() + "app.run()\n",
        },
        none="web: gunicorn wsgi:app",
        says="app.py, line 3",
    ),
    "other-conditions-with-the-name": Layout(
        files={
            "app.py": flask()
            + "DEBUG = 1\nif '__main__' == __name__ and DEBUG:\n    app.run()\n"
        },
        serves=("app:app", "WSGI Flask"),
    ),
    "application-that-only-running-tells": Layout(
        files={"main.py": "from framework import boot\napp = boot()\n"},
        requires="fastapi\n",
        none="web: uvicorn --host 0.0.0.0 --port $PORT main:app",
        says="`app` in main.py may be its application",
    ),
    "flask-required": Layout(
        files={"main.py": "x = 1\n"},
        requires="flask\n",
        none="web: gunicorn MODULE:APP",
        says="The app requires Flask, but has no application of it",
    ),
    "flask-and-waitress-required": Layout(
        files={},
        requires="flask\nwaitress\n",
        none="web: waitress-serve --host 0.0.0.0 --port $PORT MODULE:APP",
        says="Flask",
    ),
    "streamlit-required": Layout(
        files={},
        requires="streamlit\n",
        none="web: streamlit run FILE.py --server.port $PORT --server.address 0.0.0.0 "
        "--server.headless true",
        says="Streamlit",
    ),
    "sanic-required": Layout(
        files={},
        requires="sanic\n",
        none="web: sanic MODULE:APP --host=0.0.0.0 --port=$PORT",
        says="Sanic",
    ),
    "gradio-required": Layout(
        files={},
        requires="gradio\n",
        none="web: env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python FILE.py",
        says="Gradio",
    ),
}
