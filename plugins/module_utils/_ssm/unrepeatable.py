# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls that do their work again each time, because the API has no client token for them."""

from __future__ import annotations

import typing as t

from .change import Resource

Answer = t.TypeVar("Answer")

# For the client: each try of botocore's own that reaches AWS does the work.
CLIENT = {"retries": {"total_max_attempts": 1}}
THROTTLED_TRIES = 8


class Once:
    """Does one thing with each call. Where an answer is lost, what it did is looked for.

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
        found = self._found(doing, operation, request, made, lost)
        self._api.changes.append("%s as %s %s" % (doing, what, found))
        return found

    def do(self, doing: str, operation: str, request: Resource, done: t.Callable[[], bool]) -> None:
        """As `make`, of a call whose answer names nothing: `done` looks, without an answer, for what it did."""
        self._found(doing, operation, request, lambda answer: answer, lambda: {} if done() else None)
        self._api.changes.append(doing)

    def send(self, doing: str, operation: str, request: Resource) -> Resource:
        """The answer, where nobody else can tell what it says. Not noted; a lost one is the caller's to deal with."""
        for tries_left in reversed(range(THROTTLED_TRIES)):
            try:
                return self._once.once(doing, operation, **request)
            except Exception as error:
                if getattr(error, "code", "") not in self._throttled or not tries_left:
                    raise
                self._pause()
        raise AssertionError("the last try returns or raises")

    def _found(
        self,
        doing: str,
        operation: str,
        request: Resource,
        made: t.Callable[[Resource], Answer],
        lost: t.Callable[[], t.Optional[Answer]],
    ) -> Answer:
        try:
            return made(self.send(doing, operation, request))
        except Exception as error:
            recovered = lost() if getattr(error, "answer_lost", False) else None
            if recovered is None:
                raise
            return recovered
