# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Whether a baseline approves the rules' side of a patch: filters, flags and dates (approval-rules.md, 3 to 5).
"""

from __future__ import annotations

import datetime
import typing as t

from . import dates
from .baseline import Baseline, Rule
from .families import Family
from .matching import Filter, compile_filters
from .operating_systems import FAMILIES
from .patch import DATED, DATELESS, UNDATED, Pair, Properties
from .schemas import LEVELS

HOLD = "hold"
APPROVE = "approve"

# Of several obstacles the first of these is reported (golden-cases.yml; undated_held is ours).
OBSTACLES = (
    "delay_pending",
    "after_cutoff",
    "undated_held",
    "nonsecurity_excluded",
    "global_filter",
    "no_matching_rule",
)
_OBSTACLE_RANK = {code: rank for rank, code in enumerate(OBSTACLES)}
LEVEL_RANK = {level: len(LEVELS) - 1 - index for index, level in enumerate(LEVELS)}


class Verdict(t.NamedTuple):
    """What one rule, or all rules together, say of a patch."""

    code: str  # rule, or the obstacle
    reason: str
    rule: t.Optional[int] = None
    level: str = "UNSPECIFIED"
    approved_on: t.Optional[datetime.datetime] = None  # for delay_pending

    @property
    def approves(self) -> bool:
        return self.code == "rule"


def obstacle_order(verdict: Verdict, installed: bool = False) -> t.Tuple[int, bool, float]:
    """Sorts verdicts that do not approve: the one to report first, of waiting ones the one that is over soonest."""
    return _OBSTACLE_RANK[verdict.code], installed, verdict.approved_on.timestamp() if verdict.approved_on else 0.0


def rule_filters(
    rule: Rule, operating_system: t.Optional[str], synonyms: t.Mapping[str, t.Tuple[str, ...]]
) -> t.Tuple[Filter, ...]:
    """The rule's filters, ready to test, with the one that it has without saying so."""
    filters = compile_filters(rule.filters, synonyms)
    if operating_system == "WINDOWS" and "PATCH_SET" not in rule.filters:  # it concerns the operating system only
        filters += (Filter("patch_set", frozenset(["os"])),)
    return filters


class _CompiledRule(t.NamedTuple):
    rule: Rule
    filters: t.Tuple[Filter, ...]


class Rules:
    """The approval rules and global filters of one baseline, at one moment, for one family."""

    def __init__(self, baseline: Baseline, family: Family, now: datetime.datetime, undated: str) -> None:
        """`undated`: approve or hold what should have a date and has none, where a rule has a delay or a cut-off."""
        self._now = now
        self._undated = undated
        self._global_filters = compile_filters(baseline.global_filters, family.synonyms)
        # so AWS documents it for advisories (approval-rules.md, 4.3); dates on apt are ours
        self._non_security_waives = FAMILIES[str(baseline.operating_system)] == "rpm"
        self._rules = [
            _CompiledRule(rule, rule_filters(rule, baseline.operating_system, family.synonyms))
            for rule in baseline.rules
        ]
        self._known: t.Dict[Pair, Verdict] = {}
        self._obstacles: t.Dict[Properties, t.List[t.Optional[Verdict]]] = {}  # by all properties but the date

    def verdict(self, pair: Pair) -> Verdict:
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = self._decide(pair.properties)
        return known

    def _decide(self, properties: Properties) -> Verdict:
        if not self._rules:
            return Verdict("no_matching_rule", "the baseline has no approval rules and no list entry approves it")
        dateless = properties._replace(dating=DATELESS, reference=None)
        obstacles = self._obstacles.get(dateless)
        if obstacles is None:
            obstacles = self._obstacles[dateless] = [self._obstacle(compiled, dateless) for compiled in self._rules]
        verdicts = [
            obstacle or self._dated(compiled.rule, properties) for obstacle, compiled in zip(obstacles, self._rules)
        ]
        approving = [verdict for verdict in verdicts if verdict.approves]
        if approving:
            return max(approving, key=lambda verdict: LEVEL_RANK[verdict.level])
        return min(verdicts, key=obstacle_order)

    def _obstacle(self, compiled: _CompiledRule, properties: Properties) -> t.Optional[Verdict]:
        """The first test before the date that a rule fails, None when the date decides."""
        rule = compiled.rule
        if not _selected(compiled.filters, properties):
            return Verdict("no_matching_rule", "no approval rule matches %s" % _described(properties), rule.number)
        if not _selected(self._global_filters, properties):
            return Verdict(
                "global_filter", "rule %d matches, but the global filters leave it out" % rule.number, rule.number
            )
        if not properties.security and not rule.enable_non_security:
            return Verdict(
                "nonsecurity_excluded",
                "it is no security patch, and rule %d does not enable non-security patches" % rule.number,
                rule.number,
            )
        return None

    def _dated(self, rule: Rule, properties: Properties) -> Verdict:
        def approval(words: str) -> Verdict:
            return Verdict("rule", "rule %d approves %s" % (rule.number, words), rule.number, rule.compliance_level)

        if not rule.delayed and properties.dating != DATED:
            return approval("at once")
        if properties.dating == UNDATED:
            if self._undated == HOLD and not (rule.enable_non_security and self._non_security_waives):
                return Verdict(
                    "undated_held", "its release date is unknown, and undated patches are held back", rule.number
                )
            return approval("it: its release date is unknown, so it counts as old")
        if properties.dating != DATED or properties.reference is None:
            return approval("at once: release dates play no part here")
        reference = properties.reference
        if rule.approve_until_date is not None:
            day = reference.date()
            if day <= rule.approve_until_date:
                return approval("what was released until %s; this was on %s" % (rule.approve_until_date, day))
            return Verdict(
                "after_cutoff",
                "released %s, after the cut-off %s of rule %d" % (day, rule.approve_until_date, rule.number),
                rule.number,
            )
        days = rule.approve_after_days or 0
        due = _later(reference, days)
        if self._now > due:
            return approval("%s after %s" % (_days(days), dates.text(reference)) if days else "at once")
        words = "waits until %s: rule %d approves %s after %s" % (
            dates.text(due),
            rule.number,
            _days(days),
            dates.text(reference),
        )
        return Verdict("delay_pending", words, rule.number, approved_on=due)


def _later(instant: datetime.datetime, days: int) -> datetime.datetime:
    """A vendor's date in the year 9999 waits for the end of time instead of overflowing it."""
    try:
        return instant + datetime.timedelta(days=days)
    except OverflowError:
        return datetime.datetime.max.replace(tzinfo=instant.tzinfo)


def _days(days: int) -> str:
    return "%d day%s" % (days, "" if days == 1 else "s")


def _selected(filters: t.Sequence[Filter], properties: Properties) -> bool:
    return all(test.selects(getattr(properties, test.attribute)) for test in filters)


def _described(properties: Properties) -> str:
    shown = [
        "%s %s" % (label, value)
        for label, value in (
            ("patch set", properties.patch_set),
            ("classification", properties.classification),
            ("severity", properties.severity if properties.priority is None else None),
            ("MSRC severity", properties.msrc_severity),
            ("priority", properties.priority),
            ("section", properties.section),
        )
        if value
    ]
    return ", ".join(shown) if shown else "a package outside every notice" if not properties.security else "it"
