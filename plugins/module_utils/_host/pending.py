# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What this collection installed and only a reboot settles (compliance.md, section 3)."""

from __future__ import annotations

import datetime
import os
import typing as t

from .._engine import dates
from . import state
from .base import Document
from .boot import boot_id

FILE = "pending.json"
SCHEMA = 1
UNKNOWN = "%s: what waits for a reboot is unknown; reboot, then scan"


class Pending(t.NamedTuple):
    since: t.Dict[str, t.Optional[datetime.datetime]]  # kb_id -> when it was installed, in this boot
    last_install: t.Optional[str]  # of a run without a reboot, as an instant
    warnings: t.Tuple[str, ...]


def path(root: str = "") -> str:
    return os.path.join(root + state.STATE_FOLDER, FILE)


def load(root: str = "") -> Pending:
    """What waits for a reboot of this host. A file that makes no sense is a warning, and nothing waits."""
    try:
        document = state.load(path(root))
    except state.StateError as error:
        return Pending({}, None, (UNKNOWN % error,))
    if document is None:
        return Pending({}, None, ())
    patches = document.get("patches")
    if not isinstance(patches, dict):
        return Pending({}, None, (UNKNOWN % ("%s: patches is no mapping" % path(root)),))
    last = dates.parse_instant(document.get("last_no_reboot_install_operation_time"))
    since = {name: dates.parse_instant(written) for name, written in patches.items()}
    this_boot = document.get("boot_id") == boot_id()
    return Pending(since if this_boot else {}, dates.text(last) if last else None, ())


def add(kb_ids: t.Iterable[str], when: datetime.datetime, no_reboot: bool, root: str = "") -> None:
    """Remember what was installed in this boot, by a run that was told `no_reboot` or not.

    A corrupt file is set aside. Raises OSError.
    """
    with state.exclusive(path(root)):
        known = load(root)
        if known.warnings and os.path.exists(path(root)):
            state.set_aside(path(root))
        patches = {name: dates.text(instant) if instant else None for name, instant in known.since.items()}
        patches.update((name, dates.text(when)) for name in kb_ids)
        document: Document = {
            "schema": SCHEMA,
            "boot_id": boot_id(),
            "last_no_reboot_install_operation_time": dates.text(when) if no_reboot else known.last_install,
            "patches": patches,
        }
        state.save(path(root), document)
