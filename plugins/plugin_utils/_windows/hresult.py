# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What the error codes of the Windows Update Agent mean, and what to do about them."""

from __future__ import annotations

import typing as t

# Those that a search or an installation commonly ends with; Microsoft's reference has all.
WORDS: t.Final = {
    0x80070002: "a file of the update is not there",
    0x80070005: "access is denied; the user is no administrator here, or needs become with method runas",
    0x80070070: "the disk is full",
    0x80070422: "the Windows Update service is disabled",
    0x80070643: "the installer of the update failed",
    0x800705B4: "the time for it ran out",
    0x80070BC9: "a restart has to come first",
    0x80072EE2: "the update server did not answer in time",
    0x80072EE7: "the name of the update server cannot be resolved",
    0x80072EFD: "the update server cannot be reached",
    0x80072F8F: "the certificate of the update server is not trusted, or the clock is wrong",
    0x80073712: "the component store is damaged; repair it with DISM /Online /Cleanup-Image /RestoreHealth",
    0x800F081F: "the component store lacks what the update builds on; repair it with DISM /RestoreHealth and a source",
    0x800F0825: "the package is permanent: nothing removes it",
    0x800F0922: "the update could not be completed; often the system partition has no room",
    0x8024001E: "the Windows Update service was stopped meanwhile",
    0x8024002E: "a policy forbids access to Windows Update here (server_selection: managed_server asks WSUS)",
    0x80240016: "another installation is under way, or a restart is pending",
    0x80240017: "the update is not for this node",
    0x80240019: "an exclusive update can only be installed by itself, so none was",
    0x80240022: "every update failed",
    0x80240023: "the licence terms were not accepted",
    0x80240034: "the update could not be downloaded",
    0x80240438: "there is no route to the update server",
    0x80244010: "the update server needed too many round trips; search again",
    0x80244017: "the update server refused the credentials",
    0x80244018: "the update server or a proxy refused access",
    0x80244019: "the update server does not have what was asked for; is its address right?",
    0x80244022: "the update server is overloaded",
    0x8024401C: "the update server did not answer in time",
    0x8024402C: "the name of the update server or of the proxy cannot be resolved",
    0x80246007: "the update was not downloaded",
    0x80248007: "the agent has no information on what was asked for; search online first",
    0x80248014: "that update service is not registered on this node",
    0x8024500C: "a policy forbids access to Windows Update here (server_selection: managed_server asks WSUS)",
}


def described(hresult: int, message: str = "") -> str:
    """The code in hexadecimal, with our words or, where there are none, with `message`."""
    code = hresult & 0xFFFFFFFF
    words = WORDS.get(code) or message.strip()
    return f"0x{code:08X}: {words}" if words else f"0x{code:08X}"
