# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What services other than ours answer where a fault strikes, each as its protocol has it."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from .calls import Call
from .faults import DENIALS, Fault

JSON = "application/x-amz-json-1.1"
EC2 = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>0</RequestID></Response>"
)
QUERY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>0</RequestId></ErrorResponse>"
)


def answer_of(fault: Fault, call: Call, account: str) -> Response:
    if fault.answer is not None:
        return Response(json.dumps(fault.answer), content_type=JSON)
    error = fault.exception(call.operation, account)
    if error is None:
        raise ValueError(f"a fault of {call.service} has an error or an answer")
    status = 403 if error.code in DENIALS else 400
    if call.service == "events":
        return Response(json.dumps({"__type": error.code, "message": error.message}), status, content_type=JSON)
    words = (EC2 if call.service == "ec2" else QUERY).format(code=error.code, message=escape(error.message))
    return Response(words, status, content_type="text/xml")
