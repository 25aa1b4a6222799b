# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server inside an enclosure that can fail in the ways that mirrors fail."""

from __future__ import annotations

import functools
import http.server
import pathlib
import threading
import typing as t

from .enclosure import ADDRESS, Enclosure


class Stall:
    """Requests for paths with a text in them, which get their answer when they are let go."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._asked = threading.Event()
        self._answer = threading.Event()

    def hold(self) -> None:
        self._asked.set()
        self._answer.wait()

    def wait_until_asked(self, seconds: float = 60) -> None:
        assert self._asked.wait(seconds), f"nobody asked for {self.text} in {seconds} s"

    def let_go(self) -> None:
        self._answer.set()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with Last-Modified, as mirrors send them."""

    def __init__(self, *arguments: t.Any, owner: WebServer, **options: t.Any) -> None:
        self._owner = owner
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        self._owner.requests.append(self.path)
        for stall in list(self._owner.stalls):
            if stall.text in self.path:
                stall.hold()
        try:
            super().do_GET()
        except ConnectionError:  # who asked has been killed meanwhile
            self.close_connection = True

    def log_message(self, format: str, *arguments: t.Any) -> None:
        """Say nothing: `requests` holds what was asked for."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class WebServer:
    """Serves a folder at one address, switched on and off at will."""

    def __init__(self, place: Enclosure, folder: pathlib.Path) -> None:
        self.requests: list[str] = []  # paths
        self.stalls: list[Stall] = []
        self._place = place
        self._handler = functools.partial(Handler, owner=self, directory=str(folder))
        self._port = 0
        self._server: Server | None = None
        self.up()

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self._port}"

    def up(self) -> None:
        listener = self._place.listen(self._port)
        self._port = listener.getsockname()[1]
        server = Server((ADDRESS, self._port), self._handler, bind_and_activate=False)
        server.socket.close()
        server.socket = listener
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._server = server

    def down(self) -> None:
        """Connections are refused from now on; what has been asked before is still answered."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def stall(self, text: str) -> Stall:
        """Hold back the answer to every request for a path with a text in it, until it is let go."""
        stall = Stall(text)
        self.stalls.append(stall)
        return stall

    def close(self) -> None:
        self.down()
        for stall in self.stalls:
            stall.let_go()
