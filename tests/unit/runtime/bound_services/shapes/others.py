"""Mail servers, object storages and search engines."""

from __future__ import annotations

from unit.runtime.bound_services.shapes import Connection, Shape, vcap

SHAPES = [
    Shape(
        "SendGrid",
        "vcap",
        vcap(
            "sendgrid",
            {
                "hostname": "smtp.sendgrid.net",
                "username": "QvsXMbJ3rK",
                "password": "p@ss/word",
            },
            "smtp",
            "Email",
        ),
        {
            "EMAIL_URL": "smtp://QvsXMbJ3rK:p%40ss%2Fword@smtp.sendgrid.net:587"
            "?tls=True&EMAIL_USE_TLS=True",
            "EMAIL_HOST": "smtp.sendgrid.net",
            "EMAIL_PORT": "587",
            "EMAIL_HOST_USER": "QvsXMbJ3rK",
            "EMAIL_HOST_PASSWORD": "p@ss/word",
            "EMAIL_USE_TLS": "True",
        },
        Connection(
            "smtp.sendgrid.net",
            "587",
            "QvsXMbJ3rK",
            "p@ss/word",
            options={"EMAIL_USE_TLS": "True"},
        ),
    ),
]
