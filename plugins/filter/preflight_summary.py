# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of preflights as one summary; documented in preflight_summary.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..module_utils._plain import plain
from ..plugin_utils._findings import fleet

FACT = "patch_preflight_result"  # what the role leaves with a host, in this run alone

Document = dict[str, t.Any]


def preflight_summary(
    findings: t.Sequence[Document], hosts: t.Sequence[str] = (), hostvars: t.Mapping[str, t.Any] | None = None
) -> Document:
    answered = {str(host): _of_host((hostvars or {}).get(host)) for host in hosts}
    return fleet(t.cast("list[Document]", plain(findings)), answered)


def _of_host(variables: t.Any) -> list[Document] | None:
    """None where it left nothing, or is no host of the inventory."""
    found = variables.get(FACT) if isinstance(variables, Mapping) else None
    return t.cast("list[Document]", plain(found["findings"])) if found else None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"preflight_summary": preflight_summary}
