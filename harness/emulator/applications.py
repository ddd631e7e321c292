"""The WSGI application that answers for a service: moto's, or ours where moto has none or another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import HTTP_METHODS, BackendRequest, create_backend_app

from harness.emulator import delivery


def application(service: Any) -> Flask:
    """What serves a service, by moto's name for it."""
    if service == "cloudformation":
        # moto's way would import its own CloudFormation, and with it every service it has.
        from harness.emulator.cloudformation.responses import CloudFormationResponse

        return _of(service, CloudFormationResponse)
    if service in delivery.UNKNOWN_TO_MOTO:
        return _of(service, delivery.response_of(service))
    app: Flask = create_backend_app(service)
    return app


def _of(service: str, response: Any) -> Flask:
    app = Flask(service)
    app.request_class = BackendRequest
    app.debug = True  # errors reach who asked, and are told as AWS would
    view: Callable[..., Any] = convert_to_flask_response(response.dispatch)
    for path in ("/", "/<path:path>"):
        app.add_url_rule(path, endpoint="dispatch", methods=HTTP_METHODS, view_func=view)
    return app
