# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a preflight finds: one form for hosts and for nodes in AWS."""

from __future__ import annotations

import typing as t

OK = "ok"
WARNING = "warning"
ERROR = "error"
SKIPPED = "skipped"  # could not be looked at
STATUSES = (ERROR, WARNING, SKIPPED, OK)  # worst first


class Finding(t.NamedTuple):
    check: str
    status: str
    finding: str
    remedy: t.Optional[str] = None

    def document(self) -> t.Dict[str, t.Any]:
        return dict(self._asdict())


def worst(findings: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """What is skipped is not known to be bad."""
    found = {finding["status"] for finding in findings}
    return next((status for status in (ERROR, WARNING) if status in found), OK)
