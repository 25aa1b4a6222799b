# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management over HTTP with Basic authentication, on a loopback port."""

from __future__ import annotations

import base64
import http.server
import socket
import threading
import typing as t
import uuid

from . import wsman
from .faults import ConnectionLost, Faults
from .shells import CommandLine, PowerShell, Run, Shell


class Listener:
    """Answers from its start on until `stop`. `calls`: the operations that clients asked for."""

    def __init__(
        self, run: Run, faults: Faults, user: str, password: str, listening: socket.socket | None = None
    ) -> None:
        """`listening`: a socket to answer on, in place of one on a loopback port."""
        self._run = run
        self._faults = faults
        self._credentials = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._shells: dict[str, Shell] = {}
        self.calls: list[str] = []
        listening = listening or socket.create_server(("127.0.0.1", 0))
        self.address, self.port = listening.getsockname()[:2]
        self._server = http.server.ThreadingHTTPServer((self.address, self.port), _handler(self), False)
        self._server.socket.close()
        self._server.socket = listening
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def authorised(self, header: str | None) -> bool:
        return header == self._credentials and not self._faults.refuses_logon()

    def answer(self, body: bytes) -> bytes:
        """Raises ConnectionLost where the host is gone."""
        self._faults.look_alive()
        request = wsman.parse(body)
        self.calls.append(request.operation)
        return wsman.answer(request, self._answered(request))

    def _answered(self, request: wsman.Request) -> str:
        if request.operation == "Create":
            return self._create(request)
        if request.operation == "Delete":
            self._shells.pop(request.shell_id or "", None)
            return ""
        if request.operation == "Signal":
            return "<rsp:SignalResponse/>"
        shell = self._shells[request.shell_id or ""]
        operations = {"Command": shell.command, "Send": shell.send, "Receive": shell.receive}
        return operations[request.operation](request)

    def _create(self, request: wsman.Request) -> str:
        shell_id = (request.attribute(".//rsp:Shell", "ShellId") or str(uuid.uuid4())).upper()
        command_line = request.text(".//wsman:ResourceURI").endswith("/cmd")
        self._shells[shell_id] = CommandLine(self._run) if command_line else PowerShell(request, self._run)
        return wsman.created(shell_id)


def _handler(listener: Listener) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: t.Any) -> None:
            """Tests read `calls`."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not listener.authorised(self.headers.get("Authorization")):
                self._reply(401, b"", **{"WWW-Authenticate": "Basic realm=WSMAN"})
                return
            try:
                answered = listener.answer(body)
            except ConnectionLost:
                self.close_connection = True
                return
            self._reply(200, answered)

        def _reply(self, status: int, data: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    return Handler
