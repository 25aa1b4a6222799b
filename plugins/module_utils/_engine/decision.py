# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

The heart: what a baseline decides on a package or an update, and why (approval-rules.md, section 4).
"""

from __future__ import annotations

import datetime
import typing as t

from .baseline import Baseline
from .families import Family, Windows
from .matching import Entries, Hit
from .patch import Document, Package, Pair, Version
from .rules import LEVEL_RANK, Rules, Verdict, obstacle_order

APPROVED = "approved"
REJECTED = "rejected"
NOT_APPROVED = "not_approved"


class Decision(t.NamedTuple):
    decision: str
    code: str
    reason: str
    level: str = "UNSPECIFIED"
    rule: t.Optional[int] = None
    version: t.Optional[Version] = None  # the one approved, rejected or waiting; never set for updates
    pair: t.Optional[Pair] = None  # what rules saw of it
    approved_on: t.Optional[datetime.datetime] = None  # when what waits, or a newer version that waits, is approved
    installed_rejected: t.Optional[str] = None  # the rejected entry that names the installed version, for its state


_NOTHING_NEWER = Decision(NOT_APPROVED, "no_candidate", "no repository offers this version or a newer one")


class _Group(t.NamedTuple):
    """Equal versions of a package, judged together: what the rules and the approved list say."""

    versions: t.Tuple[Version, ...]
    rejected: t.Optional[Hit]
    listed: t.Optional[Hit]  # by an entry that has effect
    listed_without_effect: t.Optional[Hit]  # not security, and the list does not enable non-security
    verdicts: t.List[t.Tuple[Verdict, Pair]]


class Judge:
    """Decides on one inventory at one moment, with one baseline as its operating system sees it."""

    def __init__(self, baseline: Baseline, family: Family, now: datetime.datetime, undated: str) -> None:
        self._baseline = baseline
        self._family = family
        self._rules = Rules(baseline, family, now, undated)
        self._approved = Entries(baseline.approved_patches, family.special, family.digits_are_ids)
        self._rejected = Entries(baseline.rejected_patches, family.special, family.digits_are_ids)

    def package(self, package: Package) -> Decision:
        """Approved at the newest version that is, else rejected if an offered version is, else not approved."""
        if not package.candidates:
            return self._without_candidate(package)
        decision = self._among_candidates(package)
        if package.excluded and package.excluded[0].key > package.candidates[0][0].key:
            return decision._replace(reason="%s; %s" % (decision.reason, self._exclusion(package)))
        return decision

    def _among_candidates(self, package: Package) -> Decision:
        passed_over: t.List[_Group] = []
        for versions in package.candidates:
            group = self._group(package, versions)
            if group.rejected is None:
                approval = self._approval(group)
                if approval is not None:
                    return self._noting_newer(approval, passed_over, package)
            passed_over.append(group)
        installed_rejected = self._installed_rejected(package)
        for group in passed_over:
            if group.rejected is not None:
                return Decision(
                    REJECTED,
                    "rejected_list",
                    "rejected_patches entry '%s' names it" % group.rejected.entry,
                    version=group.versions[0],
                    pair=group.verdicts[0][1],
                    installed_rejected=installed_rejected,
                )
        return self._obstacle(passed_over, package)._replace(installed_rejected=installed_rejected)

    def update(self, update: Document) -> Decision:
        """The same for an update of Windows, which is its own only version."""
        family = t.cast(Windows, self._family)
        pair = family.update_pair(update)
        kb = update.get("kb")
        if not kb:
            return Decision(
                NOT_APPROVED, "no_kb_id", "it has no KB id, and Patch Manager handles none without", pair=pair
            )
        names = tuple(str(name).lower() for name in (kb, *update.get("kbs", ()), update.get("bulletin")) if name)
        rejected = self._rejected.naming(names)
        if rejected is not None:
            reason = "rejected_patches entry '%s' names it" % rejected.entry
            entry = rejected.entry if update["installed"] else None
            return Decision(REJECTED, "rejected_list", reason, pair=pair, installed_rejected=entry)
        verdict = self._rules.verdict(pair)
        listed = self._approved.naming(names)
        if listed is not None or verdict.approves:
            return self._approved_by(listed, [(verdict, pair)], None)
        rule = None if verdict.code == "no_matching_rule" else verdict.rule
        return Decision(
            NOT_APPROVED, verdict.code, verdict.reason, rule=rule, pair=pair, approved_on=verdict.approved_on
        )

    def _without_candidate(self, package: Package) -> Decision:
        if not package.excluded and package.installed is not None and self._rejected.empty:
            return _NOTHING_NEWER
        reason = "no repository offers it" if package.installed is None else _NOTHING_NEWER.reason
        if package.excluded:
            reason = self._exclusion(package)
        return Decision(NOT_APPROVED, "no_candidate", reason, installed_rejected=self._installed_rejected(package))

    def _exclusion(self, package: Package) -> str:
        newest = package.excluded[0].document
        return "%s is offered, but %s" % (self._family.text(newest), newest["excluded"])

    def _group(self, package: Package, versions: t.Tuple[Version, ...]) -> _Group:
        pairs = [pair for version in versions for pair in self._family.pairs(version.document)]
        if len(versions) > 1:  # what one repository's notice lists is a security candidate from any
            pairs = [pair for pair in pairs if pair.properties.security] or pairs
        rejected = self._named(self._rejected, package, versions)
        listed = without_effect = None
        hit = self._named(self._approved, package, versions)
        if hit is not None:
            enabled = self._baseline.approved_patches_enable_non_security
            if hit.by_id or enabled or any(pair.properties.security for pair in pairs):
                listed = hit
            else:
                without_effect = hit
        verdicts = [(self._rules.verdict(pair), pair) for pair in pairs]
        return _Group(versions, rejected, listed, without_effect, verdicts)

    def _named(self, entries: Entries, package: Package, versions: t.Iterable[Version]) -> t.Optional[Hit]:
        if entries.empty:
            return None
        for version in versions:
            forms, globbed, ids = self._family.forms(package, version.document)
            hit = entries.naming(forms, globbed, ids)
            if hit is not None:
                return hit
        return None

    def _installed_rejected(self, package: Package) -> t.Optional[str]:
        """The rejected entry that names the installed version; a repository that offers it tells its notices."""
        if package.installed is None or self._rejected.empty:
            return None
        same = [version for group in package.candidates for version in group if version.key == package.installed.key]
        hit = self._named(self._rejected, package, [*same, package.installed])
        return hit.entry if hit else None

    def _approval(self, group: _Group) -> t.Optional[Decision]:
        if group.listed is None and not any(verdict.approves for verdict, pair in group.verdicts):
            return None
        verdicts = group.verdicts
        if group.listed is not None and group.listed.by_id:  # the notice it names goes first
            named = [self._family.named_pair(version.document, group.listed.entry) for version in group.versions]
            verdicts = sorted(verdicts, key=lambda item: item[1] not in named)
        return self._approved_by(group.listed, verdicts, group.versions[0])

    def _approved_by(
        self,
        listed: t.Optional[Hit],
        verdicts: t.Sequence[t.Tuple[Verdict, Pair]],
        version: t.Optional[Version],
    ) -> Decision:
        """By rules, by the list, or both: the highest level wins, and of equal ones the first pair is shown."""
        pair = verdicts[0][1]
        approving = [(verdict, pair) for verdict, pair in verdicts if verdict.approves]
        level = self._baseline.approved_patches_compliance_level if listed else "UNSPECIFIED"
        reasons = []
        rule = None
        if approving:
            verdict, pair = max(approving, key=lambda item: LEVEL_RANK[item[0].level])
            rule = verdict.rule
            reasons.append(verdict.reason)
            level = max(level, verdict.level, key=LEVEL_RANK.__getitem__)
        if listed:
            reasons.append("approved_patches entry '%s' names it" % listed.entry)
        code = "rule_and_list" if rule and listed else "approved_list" if listed else "rule"
        return Decision(APPROVED, code, "; ".join(reasons), level, rule, version, pair)

    def _noting_newer(self, approval: Decision, newer: t.Sequence[_Group], package: Package) -> Decision:
        """Says why what is newer than the approved version was passed over, and from when on it will not be."""
        open_to_approval = [group for group in newer if group.rejected is None]
        if open_to_approval:
            obstacle = self._obstacle(open_to_approval, package)
            newest = t.cast(Version, obstacle.version)
            words = "; the newer %s is not approved: %s" % (self._family.text(newest.document), obstacle.reason)
            return approval._replace(reason=approval.reason + words, approved_on=obstacle.approved_on)
        if newer and newer[0].rejected is not None:
            words = "; the newer %s is rejected by entry '%s'" % (
                self._family.text(newer[0].versions[0].document),
                newer[0].rejected.entry,
            )
            return approval._replace(reason=approval.reason + words)
        return approval

    def _obstacle(self, groups: t.Sequence[_Group], package: Package) -> Decision:
        """What keeps all these groups from approval: the first obstacle in the order of the specification.

        Of equal obstacles that of an update goes before that of the installed version.
        """
        installed = package.installed.key if package.installed is not None else None
        found: t.List[t.Tuple[Verdict, Pair, Version]] = []
        for group in groups:
            found.extend((verdict, pair, group.versions[0]) for verdict, pair in group.verdicts)
            if group.listed_without_effect is not None:
                reason = "approved_patches entry '%s' names it, but it is no security patch and the list enables none"
                verdict = Verdict("nonsecurity_excluded", reason % group.listed_without_effect.entry)
                found.append((verdict, group.verdicts[0][1], group.versions[0]))
        verdict, pair, version = min(found, key=lambda item: obstacle_order(item[0], item[2].key == installed))
        return Decision(
            NOT_APPROVED,
            verdict.code,
            verdict.reason,
            rule=None if verdict.code == "no_matching_rule" else verdict.rule,
            version=version,
            pair=pair,
            approved_on=verdict.approved_on,
        )
