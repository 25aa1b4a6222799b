# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that stand for services, for the tests of this folder."""

from ansible_collections.patchops.fleet.tests.servers.fixtures import aws, aws_server  # noqa: F401
