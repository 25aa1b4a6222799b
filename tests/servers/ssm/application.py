# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers HTTP: moto with our SSM in it, the record of calls, and the control of all that under /_control."""

from __future__ import annotations

import io
import json
import threading
import typing as t

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import parse_instant

from ..permissions.permissions import Permissions
from . import moto_ssm
from .calls import Call, read_call
from .errors import SSMError
from .faults import OURS, QUICK_SETUP, parse_faults
from .nodes import parse_nodes
from .other_services import answer_of
from .paging import Pages
from .quick_setup import QuickSetup
from .state import Simulation

PREFIX = "/_control/"
Environ = dict[str, t.Any]


class Application:
    """A WSGI application. moto keeps its state per process, and so does this: one for each process."""

    def __init__(self) -> None:
        moto_ssm.install()
        self.service = moto_ssm.SERVICE
        self.quick_setup = QuickSetup(self.service)
        self.calls: list[Call] = []
        self.permissions = Permissions()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._recording = threading.Lock()

    def __call__(self, environ: Environ, start_response: t.Callable) -> t.Iterable[bytes]:
        if environ["PATH_INFO"].startswith(PREFIX):
            return self.control(Request(environ))(environ, start_response)
        return self.recorded(environ)(environ, start_response)

    def recorded(self, environ: Environ) -> Response:
        body = Request(environ).get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        call = read_call(environ, body)
        # with the headers of the answer as they are: clients of S3 compare lengths of bodies that are not sent
        answer = self.permissions.refusal(call) or self._fault(call) or self._answer(call, environ)
        call = call.answered(answer.status_code, answer.get_data())
        with self._recording:
            self.calls.append(call)
        return answer

    def _fault(self, call: Call) -> Response | None:
        """What another service than ours answers where a fault strikes."""
        if call.service in (OURS, QUICK_SETUP):
            return None
        struck = self.service.struck(call.service, call.operation, moto_ssm.ACCOUNT, call.region)
        return answer_of(struck[0], call, moto_ssm.ACCOUNT) if struck else None

    def _answer(self, call: Call, environ: Environ) -> Response:
        if call.service == QUICK_SETUP:
            return self.quick_setup.respond(call, environ)
        return Response.from_app(self._moto, environ, buffered=True)

    def control(self, request: Request) -> Response:
        """GET calls; POST reset, forget (the calls), faults, nodes, register (a node), settings, advance (seconds).

        400 with the reason for what cannot be read.
        """
        asked = request.method, request.path.removeprefix(PREFIX)
        acts = {
            ("POST", "reset"): lambda _given: self.reset(),
            ("POST", "forget"): lambda _given: self.calls.clear(),
            ("POST", "faults"): self.set_faults,
            ("POST", "nodes"): self.set_nodes,
            ("POST", "register"): lambda given: {"InstanceId": self.service.register(**given)},
            ("POST", "settings"): lambda given: self.set(**given),
            ("POST", "advance"): lambda given: self.service.advance(**given),
        }
        if asked == ("GET", "calls"):
            return _json([call._asdict() for call in list(self.calls)])
        if asked not in acts:
            return _json(
                {"error": f"no {' '.join(asked)}; there are GET calls, {', '.join(' '.join(one) for one in acts)}"}, 404
            )
        try:
            answer = acts[asked](request.get_json(force=True) if request.content_length else {})
        except (TypeError, ValueError, SSMError) as error:
            return _json({"error": str(error)}, 400)
        return _json(answer or {})

    def reset(self) -> None:
        """As just started: moto's services as well."""
        self.service.reset()
        self.quick_setup.reset()
        self.permissions = Permissions()
        Client(self._moto).post("/moto-api/reset")
        self.calls.clear()

    def set_faults(self, given: t.Any) -> None:
        self.service.faults = parse_faults(given)

    def set_nodes(self, given: t.Any) -> None:
        self.service.set_nodes(parse_nodes(given))

    def set(
        self,
        largest_page: int | None = None,
        empty_pages: bool = False,
        stale_lists: int = 0,
        now: str | None = None,
        permissions: dict[str, t.Any] | None = None,
        **simulation: t.Any,
    ) -> None:
        """Settings that are not given are the usual ones."""
        self.permissions = Permissions(**permissions or {})
        self.service.simulation = Simulation(**simulation)
        self.service.clock = parse_instant(now, "now") if now is not None else None
        self.service.pages = Pages(largest_page, empty_pages)
        self.service.stale_lists = stale_lists


def _json(content: t.Any, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")
