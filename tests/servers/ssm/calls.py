# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of all calls, to any service: for counting them, and for the permissions they need."""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse

from . import rest

_scope = re.compile(r"Credential=([^/,]+)/[0-9]+/([^/,]+)/([^/,]+)/aws4_request").search


class Call(t.NamedTuple):
    service: str
    operation: str
    region: str
    access_key: str
    request: t.Any  # of the JSON and the query protocol; for others what their path names, or None
    status: int = 0  # of the answer
    error: str | None = None

    @property
    def action(self) -> str:
        """As policies write it."""
        return f"{self.service}:{self.operation}"

    def answered(self, status: int, answer: bytes) -> Call:
        return self._replace(status=status, error=_error(answer) if status >= 400 else None)


def read_call(environ: dict[str, t.Any], body: bytes) -> Call:
    """Service and Region stand in the signature's scope; the operation where its protocol puts it."""
    found = _scope(environ.get("HTTP_AUTHORIZATION", ""))
    access_key, region, service = found.groups() if found else ("", "", "")
    operation, request = _operation(service, environ, body)
    return Call(service, operation, region, access_key, request)


def _operation(service: str, environ: dict[str, t.Any], body: bytes) -> tuple[str, t.Any]:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rpartition(".")[2], _json(body)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        return form.get("Action", ""), form
    method, uri = environ.get("REQUEST_METHOD", ""), environ.get("RAW_URI") or environ.get("PATH_INFO", "")
    headers = {name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
    matched = rest.match(service, method, uri, headers)
    if matched is None:
        return f"{method} {environ.get('PATH_INFO')}", None
    sent = _json(body) if environ.get("CONTENT_TYPE") == "application/json" else None
    return matched.operation, {**(sent if isinstance(sent, dict) else {}), **matched.labels}


def _json(body: bytes) -> t.Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None


def _error(answer: bytes) -> str | None:
    kind = _json(answer)
    if isinstance(kind, dict):
        return str(kind.get("__type", "")).rpartition("#")[2] or None
    found = re.search(rb"<Code>([^<]+)</Code>", answer)
    return found.group(1).decode() if found else None
