# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What services other than ours answer where a fault strikes, each as its protocol has it."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from .calls import Call
from .faults import Fault
from .protocols import refusal

JSON = "application/x-amz-json-1.1"


def answer_of(fault: Fault, call: Call, account: str) -> Response:
    if fault.answer is not None:
        return Response(json.dumps(fault.answer), content_type=JSON)
    error = fault.exception(call.operation, account)
    if error is None:
        raise ValueError(f"a fault of {call.service} has an error or an answer")
    return refusal(call.service, error.code, error.message)
