# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server on a loopback port, and clients of it."""

from __future__ import annotations

import logging
import socket
import threading
import typing as t

import boto3
from botocore.config import Config
from werkzeug.serving import BaseWSGIServer, make_server

from .application import Application
from .calls import Call
from .faults import parse_faults

REGION = "eu-central-1"
ACCESS_KEY = "AKIASTRICTSSMTESTKEY"
# Long: Ansible masks secrets in its output, and a short one occurs in many words.
SECRET_KEY = "strict-ssm-secret-key-that-is-no-secret"


class Server:
    """Answers from its start on until `stop`."""

    def __init__(self, port: int = 0) -> None:
        self.application = Application()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._servers: list[tuple[BaseWSGIServer, threading.Thread]] = []
        server = make_server("127.0.0.1", port, self.application, threaded=True)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self._start(server)

    def _start(self, server: BaseWSGIServer) -> None:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        self._servers.append((server, thread))
        thread.start()

    def answer_on(self, listener: socket.socket) -> str:
        """Answer on a socket of another network as well, which listens already: the URL there."""
        address, port = listener.getsockname()
        self._start(make_server(address, port, self.application, threaded=True, fd=listener.fileno()))
        return f"http://{address}:{port}"

    def stop(self) -> None:
        self.application.service.reset()
        for server, thread in self._servers:
            server.shutdown()
            thread.join()
            server.server_close()

    def environment(self, region: str = REGION) -> dict[str, str]:
        """For the aws CLI and for Ansible: where the services are, and credentials of no account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def client(self, service: str = "ssm", region: str = REGION, attempts: int = 1, **options: t.Any) -> t.Any:
        """boto3's. It checks no request of its own accord and tries once, so that tests see what the service says."""
        config = Config(
            parameter_validation=options.pop("parameter_validation", False),
            retries={"total_max_attempts": attempts, "mode": "standard"},
            **options.pop("config", {}),
        )
        credentials = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        return boto3.client(service, region, endpoint_url=self.url, config=config, **{**credentials, **options})

    def reset(self) -> None:
        self.application.reset()

    def fail(self, **fault: t.Any) -> None:
        """Add a fault; see Fault."""
        self.application.service.faults += parse_faults([fault])

    def set(self, **settings: t.Any) -> None:
        self.application.set(**settings)

    def nodes(self, *nodes: t.Any) -> None:
        """These managed nodes, as mappings, and no others; see Node."""
        self.application.set_nodes(nodes)

    def register(self, activation_id: str, code: str, region: str = REGION, **node: str) -> str:
        """An agent registers with an activation: the id of its node. Raises SSMError."""
        return self.application.service.register(activation_id, code, region, **node)

    def advance(self, seconds: float) -> None:
        self.application.service.advance(seconds)

    @property
    def calls(self) -> list[Call]:
        return list(self.application.calls)

    @property
    def actions(self) -> list[str]:
        """What was called, in order, as policies write it."""
        return [call.action for call in self.calls]
