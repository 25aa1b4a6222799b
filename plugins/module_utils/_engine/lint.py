# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. All that is to be said of baselines before they are used: refused, wrong, or pointless."""

from __future__ import annotations

import datetime
import typing as t

from . import advice
from .baseline import WILDCARD, Baseline, Rule, security_filters
from .choice import PREDEFINED, Reading, choose, clashes, read_baselines
from .dates import instant
from .errors import BaselineError, Problem
from .findings import ERROR, FINDING_LEVELS, INFO, WARNING, Finding
from .lint_rules import Reaches, dead, rule_findings
from .list_entries import can_name_nothing, named_by
from .operating_systems import FAMILIES, HOST_ONLY, OPERATING_SYSTEMS, PRODUCT_PREFIXES, filter_keys, known
from .parse import MAX_AWS_TAGS, parse_baseline
from .patch import Document
from .predefined import PREDEFINED as AWS_BASELINES
from .reach import reaches, systems, unknown

MAX_AWS_BASELINES = 50  # in an account and Region (approval-rules.md, section 1)


def lint(given: t.Any, now: str, for_aws: bool = False) -> Document:
    """The findings on baselines as users and AWS write them, unchecked, and how many there are of each level.

    `now` is an instant: what is said of dates holds from then on. Raises RunError when it is none.
    """
    moment = instant(now, "now")
    found = list(_findings(given, moment, for_aws))
    return {
        "findings": found,
        "summary": {level: sum(finding["level"] == level for finding in found) for level in FINDING_LEVELS},
    }


def failing(findings: t.Sequence[Document], fail_on: str) -> t.List[str]:
    """The findings of the level `fail_on` and of higher ones, each in a sentence; none where that is no level."""
    levels = FINDING_LEVELS[: FINDING_LEVELS.index(fail_on) + 1] if fail_on in FINDING_LEVELS else ()
    return ["%(path)s: %(message)s (%(code)s)" % finding for finding in findings if finding["level"] in levels]


def _findings(given: t.Any, now: datetime.datetime, for_aws: bool) -> t.Iterator[Document]:
    if given is None or given == PREDEFINED:
        readings = [Reading(raw["name"], raw, _aws_baseline(raw), ()) for raw in AWS_BASELINES]
    else:
        try:
            readings = read_baselines(given, "baselines", security_anywhere=for_aws)
        except BaselineError as error:
            yield from (_document(_refusal(problem), None) for problem in error.problems)
            return
    if for_aws:
        readings = [_spelled_out(reading) for reading in readings]
    for reading in readings:
        for finding in _of_one(reading, now, for_aws):
            yield _document(finding, _name(reading))
    names = {reading.path: _name(reading) for reading in readings}
    if given is not None and given != PREDEFINED:
        for finding in _of_all(readings, for_aws):
            yield _document(finding, names.get(finding.path.partition(".")[0]))


def _aws_baseline(raw: Document) -> Baseline:
    return parse_baseline(raw, raw["name"], "predefined")


def _spelled_out(reading: Reading) -> Reading:
    """On AWS a rule may say security: true in a baseline for one operating system too."""
    baseline = reading.baseline
    if baseline is None or baseline.operating_system is None:
        return reading
    family = FAMILIES[baseline.operating_system]
    rules = tuple(rule._replace(filters=security_filters(rule, family), security=False) for rule in baseline.rules)
    return reading._replace(baseline=baseline._replace(rules=rules))


def _document(finding: Finding, name: t.Optional[str]) -> Document:
    return dict(finding._asdict(), baseline=name)


def _name(reading: Reading) -> t.Optional[str]:
    """Of the baseline, even where it is refused."""
    if reading.baseline is not None:
        return reading.baseline.name
    if isinstance(reading.given, dict):
        names = [value for member, value in reading.given.items() if str(member).lower() == "name"]
        return names[0] if names and isinstance(names[0], str) else None
    return reading.given if isinstance(reading.given, str) else None


def _refusal(problem: Problem) -> Finding:
    return Finding(ERROR, problem.code, problem.path, problem.message)


def _of_one(reading: Reading, now: datetime.datetime, for_aws: bool) -> t.Iterator[Finding]:
    baseline, path = reading.baseline, reading.path
    if baseline is None:
        yield from map(_refusal, reading.problems)
        return
    if for_aws:
        yield from _aws(baseline, path)
    advised = list(advice.findings(baseline, path))
    yield from _entries(baseline, path, advised)
    here = systems(baseline)
    found: Reaches = {
        system: {reach.rule.number: reach for reach in reaches(seen)} for system, seen in sorted(here.items())
    }
    yield from _scope(baseline, path, found)
    if found:
        alive = []
        said = {finding.path for finding in advised if finding.code == "non-security-excluded"}
        for rule in baseline.rules:
            where = "%s.approval_rules[%d]" % (path, rule.number - 1)
            yield from _values(rule.filters, where + ".filters")
            never = dead(rule, found, baseline)
            if never is None:
                alive.append(rule)
                yield from rule_findings(rule, where, found, baseline, now)
            elif where not in said:
                yield never._replace(path=where + never.path)
        yield from _apt_dates(baseline, path, here)
        yield from _approves_nothing(baseline, path, alive)
    yield from _without_effect(baseline, path)
    yield from _sources(baseline, path)


# Lists
def _entries(baseline: Baseline, path: str, advised: t.Sequence[Finding]) -> t.Iterator[Finding]:
    """What is said of lists, and of all else by advice; an entry that can name nothing is said no more of."""
    families = _families(baseline)
    pointless = set()
    lists = (("approved_patches", baseline.approved_patches), ("rejected_patches", baseline.rejected_patches))
    for member, entries in lists:
        for index, entry in enumerate(entries):
            where = "%s.%s[%d]" % (path, member, index)
            reason = _nothing(entry, families)
            if reason is not None:
                pointless.add(where)
                yield Finding(WARNING, "entry-names-nothing", where, "'%s' can name nothing: %s" % (entry, reason))
                continue
            yield from _covered_entry(entry, index, entries, where, baseline, member)
    for finding in advised:
        if finding.path not in pointless:
            yield finding


def _families(baseline: Baseline) -> t.List[str]:
    if baseline.operating_system is not None:
        return [FAMILIES[baseline.operating_system]]
    return sorted(set(FAMILIES.values()))


def _nothing(entry: str, families: t.Sequence[str]) -> t.Optional[str]:
    reasons = [can_name_nothing(entry, family) for family in families]
    if any(reason is None for reason in reasons):
        return None
    return reasons[0] if len(reasons) == 1 else "no operating system has such names"


def _covered_entry(
    entry: str, index: int, entries: t.Sequence[str], where: str, baseline: Baseline, member: str
) -> t.Iterator[Finding]:
    family = FAMILIES.get(baseline.operating_system or "", "")
    if member == "approved_patches":
        rejecting = [glob for glob in baseline.rejected_patches if named_by(entry, glob, family)]
        if rejecting:
            words = "'%s' has no effect: rejected_patches entry '%s' names all of it, and rejection wins"
            yield Finding(WARNING, "rejected-by-pattern", where, words % (entry, rejecting[0]))
    if entry.lower() in [other.lower() for other in entries[:index]]:
        yield Finding(INFO, "duplicate-entry", where, "'%s' is in the list twice; once is enough" % entry)
        return
    wider = [glob for glob in entries if named_by(entry, glob, family)]
    if wider:
        words = "'%s' adds nothing: entry '%s' names all of it" % (entry, wider[0])
        yield Finding(INFO, "covered-entry", where, words)


# Rules
def _scope(baseline: Baseline, path: str, found: Reaches) -> t.Iterator[Finding]:
    """Where the baseline as a whole holds, and whether its global filters let anything through."""
    where = path + ".global_filters"
    yield from _values(baseline.global_filters, where)
    if not found:
        words = (
            "no operating system has the keys of its global filters and of one of its rules, so every node refuses it; "
            "write one for each operating system"
        )
        yield Finding(ERROR, "holds-nowhere", path, words)
        return
    for key, values in baseline.global_filters.items():
        if WILDCARD not in values and all(unknown(key, values, system) for system in found):
            words = "no patch has such a %s, so no rule approves anything" % key
            yield Finding(WARNING, "global-filter-passes-nothing", "%s.%s" % (where, key), words)
    keys = set(baseline.global_filters)
    failing = [system for system in OPERATING_SYSTEMS if system not in found and not keys <= set(filter_keys(system))]
    if baseline.operating_system is None and failing:
        words = "on %s its keys do not exist, and there the baseline is refused" % ", ".join(failing)
        yield Finding(INFO, "not-portable", where, words)


def _values(filters: t.Mapping[str, t.Sequence[str]], path: str) -> t.Iterator[Finding]:
    for key, values in filters.items():
        lower = [value.lower() for value in values]
        twice = sorted({value for index, value in enumerate(values) if value.lower() in lower[:index]})
        if twice:
            words = "%s: given twice; once is enough, in upper or lower case" % ", ".join(twice)
            yield Finding(INFO, "duplicate-value", "%s.%s" % (path, key), words)


def _apt_dates(baseline: Baseline, path: str, here: t.Mapping[str, Baseline]) -> t.Iterator[Finding]:
    apt = [system for system in sorted(here) if FAMILIES[system] == "apt"]
    if apt:
        for finding in advice.apt_dates(here[apt[0]], ", ".join(apt), path + ".approval_rules"):
            yield finding if baseline.operating_system else finding._replace(level=INFO)


# The rest of a baseline
def _without_effect(baseline: Baseline, path: str) -> t.Iterator[Finding]:
    if not baseline.approved_patches:
        if baseline.approved_patches_compliance_level != "UNSPECIFIED":
            yield _idle(path + ".approved_patches_compliance_level", "approved_patches")
        if baseline.approved_patches_enable_non_security:
            yield _idle(path + ".approved_patches_enable_non_security", "approved_patches")
    for index, group in enumerate(baseline.patch_groups):
        if group in baseline.patch_groups[:index]:
            words = "'%s' is in the list twice; once is enough" % group
            yield Finding(INFO, "duplicate-entry", "%s.patch_groups[%d]" % (path, index), words)
    if not baseline.rejected_patches and baseline.blocks_rejected:
        yield _idle(path + ".rejected_patches_action", "rejected_patches")
    if baseline.approved_patches and not baseline.approved_patches_enable_non_security:
        names = [entry for entry in baseline.approved_patches if not advice.NOTICE_ID.match(entry)]
        if baseline.operating_system == "CENTOS" and names:
            words = (
                "CentOS's own repositories have no advisories, so without this flag entries that name packages (%s) "
                "have no effect on what comes from them; set it to true" % ", ".join(names[:3])
            )
            yield Finding(WARNING, "no-advisories", path + ".approved_patches_enable_non_security", words)
    elif baseline.approved_patches and set(_families(baseline)) == {"zypper"}:
        words = "has no effect here, because every package counts as a security patch"
        yield Finding(INFO, "flag-without-effect", path + ".approved_patches_enable_non_security", words)


def _idle(path: str, member: str) -> Finding:
    return Finding(INFO, "without-effect", path, "has no effect while %s is empty" % member)


def _approves_nothing(baseline: Baseline, path: str, alive: t.Sequence[Rule]) -> t.Iterator[Finding]:
    families = _families(baseline)
    if WILDCARD in baseline.rejected_patches and set(families) <= {"rpm", "zypper", "apt"}:
        words = "rejects every patch, and so approves none; leave '*' out of rejected_patches"
        yield Finding(WARNING, "approves-nothing", path, words)
        return
    rejected = {entry.lower() for entry in baseline.rejected_patches}
    useful = [
        entry
        for entry in baseline.approved_patches
        if _nothing(entry, families) is None
        and entry.lower() not in rejected
        and not any(named_by(entry, glob, families[0]) for glob in baseline.rejected_patches if len(families) == 1)
    ]
    if not alive and not useful:
        words = "approves nothing, so no node ever lacks a patch by it; give it a rule that selects patches"
        yield Finding(WARNING, "approves-nothing", path, words)


def _sources(baseline: Baseline, path: str) -> t.Iterator[Finding]:
    system = baseline.operating_system
    for index, source in enumerate(baseline.sources):
        if system is None or WILDCARD in source.products:
            continue
        if not any(WILDCARD not in product and known("PRODUCT", product, system) for product in source.products):
            words = "no product of %s is among them, so the source is never used; give products such as %s, or '*'"
            example = " and ".join(PRODUCT_PREFIXES[system]) if system in PRODUCT_PREFIXES else "the node's own"
            where = "%s.sources[%d].products" % (path, index)
            yield Finding(WARNING, "source-never-used", where, words % (system, example))


# What only AWS refuses
def _aws(baseline: Baseline, path: str) -> t.Iterator[Finding]:
    system = baseline.operating_system
    if system is None:
        words = (
            "AWS has baselines for one operating system each; give it one, or let role aws_patch_manager make one for "
            "each (aws_patch_manager_operating_systems)"
        )
        yield Finding(WARNING, "operating-system-missing", path + ".operating_system", words)
    elif system in HOST_ONLY:
        words = "%s is known on hosts only, and AWS refuses it; patch these nodes with patch_install" % system
        yield Finding(ERROR, "host-only-operating-system", path + ".operating_system", words)
    if len(baseline.tags) > MAX_AWS_TAGS:
        words = "%d tags, and AWS takes %d for a baseline" % (len(baseline.tags), MAX_AWS_TAGS)
        yield Finding(ERROR, "too-many-tags", path + ".tags", words)
    if FAMILIES.get(system or "") in ("rpm", "zypper"):
        for member, entries in (
            ("approved_patches", baseline.approved_patches),
            ("rejected_patches", baseline.rejected_patches),
        ):
            for index, entry in enumerate(entries):
                if "?" in entry or "[" in entry:
                    words = "'%s' has wildcards that AWS does not document; it documents a single '*'" % entry
                    yield Finding(WARNING, "undocumented-wildcard", "%s.%s[%d]" % (path, member, index), words)


# All baselines together
def _of_all(readings: t.Sequence[Reading], for_aws: bool) -> t.Iterator[Finding]:
    clashing = [_refusal(problem) for problem in clashes(readings)]
    yield from clashing
    sound = [(reading.path, reading.baseline) for reading in readings if reading.baseline is not None]
    for index, (path, baseline) in enumerate(sound):
        before = [other for other in sound[:index] if other[1].name == baseline.name]
        if before:
            words = "%s is called %s too, and records tell them apart by their hash only; give it a name of its own"
            alike = any(other.operating_system == baseline.operating_system for _path, other in before)
            level = ERROR if for_aws and alike else WARNING  # by name and operating system it is found on AWS
            yield Finding(level, "duplicate-name", path + ".name", words % (before[0][0], baseline.name))
    if len(sound) == len(readings) and not clashing:  # else it is not known which of them holds for a node
        yield from _choices(sound)
    mine = [baseline for _path, baseline in sound if baseline.source not in ("predefined", "shipped")]
    if for_aws and len(mine) > MAX_AWS_BASELINES:
        words = "%d baselines, and AWS keeps %d in an account and Region unless the quota is raised"
        yield Finding(WARNING, "too-many-baselines", "baselines", words % (len(mine), MAX_AWS_BASELINES))


def _choices(sound: t.Sequence[t.Tuple[str, Baseline]]) -> t.Iterator[Finding]:
    """Which of them no node ever gets, and where a node that has no patch group gets none because several fit."""
    baselines = [baseline for _path, baseline in sound]
    chosen = []
    undecided: t.Dict[t.Tuple[str, ...], t.List[str]] = {}
    for system in OPERATING_SYSTEMS:
        choice = choose(baselines, system, None)
        if choice.baseline is not None:
            chosen.append(choice.baseline)
            continue
        fitting = [one for one in baselines if one.operating_system in (system, None) and not one.patch_groups]
        fitting = [one for one in fitting if one.operating_system is not None] or fitting
        if len(fitting) > 1:
            chosen.extend(fitting)
            undecided.setdefault(tuple(one.name for one in fitting), []).append(system)
    for names, places in undecided.items():
        words = (
            "%s fit %s alike and none is default, so a node without a patch group of its own gets none and is UNKNOWN; "
            "make one default, or bind them to patch groups"
        )
        where = ", ".join(places) if len(places) < len(OPERATING_SYSTEMS) else "every operating system"
        yield Finding(WARNING, "ambiguous-choice", "baselines", words % (" and ".join(names), where))
    for path, baseline in sound:
        if not baseline.patch_groups and not any(baseline is one for one in chosen):
            words = (
                "no node gets it: it is bound to no patch group, and others go before it; bind it, or make it default"
            )
            yield Finding(WARNING, "never-chosen", path, words)
