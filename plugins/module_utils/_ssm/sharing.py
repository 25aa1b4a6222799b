# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. How a run's nodes are shared out to commands, which take 50 ids each. Pure."""

from __future__ import annotations

import fractions
import math
import typing as t

from .change import ResourceError
from .command import AT_ONCE


class Rates(t.NamedTuple):
    """What holds for all nodes of a run together, however many commands it takes."""

    concurrency: int
    errors: int


def rates(written: t.Mapping[str, str], nodes: int) -> Rates:
    """Percentages as numbers: of concurrency fractions round up, of errors down (maintenance-windows.md, section 4)."""
    concurrency = math.ceil(_share(written["max_concurrency"], nodes))
    return Rates(max(1, concurrency), math.floor(_share(written["max_errors"], nodes)))


def _share(written: str, nodes: int) -> fractions.Fraction:
    if written.endswith("%"):
        return fractions.Fraction(int(written[:-1]) * nodes, 100)
    return fractions.Fraction(int(written))


def batches(identifiers: t.Sequence[str]) -> t.List[t.List[str]]:
    return [list(identifiers[start : start + AT_ONCE]) for start in range(0, len(identifiers), AT_ONCE)]


def at_a_time(whole: Rates) -> int:
    """How many full commands may be under way together, so that no more nodes are at work than may be."""
    return max(1, whole.concurrency // AT_ONCE)


def of_each(whole: Rates, count: int) -> t.List[Rates]:
    """Rates for `count` commands that are sent at once, which together stay within those of the whole.

    Raises ResourceError where there are more commands than nodes that may be at work.
    """
    if whole.concurrency < count:
        raise ResourceError(
            "max_concurrency lets %d nodes work at a time, and that many ids take %d commands, which are sent together "
            "when nobody waits for them: set wait, or name the nodes by targets or patch_group"
            % (whole.concurrency, count)
        )
    return [Rates(_part(whole.concurrency, count, one), _part(whole.errors, count, one)) for one in range(count)]


def _part(whole: int, count: int, index: int) -> int:
    return whole // count + (index < whole % count)
