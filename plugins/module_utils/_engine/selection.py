# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Which of the approved patches one run is to install: what a manifest, an override list, includes, excludes and the
node's holds leave of them (package-name-formats.md, section 3, for the override list).
"""

from __future__ import annotations

import fnmatch
import typing as t

from .decision import APPROVED
from .errors import RunError
from .families import Family, family_of
from .patch import Document, Package, Version


class Target(t.NamedTuple):
    """A package and the version that it shall get."""

    name: str
    arch: str
    old: t.Optional[str]  # installed
    new: str

    @property
    def kb_id(self) -> str:
        return "%s.%s" % (self.name, self.arch)


class Skip(t.NamedTuple):
    target: Target
    reason: str


class Selection(t.NamedTuple):
    targets: t.Tuple[Target, ...]
    skipped: t.Tuple[Skip, ...]
    warnings: t.Tuple[str, ...]  # of what was asked for and is nowhere
    partial: bool  # the run was told to leave some of what is approved alone


class Limits(t.NamedTuple):
    """What the user made of one run. All empty: everything that the baseline approves."""

    manifest: t.Optional[t.Sequence[Document]] = None  # name, arch, version: exactly these, as far as they are approved
    override_list: t.Optional[t.Sequence[Document]] = None  # id, title: instead of the baseline
    include: t.Sequence[str] = ()  # globs of name or name.arch
    exclude: t.Sequence[str] = ()

    @property
    def partial(self) -> bool:
        return self.manifest is not None or self.override_list is not None or bool(self.include or self.exclude)


def check_limits(limits: Limits) -> None:
    """Raises RunError that names the option, what is wrong with it and what is allowed."""
    if limits.manifest is not None and limits.override_list is not None:
        raise RunError("manifest and install_override_list each say all that is to be installed; give one of them")
    for index, entry in enumerate(limits.manifest or ()):
        for member in ("name", "arch", "version"):
            if not isinstance(entry.get(member), str) or not entry[member]:
                raise RunError(
                    "manifest[%d].%s: must be text; an entry is name, arch and version, as patch_scan returns its plan"
                    % (index, member)
                )
    for index, entry in enumerate(limits.override_list or ()):
        if not isinstance(entry.get("id"), str) or not entry["id"]:
            raise RunError("install_override_list[%d].id: is required: a name or name.arch, * allowed" % index)
        if not isinstance(entry.get("title") or "", str):
            raise RunError("install_override_list[%d].title: must be text" % index)


def select(inventory: Document, patches: t.Sequence[Document], limits: Limits) -> Selection:
    """What to install on the node of `inventory`. `patches`: those of its full record after a scan."""
    check_limits(limits)
    warnings: t.List[str] = []
    if limits.override_list is not None:
        targets, skipped = _overridden(inventory, limits.override_list, warnings), []
    else:
        targets = [_target(patch) for patch in patches if patch["state"] in ("MISSING", "FAILED")]
        targets, skipped = _of_manifest(targets, patches, limits.manifest)
    held = {
        "%s.%s" % (package["name"], package["arch"]): package["held"]
        for package in inventory.get("packages") or ()
        if package.get("held")
    }
    kept: t.List[Target] = []
    for target in targets:
        reason = _left_out(target, limits, held)
        if reason is None:
            kept.append(target)
        else:
            skipped.append(Skip(target, reason))
    for pattern in limits.include:
        if not any(_fits(target, pattern) for target in targets):
            warnings.append("include: nothing that is approved and missing fits '%s'" % pattern)
    return Selection(tuple(kept), tuple(skipped), tuple(warnings), limits.partial)


def _target(patch: Document) -> Target:
    return Target(patch["name"], patch["arch"], patch["installed_version"], patch["version"])


def _left_out(target: Target, limits: Limits, held: t.Mapping[str, str]) -> t.Optional[str]:
    if limits.include and not any(_fits(target, pattern) for pattern in limits.include):
        return "include does not name it"
    excluding = next((pattern for pattern in limits.exclude if _fits(target, pattern)), None)
    if excluding is not None:
        return "excluded from this run by '%s'" % excluding
    if target.kb_id in held:
        return "held on the node: %s" % held[target.kb_id]
    return None


def _fits(target: Target, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(form, pattern.lower()) for form in (target.name.lower(), target.kb_id.lower()))


def _of_manifest(
    targets: t.List[Target], patches: t.Sequence[Document], manifest: t.Optional[t.Sequence[Document]]
) -> t.Tuple[t.List[Target], t.List[Skip]]:
    """Of `targets` those that the manifest names at their version, and why the rest of both is left out."""
    if manifest is None:
        return targets, []
    named = {"%s.%s" % (entry["name"], entry["arch"]): entry["version"] for entry in manifest}
    kept: t.List[Target] = []
    skipped: t.List[Skip] = []
    for target in targets:
        version = named.get(target.kb_id)
        if version == target.new:
            kept.append(target)
        elif version is None:
            skipped.append(Skip(target, "the manifest does not name it"))
        else:
            reason = "the manifest names version %s, the baseline approves %s" % (version, target.new)
            skipped.append(Skip(target, reason))
    wanted = {target.kb_id for target in targets}
    known = {patch["kb_id"]: patch for patch in patches}
    for entry in manifest:
        kb_id = "%s.%s" % (entry["name"], entry["arch"])
        if kb_id in wanted:
            continue
        patch = known.get(kb_id)
        installed = patch["installed_version"] if patch else None
        target = Target(entry["name"], entry["arch"], installed, entry["version"])
        skipped.append(Skip(target, _why_not_wanted(patch, entry["version"])))
    return kept, skipped


def _why_not_wanted(patch: t.Optional[Document], version: str) -> str:
    if patch is None or patch["installed_version"] is None:
        return "it is not installed on this node, and patches are newer versions of what is installed"
    if patch["installed_version"] == version:
        return "it is installed at this version already"
    if patch["decision"] == APPROVED:
        return "%s is installed, and it is what the baseline approves" % patch["installed_version"]
    return "the baseline does not approve it: %s" % patch["reason"]


def _overridden(inventory: Document, items: t.Sequence[Document], warnings: t.List[str]) -> t.List[Target]:
    """The highest newer version of each installed package that an item names, whatever the baseline says."""
    family = family_of(inventory)
    targets = []
    used: t.Set[int] = set()
    for document in inventory.get("packages") or ():
        package = family.package(document)
        if package.installed is None:
            continue
        newer = [versions[0] for versions in package.candidates if versions[0].key != package.installed.key]
        for version in newer:
            index = _naming(items, package, version, family)
            if index is not None:
                used.add(index)
                old = family.text(package.installed.document)
                targets.append(Target(package.name, package.arch, old, family.text(version.document)))
                break
    for index, item in enumerate(items):
        if index not in used:
            warnings.append(
                "install_override_list[%d]: no newer version of an installed package fits id '%s'%s"
                % (index, item["id"], " and title '%s'" % item["title"] if item.get("title") else "")
            )
    return targets


def _naming(items: t.Sequence[Document], package: Package, version: Version, family: Family) -> t.Optional[int]:
    """Number of the first item whose id and title both fit."""
    for index, item in enumerate(items):
        if identifies(item, package) and titles(item, family.title(package, version.document)):
            return index
    return None


def identifies(item: Document, package: Package) -> bool:
    """Whether an item's id is for the package."""
    pattern = item["id"].lower()
    return any(fnmatch.fnmatchcase(form, pattern) for form in (package.name.lower(), package.kb_id.lower()))


def titles(item: Document, title: str) -> bool:
    """Whether an item's title, if it has one, is for the version that has this title."""
    return fnmatch.fnmatchcase(title.lower(), (item.get("title") or "*").lower())
