# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as the protocols of services have them."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from . import rest

# As different services say that the caller may not.
DENIALS = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")
XML = {
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>0</RequestID></Response>",
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>0</RequestId></ErrorResponse>",
    "rest-xml": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>",
}
DENIED = {"ec2": "UnauthorizedOperation", "query": "AccessDenied", "rest-xml": "AccessDenied"}


def protocol(service: str) -> str:
    """By the name that requests are signed with; JSON of one that is unknown."""
    found = rest.model(service)
    return found.metadata["protocol"] if found else "json"


def denial(service: str) -> str:
    """The code with which a service says that the caller may not."""
    return DENIED.get(protocol(service), "AccessDeniedException")


def refusal(service: str, code: str, message: str) -> Response:
    kind = protocol(service)
    if kind in XML:
        text = XML[kind].format(code=code, message=escape(message))
        return Response(text, 403 if code in DENIALS else 400, content_type="text/xml")
    status = 403 if kind == "rest-json" and code in DENIALS else 400
    body = json.dumps({"__type": code, "message": message})
    return Response(body, status, {"x-amzn-errortype": code}, content_type="application/x-amz-json-1.1")
