# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Who this host is: the ids by which records of it are merged, wherever they come from."""

from __future__ import annotations

import errno
import json
import platform
import re
import socket
import typing as t

from .os_release import OperatingSystem

Document = t.Dict[str, t.Any]

MACHINE_ID = ("/etc/machine-id", "/var/lib/dbus/machine-id")
CLOUD_INIT_INSTANCE_ID = "/var/lib/cloud/data/instance-id"
# EC2's Nitro instances carry their id here; other makers write something of their own, or nothing.
DMI_ASSET_TAG = "/sys/devices/virtual/dmi/id/board_asset_tag"
SSM_REGISTRATION = "/var/lib/amazon/ssm/registration"

INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
MI_ID = re.compile(r"mi-[0-9a-f]{17}")

# Documentation addresses (RFC 5737, RFC 3849): asking for the route to one sends nothing.
ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
DISCARD = 9


class Identity(t.NamedTuple):
    node: Document  # schemas.NODE
    problems: t.List[Document]  # schemas.PROBLEM


def registered_id(text: str) -> t.Optional[str]:
    """The id that the SSM agent's registration file holds: `mi-...`, or on EC2 `i-...`; None when it holds none."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    value = document.get("ManagedInstanceID") if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def matching(pattern: t.Pattern[str], candidates: t.Iterable[t.Optional[str]]) -> t.Optional[str]:
    """The first candidate that is wholly such an id."""
    return next((value for value in candidates if value and pattern.fullmatch(value)), None)


def identify(name: str, patch_group: t.Optional[str], system: OperatingSystem, root: str = "") -> Identity:
    """The node whose file system is below `root`. Its id: the instance's, else the managed node's, the machine's."""
    problems: t.List[Document] = []
    machine_id = next((text for text in (_read(root + path, problems) for path in MACHINE_ID) if text), None)
    registered = registered_id(_read(root + SSM_REGISTRATION, problems) or "")
    instance_id = matching(
        INSTANCE_ID, (_read(root + CLOUD_INIT_INSTANCE_ID, problems), _read(root + DMI_ASSET_TAG, problems), registered)
    )
    mi_id = matching(MI_ID, (registered,))
    node = {
        "id": instance_id or mi_id or machine_id or name,
        "name": name,
        "machine_id": machine_id,
        "instance_id": instance_id,
        "mi_id": mi_id,
        "patch_group": patch_group,
        "operating_system": system.operating_system,
        "product": system.product,
        "platform": {
            "name": system.name,
            "version": system.version,
            "architecture": platform.machine() or None,
            "ip_address": ip_address(),
            "agent_version": None,
        },
    }
    return Identity(node, problems)


def ip_address() -> t.Optional[str]:
    """The address this host would use to reach others; None when it has no route."""
    for family, address in ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as datagram:
                datagram.connect((address, DISCARD))
                return datagram.getsockname()[0]
        except OSError:
            continue
    return None


def _read(path: str, problems: t.List[Document]) -> t.Optional[str]:
    """The file's text, or None when there is none; a file that may not be read is a problem."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            problems.append(
                {"what": path, "why": "this user may not read it; it can hold the node's id, run with become: true"}
            )
        return None
