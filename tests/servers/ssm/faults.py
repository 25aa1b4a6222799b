# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on purpose: rules that are asked at each call, and count down."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from .errors import SSMError
from .protocols import DENIALS

OURS = "ssm"
QUICK_SETUP = "ssm-quicksetup"
MESSAGES = {"ThrottlingException": "Rate exceeded"}


@dataclasses.dataclass
class Fault:
    """Calls of operations that match fail with `error`, or wait `delay` seconds, or both.

    The first `after` of them are left alone; of the rest every `every`th has the fault, `times` times in all.
    `answered` False: the call has done its work when it fails, as when the answer is lost.
    `answer`: what a service other than our two says in place of its work; of one whose protocol is JSON.
    """

    service: str = OURS  # as policies write it; others than our two have neither delays nor answers that are lost
    operation: str = "*"  # a name, or a pattern such as Describe*
    error: str | None = None
    message: str | None = None
    delay: float = 0
    after: int = 0
    every: int = 1
    times: int | None = None
    region: str = "*"
    account: str = "*"
    answered: bool = True
    answer: dict[str, t.Any] | None = None
    seen: int = 0
    struck: int = 0

    def strikes(self, service: str, operation: str, account: str, region: str) -> bool:
        """Asked once for each call."""
        if service != self.service:
            return False
        asked = ((self.operation, operation), (self.account, account), (self.region, region))
        if not all(fnmatch.fnmatchcase(name, pattern) for pattern, name in asked):
            return False
        self.seen += 1
        counted = self.seen - self.after
        if counted < 1 or counted % self.every or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True

    def exception(self, operation: str, account: str) -> SSMError | None:
        if self.error is None:
            return None
        denied = f"User: arn:aws:iam::{account}:root is not authorized to perform: {self.service}:{operation}"
        usual = denied if self.error in DENIALS else MESSAGES.get(self.error, "A fault that was asked for")
        return SSMError(self.error, self.message or usual)


def parse_faults(written: t.Any) -> list[Fault]:
    """Raises ValueError or TypeError for what is no list of faults."""
    faults = [Fault(**one) for one in written]
    if any(one.service not in (OURS, QUICK_SETUP) and (one.delay or not one.answered) for one in faults):
        raise ValueError("only SSM and Quick Setup have delays and answers that are lost")
    if any(one.service in (OURS, QUICK_SETUP) and one.answer is not None for one in faults):
        raise ValueError("SSM and Quick Setup have no answers of another's making")
    if any(one.every < 1 or one.after < 0 or one.delay < 0 for one in faults):
        raise ValueError("every is at least 1; after and delay are not negative")
    return faults
