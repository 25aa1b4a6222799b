# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests that need AWS ask for: `from ...servers.fixtures import aws, aws_server  # noqa: F401` in a conftest."""

from __future__ import annotations

import typing as t

import pytest

from .ssm.server import Server


@pytest.fixture(scope="session")
def aws_server() -> t.Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def aws(aws_server: Server) -> Server:
    """The strict SSM and moto's other services: nothing is there, and no call was made."""
    aws_server.reset()
    return aws_server
