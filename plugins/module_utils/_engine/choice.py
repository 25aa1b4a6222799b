# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which of the given baselines holds for a node (approval-rules.md, section 9)."""

from __future__ import annotations

import typing as t

from .baseline import WILDCARD, Baseline, Source
from .errors import BaselineError, Problem
from .operating_systems import OPERATING_SYSTEMS
from .parse import parse_baseline
from .predefined import NAMES, named, predefined_default

PREDEFINED = "predefined"

Given = t.Union[None, str, t.List[t.Any]]


class Choice(t.NamedTuple):
    baseline: t.Optional[Baseline]  # None: no baseline fits, the node's status is unknown
    why: str


def parse_baselines(given: Given, path: str = "baselines") -> t.Optional[t.List[Baseline]]:
    """The baselines of an option: None or 'predefined' for AWS's own, else a list of mappings and of shipped names.

    None stands for AWS's predefined baselines. Raises BaselineError with every problem of every baseline.
    """
    if given is None or given == PREDEFINED:
        return None
    readings = read_baselines(given, path)
    baselines = [reading.baseline for reading in readings if reading.baseline is not None]
    problems = [problem for reading in readings for problem in reading.problems]
    problems.extend(clashes(readings))
    if problems:
        raise BaselineError(problems)
    return baselines


class Reading(t.NamedTuple):
    """What one entry of the option is: a baseline, or what is wrong with it."""

    path: str
    given: t.Any
    baseline: t.Optional[Baseline]
    problems: t.Sequence[Problem]


def read_baselines(given: t.Any, path: str, security_anywhere: bool = False) -> t.List[Reading]:
    """Each entry of a list of mappings and of shipped names. Raises BaselineError when it is no list."""
    if isinstance(given, str) and given[:1] in ("[", "{"):
        words = "is text of a list: ansible-core 2.18 makes that of one with an unquoted date; put dates in quotes"
        raise BaselineError([Problem(path, words, "wrong-type")])
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        words = "must be a list of baselines, or '%s', and is %.60r" % (PREDEFINED, given)
        raise BaselineError([Problem(path, words, "wrong-type")])
    if not given:
        words = "the list is empty; give at least one baseline, or '%s' for the ones AWS predefines" % PREDEFINED
        raise BaselineError([Problem(path, words, "no-baselines")])
    return [_read(value, "%s[%d]" % (path, index), security_anywhere) for index, value in enumerate(given)]


def _read(value: t.Any, path: str, security_anywhere: bool) -> Reading:
    try:
        if isinstance(value, str):
            baseline = _named(value, path)
        else:
            baseline = parse_baseline(value, path, security_anywhere=security_anywhere)
    except BaselineError as error:
        return Reading(path, value, None, error.problems)
    return Reading(path, value, baseline, ())


def _named(name: str, path: str) -> Baseline:
    baseline = named(name)
    if name == PREDEFINED:
        words = "'%s' stands for all baselines of AWS, so it stands alone, without a list" % name
        raise BaselineError([Problem(path, words, "unknown-name")])
    if baseline is None:
        words = "'%s' is no baseline that ships with this collection; known: %s" % (name, ", ".join(NAMES))
        raise BaselineError([Problem(path, words, "unknown-name")])
    return baseline


def clashes(readings: t.Sequence[Reading]) -> t.Iterator[Problem]:
    """A group maps to one baseline per operating system, and an operating system has one default."""
    groups: t.Dict[t.Tuple[t.Optional[str], str], Baseline] = {}
    defaults: t.Dict[t.Optional[str], Baseline] = {}
    for path, _given, baseline, _problems in readings:
        if baseline is None:
            continue
        system = baseline.operating_system
        for index, group in enumerate(baseline.patch_groups):
            other = groups.setdefault((system, group), baseline)
            if other is not baseline:
                yield Problem(
                    "%s.patch_groups[%d]" % (path, index),
                    "patch group '%s' is bound to %s and to %s for %s; bind it to one"
                    % (group, other.name, baseline.name, system or "any operating system"),
                    "patch-group-bound-twice",
                )
        if baseline.default:
            other = defaults.setdefault(system, baseline)
            if other is not baseline:
                yield Problem(
                    path + ".default",
                    "%s and %s are both default for %s; keep one"
                    % (other.name, baseline.name, system or "any operating system"),
                    "two-defaults",
                )


def choose(baselines: t.Optional[t.Sequence[Baseline]], operating_system: str, patch_group: t.Optional[str]) -> Choice:
    """The baseline of a node: by its patch group, else the default of its operating system, else the only one left.

    One for the node's operating system goes before a portable one. `baselines` None means AWS's predefined ones.
    """
    if operating_system not in OPERATING_SYSTEMS:
        return Choice(None, "the operating system (%s) is not one that Patch Manager knows" % operating_system)
    if baselines is None:
        default = predefined_default(operating_system)
        if default is None:
            return Choice(None, "AWS predefines no baseline for %s; give one in baselines" % operating_system)
        return Choice(default, "predefined by AWS for %s, because no baselines were given" % operating_system)
    fitting = [baseline for baseline in baselines if baseline.operating_system in (operating_system, None)]
    if not fitting:
        systems = sorted({str(baseline.operating_system) for baseline in baselines})
        return Choice(
            None, "none of the given baselines is for %s; they are for %s" % (operating_system, ", ".join(systems))
        )
    grouped = _preferred([baseline for baseline in fitting if patch_group and patch_group in baseline.patch_groups])
    if len(grouped) == 1:
        return Choice(grouped[0], "bound to patch group %s" % patch_group)
    rest = "" if not patch_group else "; no baseline is bound to patch group %s" % patch_group
    defaults = _preferred([baseline for baseline in fitting if baseline.default])
    if len(defaults) == 1:
        return Choice(defaults[0], "default for %s%s" % (operating_system, rest))
    unbound = _preferred([baseline for baseline in fitting if not baseline.patch_groups])
    if len(unbound) == 1:
        return Choice(unbound[0], "the only baseline given for %s%s" % (operating_system, rest))
    if unbound:
        names = ", ".join(baseline.name for baseline in unbound)
        return Choice(None, "%s all fit %s and none of them is default%s" % (names, operating_system, rest))
    groups = sorted({group for baseline in fitting for group in baseline.patch_groups})
    if patch_group:
        return Choice(
            None,
            "patch group %s is none of those the baselines are bound to (%s), and none is default"
            % (patch_group, ", ".join(groups)),
        )
    return Choice(
        None, "the node has no patch group, the baselines are bound to %s, and none is default" % ", ".join(groups)
    )


def _preferred(baselines: t.List[Baseline]) -> t.List[Baseline]:
    specific = [baseline for baseline in baselines if baseline.operating_system is not None]
    return specific or baselines


def sources_for(baseline: t.Optional[Baseline], product: t.Optional[str]) -> t.Tuple[Source, ...]:
    """The repositories that the baseline names for a node's product; none when it names none at all.

    Raises BaselineError when it names some and none for this product: AWS fails then too (approval-rules.md, 7).
    """
    if baseline is None or not baseline.sources:
        return ()
    fitting = tuple(source for source in baseline.sources if WILDCARD in source.products or product in source.products)
    if fitting:
        return fitting
    named = sorted({name for source in baseline.sources for name in source.products})
    raise BaselineError(
        [
            Problem(
                "%s.sources" % baseline.name,
                "none is for %s; they are for %s. Add the product to one of them, or '*'" % (product, ", ".join(named)),
            )
        ]
    )
