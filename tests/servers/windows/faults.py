# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on purpose. A test sets it; nothing here waits."""

from __future__ import annotations

import collections
import dataclasses

from .catalogue import Update


class ConnectionLost(Exception):
    """The client gets no answer."""


@dataclasses.dataclass
class Faults:
    """What goes wrong with one update (its HRESULT, a rollback) stands at the update itself."""

    refused_logons: int = 0  # so many requests are answered 401
    lost_calls: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """By name of a call, so many of them lose the connection before the module has run."""
    down_once: str | None = None  # once win_updates has begun with this state, nothing is heard of the host any more
    locked_out_once: str | None = None  # once it has, every logon is refused
    lost_polls_once: tuple[str, int] = ("", 0)  # once it has, so many polls lose the connection
    outlives: int = 0  # all but the first update of an installation take until so many searches have been made
    failing_modules: dict[str, str] = dataclasses.field(default_factory=dict)  # by module, the message
    empty_polls: int = 0  # so many polls of win_updates bring nothing yet
    offered_late: Update | None = None  # what the host is offered once win_updates is to install
    released: Update | None = None  # what it is offered once a search that was not online has been answered
    ignores_expressions: bool = False  # win_updates takes every update, whatever it is told
    stays_down: bool = False  # the next reboot is the last that is heard of the host
    down: bool = False
    search: tuple[int, str] | None = None  # the agent's search ends with this HRESULT and message
    store: str | None = None  # why what a run keeps on the node cannot be written
    partial_search: tuple[int, str] | None = None  # it succeeds with this as its error

    def refuses_logon(self) -> bool:
        if not self.refused_logons:
            return False
        self.refused_logons -= 1
        return True

    def look_alive(self) -> None:
        if self.down:
            raise ConnectionLost

    def reach(self, call: str) -> None:
        """Raises ConnectionLost when this call is to be lost."""
        if self.lost_calls[call]:
            self.lost_calls[call] -= 1
            raise ConnectionLost

    def begun(self, state: str) -> None:
        if state == self.down_once:
            self.down = True
        if state == self.locked_out_once:
            self.refused_logons = 1_000_000
        if state == self.lost_polls_once[0]:
            self.lost_calls["win_updates poll"] += self.lost_polls_once[1]
            self.lost_polls_once = ("", 0)

    def poll_is_empty(self) -> bool:
        if not self.empty_polls:
            return False
        self.empty_polls -= 1
        return True
