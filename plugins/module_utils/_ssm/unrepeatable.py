# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls that do their work again each time, because the API has no client token for them."""

from __future__ import annotations

import typing as t

from .change import Resource

# For the client: each try of botocore's own that reaches AWS does the work.
CLIENT = {"retries": {"total_max_attempts": 1}}
THROTTLED_TRIES = 8


class Once:
    """Makes one thing with each call. Where an answer is lost, what it made is looked for.

    `once`: an Api whose client has the settings of CLIENT. `throttled`: codes of errors with which nothing was done.
    """

    def __init__(self, api: t.Any, once: t.Any, pause: t.Callable[[], None], throttled: t.Collection[str]) -> None:
        self._api = api
        self._once = once
        self._pause = pause
        self._throttled = throttled

    def make(
        self,
        what: str,
        doing: str,
        operation: str,
        request: Resource,
        made: t.Callable[[Resource], str],
        lost: t.Callable[[], t.Optional[str]],
    ) -> str:
        """The id of what was made, such as a command: `made` reads it from an answer, `lost` finds it without one."""
        for tries_left in reversed(range(THROTTLED_TRIES)):
            try:
                found = made(self._once.once(doing, operation, **request))
            except Exception as error:
                if getattr(error, "code", "") in self._throttled and tries_left:
                    self._pause()
                    continue
                recovered = lost() if getattr(error, "answer_lost", False) else None
                if recovered is None:
                    raise
                found = recovered
            self._api.changes.append("%s as %s %s" % (doing, what, found))
            return found
        raise AssertionError("the last try returns or raises")
