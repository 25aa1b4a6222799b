# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the caller may: all, unless policies or a list of what is denied say otherwise; and how services say no."""

from __future__ import annotations

import typing as t

from werkzeug.wrappers import Response

from ..ssm.calls import Call
from ..ssm.protocols import denial, refusal
from .needs import ACCOUNT, Need, needs
from .policy import Policy, allows


class Permissions(t.NamedTuple):
    denied: t.Collection[str] = ()  # actions
    policies: t.Sequence[Policy] | None = None  # None: everything is allowed
    access_key: str = ""  # whose they are; callers with another may do all, as with a role that they assumed

    def refusal(self, call: Call) -> Response | None:
        """None where the call is allowed."""
        if call.action in self.denied:
            return refused(call, Need(call.action, "*"))
        if self.policies is None or call.access_key != self.access_key:
            return None
        missing = [need for need in needs(call) if not allows(self.policies, need)]
        return refused(call, missing[0]) if missing else None


def refused(call: Call, need: Need) -> Response:
    """In the protocol of the service that is called."""
    words = (
        f"User: arn:aws:iam::{ACCOUNT}:user/caller is not authorized to perform: {need.action} on resource: "
        f"{need.resource} because no identity-based policy allows the {need.action} action"
    )
    return refusal(call.service, denial(call.service), words)
