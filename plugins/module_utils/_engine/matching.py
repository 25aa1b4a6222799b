# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Whether a filter selects a patch, and whether a list entry names it.

Filters: approval-rules.md, section 3. List entries: package-name-formats.md. Case never matters.
"""

from __future__ import annotations

import fnmatch
import re
import typing as t

from .baseline import WILDCARD, Filters

Forms = t.Tuple[str, ...]


class Filter(t.NamedTuple):
    """One filter key, ready to test: `values` is None for the wildcard, which even an absent property fits."""

    attribute: str  # of Properties
    values: t.Optional[t.FrozenSet[str]]

    def selects(self, value: t.Optional[str]) -> bool:
        return self.values is None or (value is not None and value.lower() in self.values)


def compile_filters(filters: Filters, synonyms: t.Mapping[str, t.Tuple[str, ...]]) -> t.Tuple[Filter, ...]:
    """`synonyms`: further values that a value selects, in lower case (Medium and Moderate on some systems)."""
    compiled = []
    for key, values in filters.items():
        if WILDCARD in values:
            compiled.append(Filter(key.lower(), None))
            continue
        wanted = {value.lower() for value in values}
        for value in tuple(wanted):
            wanted.update(synonyms.get(value, ()))
        compiled.append(Filter(key.lower(), frozenset(wanted)))
    return tuple(compiled)


class Hit(t.NamedTuple):
    entry: str  # as the user wrote it
    by_id: bool  # the entry is an advisory, CVE or Bugzilla id: it acts on packages in notices only


class Entries:
    """A list of approved or rejected patches, ready to be asked which of its entries names a patch."""

    def __init__(self, entries: t.Sequence[str], special: str, digits_are_ids: bool) -> None:
        """`special`: the characters that make an entry a glob on this operating system."""
        self.empty = not entries
        self._ids = {entry.lower(): entry for entry in entries}
        self._exact = {} if digits_are_ids else dict(self._ids)
        self._globs: t.List[t.Tuple[str, t.Pattern[str]]] = []
        for entry in entries:
            if any(char in entry for char in special):
                self._globs.append((entry, _pattern(entry, special)))
            elif digits_are_ids and not entry.isdigit():
                self._exact[entry.lower()] = entry
        # nearly all names fit no glob, and one expression tells that of all globs together
        self._any_glob = (
            re.compile("|".join(pattern.pattern for _entry, pattern in self._globs)) if self._globs else None
        )

    def naming(self, forms: Forms, globbed: t.Optional[Forms] = None, ids: t.Iterable[str] = ()) -> t.Optional[Hit]:
        """The entry that is one of `ids` or of `forms`, or a glob that fits one of `globbed` (default: forms).

        All of them in lower case.
        """
        for identifier in ids:
            if identifier in self._ids:
                return Hit(self._ids[identifier], True)
        for form in forms:
            if form in self._exact:
                return Hit(self._exact[form], False)
        if self._any_glob is not None:
            for form in forms if globbed is None else globbed:
                if self._any_glob.match(form):
                    return Hit(next(entry for entry, pattern in self._globs if pattern.match(form)), False)
        return None


def _pattern(entry: str, special: str) -> t.Pattern[str]:
    """The glob as an expression that must fit entirely."""
    entry = entry.lower()
    if "?" not in special:
        return re.compile("(?s:%s)\\Z" % ".*".join(re.escape(part) for part in entry.split("*")))
    try:
        return re.compile(fnmatch.translate(entry))
    except re.error:  # such as [z-a]: a set that nothing is in
        return re.compile(r"(?!)")


def rpm_forms(name: str, arch: str, epoch: t.Optional[int], version: str, release: str) -> Forms:
    """The twelve forms of package-name-formats.md, 2.1, in its order."""
    evr = "%d:%s-%s" % (epoch or 0, version, release)
    vr = "%s-%s" % (version, release)
    return (
        name,
        "%s.%s" % (name, arch),
        "%s-%s" % (name, version),
        "%s-%s" % (name, vr),
        "%s-%s.%s" % (name, vr, arch),
        version,
        vr,
        evr,
        "%s-%s" % (name, evr),
        "%s-%s.%s" % (name, evr, arch),
        "%d:%s-%s.%s" % (epoch or 0, name, vr, arch),
        "%s.%s:%s" % (name, arch, evr),
    )


def suse_forms(name: str, arch: str, version: str, release: str) -> Forms:
    """name, name.arch and the package file name with and without .rpm (package-name-formats.md, 2.4)."""
    full = "%s-%s-%s.%s" % (name, version, release, arch)
    return (name, "%s.%s" % (name, arch), full, full + ".rpm")


def apt_forms(name: str, arch: str, version: str) -> Forms:
    """name, name.arch and name-version; globs are for the name only (package-name-formats.md, 2.3)."""
    return (name, "%s.%s" % (name, arch), "%s-%s" % (name, version))
