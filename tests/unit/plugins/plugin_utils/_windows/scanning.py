# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a test host's catalogue to an inventory, all but the connection."""

from __future__ import annotations

import datetime

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import scan
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.answer import read
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.inventory import inventory
from ansible_collections.patchops.fleet.tests.servers.windows import search_script

NOW = datetime.datetime(2025, 11, 23, 12, tzinfo=datetime.timezone.utc)


def inventory_of(host, server_selection="default", refresh="auto", now=NOW):
    """What a scan of the host finds. Holds it to the schema that every inventory has."""
    question = scan.question({"server_selection": server_selection, "refresh": refresh}, check_mode=False)
    parameters = question["parameters"]
    written = search_script.printed(host, parameters)
    found = inventory(read(written), "win1", None, server_selection, now, parameters["Online"])
    assert list(shape.faults(found, schemas.INVENTORY)) == []
    return found
