# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option of everything that decides on updates of Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  supersedence:
    description:
      - What becomes of an update that a newer one on offer supersedes. On Windows only.
      - V(newest) leaves it out, as Patch Manager does. A delay that is longer than the time between two cumulative
        updates then never ends, since each month's update takes the place of the last.
      - V(newest_approved) keeps it until an update that supersedes it is approved. So of a row of cumulative updates
        the newest one that is old enough is approved, and the reason says what the newer one waits for.
        M(ansible.windows.win_updates) does not find what is superseded, so M(patchops.fleet.patch_install) fails there,
        and says which update takes its place.
      - An optional update, such as a preview, takes nobody's place unless it is approved or installed.
    type: str
    choices: [newest, newest_approved]
    default: newest
"""
