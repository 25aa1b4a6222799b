# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What became of a node's packages between two inventories, and whether it must reboot."""

from __future__ import annotations

import fnmatch
import typing as t

from .families import Family, family_of
from .patch import Document

# Packages whose update only a reboot brings into use. rpm: as `dnf needs-restarting --reboothint` (dnf-plugins-core);
# apt: whose maintainer scripts note it in /run/reboot-required, or that every process keeps loaded.
RENEWED_BY_REBOOT: t.Dict[str, t.Tuple[str, ...]] = {
    "apt": ("linux-image-*", "libc6", "dbus", "systemd", "*-microcode"),
    "dnf": ("kernel", "kernel-core", "kernel-rt", "glibc", "linux-firmware", "systemd", "dbus", "dbus-broker")
    + ("dbus-daemon", "microcode_ctl"),
    "zypper": ("kernel-default", "kernel-*-base", "kernel-azure", "kernel-rt", "glibc", "systemd", "dbus-1", "ucode-*"),
}
NO_REBOOT = "NoReboot"
REBOOT_IF_NEEDED = "RebootIfNeeded"
IF_REQUIRED = "if_required"


class Changed(t.NamedTuple):
    name: str
    arch: str
    old: t.Optional[str]  # None: it came, or came beside the one that was there
    new: t.Optional[str]  # None: it left

    @property
    def kb_id(self) -> str:
        return "%s.%s" % (self.name, self.arch)


class Reboot(t.NamedTuple):
    required: bool  # by what the node says, or by what its packages are where it cannot say
    reasons: t.Tuple[str, ...]
    due: bool  # by the reboot option
    why: str


def changes(before: Document, after: Document) -> t.List[Changed]:
    """Every package whose installed versions differ, by name."""
    old, new = _installed(before), _installed(after)
    found: t.List[Changed] = []
    for key in sorted(set(old) | set(new)):
        left = [version for version in old.get(key, ()) if version not in new.get(key, ())]
        came = [version for version in new.get(key, ()) if version not in old.get(key, ())]
        stayed = len(old.get(key, ())) - len(left)
        if len(left) == 1 and len(came) == 1 and not stayed:
            found.append(Changed(key[0], key[1], left[0], came[0]))
            continue
        found.extend(Changed(key[0], key[1], version, None) for version in left)
        found.extend(Changed(key[0], key[1], None, version) for version in came)
    return found


def _installed(inventory: Document) -> t.Dict[t.Tuple[str, str], t.List[str]]:
    family: Family = family_of(inventory)
    return {
        (package["name"], package["arch"]): [family.text(version) for version in package["installed"]]
        for package in inventory.get("packages") or ()
        if package.get("installed")
    }


def reboot(
    option: str, manager: str, said: Document, changed: t.Sequence[t.Any], pending: bool, foreseen: bool = False
) -> Reboot:
    """Whether a reboot is due (os-behaviour.md, section 6).

    `said` is the inventory's `reboot`; `changed` what the run changed, each with name, new and kb_id; `pending`:
    something that was installed before waits for a reboot; `foreseen`: `changed` is still to come, unlike `said`.
    """
    reasons = [said["reason"] or "the node says so"] if said.get("required") else []
    if not reasons and (foreseen or said.get("required") is None):
        renewed = sorted({change.kb_id for change in changed if change.new and _renewed(change.name, manager)})
        reasons += ["only a reboot brings %s into use" % ", ".join(renewed)] if renewed else []
    due, why = _due(option, reasons, bool(changed), pending)
    return Reboot(bool(reasons), tuple(reasons), due, "%s: %s" % (option, why))


def _due(option: str, reasons: t.Sequence[str], changed: bool, pending: bool) -> t.Tuple[bool, str]:
    if option == IF_REQUIRED:
        return bool(reasons), "; ".join(reasons) or "nothing on the node asks for one"
    if option != REBOOT_IF_NEEDED:
        return False, "never by this run"
    if changed:
        return True, "something was installed"
    return pending, "installed patches wait for one" if pending else "nothing was installed, and nothing waits for one"


def _renewed(name: str, manager: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in RENEWED_BY_REBOOT.get(manager, ()))
