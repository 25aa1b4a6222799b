# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf5's own commands tell where Python has no libdnf5, as probes/dnf5.py tells it.

A few processes instead of one, of which those that need not wait for each other run at the same time, and none for
advisories: those are read from the cache in both cases.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import typing as t
from concurrent import futures

from .._engine.versions import rpm_key
from .base import BackendError, CacheUnusable, Clock, Document, Run
from .probes.dnf import (
    OSTREE_BOOTED,
    TIMER_WANTS,
    clean,
    names_in,
    read,
    read_reboot_names,
    without_userinfo,
)
from .probes.dnf5 import TIMERS, Locked, wait_for_transactions

TAGS = ("name", "epoch", "version", "release", "arch", "repoid", "buildtime", "downloadsize", "installtime")
SYSTEM = "@System"  # the repository of what is installed
VERSIONLOCK = "/etc/dnf/versionlock.toml"
WITHOUT_EXCLUDES = "--setopt=disable_excludes=*"
LOCK_FOLDER = "/var/lib/dnf"
# What each comparator of versionlock.toml asks of the order of two versions.
COMPARATORS: t.Dict[str, t.Callable[[str, str], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}

Row = t.Dict[str, str]
Condition = t.Tuple[str, str, str]  # key, comparator, value


class Lock(t.NamedTuple):
    """One entry of versionlock: versions of the package that do not meet all conditions are out."""

    name: str
    conditions: t.List[Condition]

    @property
    def written(self) -> str:
        return " ".join([self.name, " and ".join(" ".join(condition) for condition in self.conditions)]).strip()

    def admits(self, row: Row) -> bool:
        return all(_meets(row, condition) for condition in self.conditions)


class Commands:
    """dnf5 on the node that `options` (of probes/dnf5.py) describe. Raises BackendError where it fails."""

    def __init__(self, command: str, run: Run, clock: Clock, options: Document) -> None:
        self._run = run
        self._clock = clock
        self._options = options
        self._root = options.get("rootdir", "").rstrip("/")
        # One repository that fails must not keep the others from answering.
        self._command = [command, "--quiet", "--setopt=*.skip_if_unavailable=1", *settings_of(options)]

    def found(self) -> Document:
        """The whole document. Raises CacheUnusable with dnf5's words when it cannot answer."""
        settings = parse_settings(self._ask("--dump-main-config", "--dump-variables"))
        own_cache = self._share_cache(settings)
        lock = self._wait()
        try:
            failures = self._fetch()
            with futures.ThreadPoolExecutor(max_workers=2) as others:
                asked = others.submit(self._rows, "--installed", "--available", WITHOUT_EXCLUDES)
                locked = others.submit(self._locks)
                known = self._known()
                rows, locks = asked.result(), locked.result()
            every = [row for row in rows if row["repoid"] != SYSTEM]
            hiding = any(_listed(settings.get(name)) for name in ("excludepkgs", "includepkgs")) or any(
                entry["exclude_pkgs"] or entry["include_pkgs"] for entry in known
            )
            visible = self._rows("--available") if hiding else every
        finally:
            if lock is not None:
                lock.close()
        installed = [row for row in rows if row["repoid"] == SYSTEM]
        repositories = [self._repository(entry, settings["cachedir"], failures) for entry in known]
        release = settings.get("releasever")
        return {
            "own_releasever": release,
            "own_cache": own_cache,
            "complaints": [],
            "releasever": release,
            "repositories": repositories,
            "excludepkgs": _listed(settings.get("excludepkgs")),
            "includepkgs": _listed(settings.get("includepkgs")),
            "packages": packages(installed, every, visible),
            "locks": rules(locks, every),
            "reboot_names": read_reboot_names(self._root),
            "timers": [name for name in names_in(self._root + TIMER_WANTS) if name.startswith(TIMERS)],
            "ostree": os.path.exists(self._root + OSTREE_BOOTED),
            "unreadable": [path for path in self._configuration(settings) if not os.access(path, os.R_OK)],
        }

    def _ask(self, *arguments: str) -> str:
        code, output, errors = self._run([*self._command, *arguments])
        if code != 0:
            raise CacheUnusable(clean(errors or output) or "exit code %d" % code)
        return output

    def _rows(self, *arguments: str) -> t.List[Row]:
        form = "\t".join("%%{%s}" % tag for tag in TAGS) + "\n"
        lines = self._ask("--cacheonly", "repoquery", "--queryformat=%s" % form, *arguments).splitlines()
        rows = [line.split("\t") for line in lines]
        broken = next((row for row in rows if len(row) != len(TAGS)), None)
        if broken is not None:
            raise BackendError("dnf5 repoquery gave a line that cannot be read: %.200r" % "\t".join(broken))
        return [dict(zip(TAGS, row)) for row in rows]

    def _locks(self) -> t.List[Lock]:
        return parse_locks(self._ask("versionlock", "list")) if os.path.lexists(self._root + VERSIONLOCK) else []

    def _share_cache(self, settings: t.Dict[str, str]) -> t.Optional[str]:
        """A user reads what root fetched where it is there; the user's own cache if that has to stand in for it."""
        own, shared = settings["cachedir"], settings["system_cachedir"]
        if os.geteuid() == 0 or own == shared or "cachedir" in self._options:
            return None
        if not names_in(shared):
            return own
        self._command.append("--setopt=cachedir=%s" % shared)
        settings["cachedir"] = shared
        return None

    def _wait(self) -> t.Optional[t.BinaryIO]:
        try:
            return wait_for_transactions(self._root + LOCK_FOLDER, self._options.get("lock_timeout", 0))
        except Locked as error:
            raise CacheUnusable(str(error)) from error

    def _fetch(self) -> t.Dict[str, str]:
        """Fetch what is due, if this run may, one after another; what went wrong, by repository."""
        refresh = self._options["refresh"]
        if refresh == "never":
            return {}
        oldest = self._clock().timestamp() - self._options["cache_valid_time"]
        failures = {}
        for entry in self._known():
            if refresh == "always" or entry["timestamp"] < oldest:
                code, _output, errors = self._run(
                    [
                        *self._command,
                        "--setopt=*.skip_if_unavailable=0",
                        "--repo=%s" % entry["id"],
                        "--refresh",
                        "makecache",
                    ]
                )
                if code != 0:
                    failures[entry["id"]] = complaint(errors)
        return failures

    def _known(self) -> t.List[Document]:
        return json.loads(self._ask("--cacheonly", "repo", "info", "--json") or "[]")

    def _repository(self, entry: Document, cache: str, failures: t.Mapping[str, str]) -> Document:
        addresses = [*entry["base_url"], *[address for address in (entry["metalink"], entry["mirrorlist"]) if address]]
        checked = entry["timestamp"] if entry["timestamp"] > 0 else None
        folder = cache_folder(cache, entry) if checked is not None else None
        repomd = read(os.path.join(folder, "repodata", "repomd.xml")) if folder else None
        location = updateinfo_location(repomd or "")
        path = os.path.join(folder, "repodata", os.path.basename(location)) if folder and location else None
        return {
            "id": entry["id"],
            "name": entry["name"],
            "uri": without_userinfo(addresses[0]) if addresses else None,
            "gpgcheck": entry["pkg_gpgcheck"],
            "fetched": checked is not None,
            "checked": checked,
            "published": entry["max_timestamp"] if checked is not None else None,
            "updateinfo": path if path and os.path.exists(path) else None,
            "has_updateinfo": bool(location),
            "failure": failures.get(entry["id"]) or (None if checked else "dnf5 never fetched it"),
            "excludepkgs": entry["exclude_pkgs"],
            "includepkgs": entry["include_pkgs"],
        }

    def _configuration(self, settings: t.Mapping[str, str]) -> t.Iterator[str]:
        path = self._root + settings["config_file_path"]
        if os.path.exists(path):
            yield path
        for folder in _listed(settings["reposdir"]):
            yield from (os.path.join(folder, name) for name in names_in(folder) if name.endswith(".repo"))


def settings_of(place: Document) -> t.List[str]:
    """The options by which dnf5 looks at another file system, and at other repositories than it is configured with."""
    found = ["--installroot=%s" % place["rootdir"].rstrip("/")] if place.get("rootdir", "").rstrip("/") else []
    return found + ["--setopt=%s=%s" % (name, place[name]) for name in ("reposdir", "cachedir") if name in place]


def complaint(errors: str) -> str:
    """Why dnf5 could not fetch a repository: its last words."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return clean(lines[-1]) if lines else "dnf5 does not say why"


def parse_settings(text: str) -> t.Dict[str, str]:
    """`name = value` by line, as --dump-main-config and --dump-variables print it."""
    pairs = [line.partition(" =") for line in text.splitlines()]
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _listed(value: t.Optional[str]) -> t.List[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def parse_locks(text: str) -> t.List[Lock]:
    """The entries that `dnf5 versionlock list` prints; comments are passed over."""
    found: t.List[Lock] = []
    for line in text.splitlines():
        name = re.match(r"Package name: (\S+)$", line)
        condition = re.match(r"(\S+) (=|!=|<=?|>=?) (\S+)$", line)
        if name:
            found.append(Lock(name.group(1), []))
        elif condition and found:
            found[-1].conditions.append((condition.group(1), condition.group(2), condition.group(3)))
    return found


def _key(row: Row) -> str:
    return rpm_key(row["epoch"], row["version"], row["release"])


def _meets(row: Row, condition: Condition) -> bool:
    name, comparator, value = condition
    compare = COMPARATORS[comparator]
    if name == "evr":
        epoch, _colon, rest = value.rpartition(":")
        version, _dash, release = rest.partition("-")
        return compare(_key(row), rpm_key(epoch or 0, version, release))
    if name == "epoch":
        return compare(rpm_key(row["epoch"], "", ""), rpm_key(value, "", ""))
    return compare(row.get(name, ""), value)


def rules(locks: t.Sequence[Lock], offers: t.Sequence[Row]) -> t.List[Document]:
    """The rules of versionlock that keep a version on offer out, each with the versions that it lets through."""
    found = []
    for name in sorted({row["name"] for row in offers}):
        naming = [lock for lock in locks if fnmatch.fnmatchcase(name, lock.name)]
        if not naming:
            continue
        mine = [row for row in offers if row["name"] == name]
        through = [row for row in mine if any(lock.admits(row) for lock in naming)]
        if len(through) == len(mine):
            continue
        forms: t.List[t.List[t.Any]] = [
            [name, int(row["epoch"]), row["version"], row["release"], row["arch"]] for row in through
        ]
        nothing = [name, None, "", "", None]
        pattern = ", ".join(lock.written for lock in naming)
        found.append({"pattern": pattern, "exclude": False, "forms": forms or [nothing]})
    return found


def packages(installed: t.Sequence[Row], every: t.Sequence[Row], visible: t.Sequence[Row]) -> t.List[Document]:
    """Every installed package with the versions on offer that are not older."""
    shown = {tuple(row[tag] for tag in TAGS) for row in visible}
    found: t.Dict[t.Tuple[str, str], Document] = {}
    newest: t.Dict[t.Tuple[str, str], str] = {}
    for row in sorted(installed, key=_key):
        if row["name"] == "gpg-pubkey":  # rpm keeps keys as packages
            continue
        key = row["name"], row["arch"]
        entry = found.setdefault(key, {"name": key[0], "arch": key[1], "installed": [], "versions": {}})
        entry["installed"].append({**_version(row), "installed": int(row["installtime"])})
        newest[key] = _key(row)
    for row in every:
        key = row["name"], row["arch"]
        if key not in newest or _key(row) < newest[key]:
            continue
        offer = found[key]["versions"].setdefault(
            _key(row),
            {
                **_version(row),
                "repositories": [],
                "excluded": [],
                "build_time": int(row["buildtime"]),
                "size": int(row["downloadsize"]),
            },
        )
        offer["repositories"].append(row["repoid"])
        if tuple(row[tag] for tag in TAGS) not in shown:
            offer["excluded"].append(row["repoid"])
    return [{**entry, "versions": list(entry["versions"].values())} for entry in found.values()]


def _version(row: Row) -> Document:
    return {"epoch": int(row["epoch"]), "version": row["version"], "release": row["release"]}


def cache_folder(cache: str, entry: Document) -> t.Optional[str]:
    """Where dnf5 keeps a repository: a folder named after its id and its address, else the newest of that id."""
    address = entry["metalink"] or entry["mirrorlist"] or next(iter(entry["base_url"]), "") or entry["id"]
    named = "%s-%s" % (entry["id"], hashlib.sha256(address.encode()).hexdigest()[:16])
    folders = [name for name in names_in(cache) if re.fullmatch(re.escape(entry["id"]) + "-[0-9a-f]{16}", name)]
    paths = [os.path.join(cache, name) for name in ([named] if named in folders else folders)]
    return max(paths, key=os.path.getmtime, default=None)


def updateinfo_location(repomd: str) -> t.Optional[str]:
    """The file of advisories that a repomd.xml names."""
    data = re.search(r'<data\s+type="updateinfo(?:_zck)?".*?</data>', repomd, re.DOTALL)
    location = re.search(r'<location\s[^>]*href="([^"]+)"', data.group()) if data else None
    return location.group(1) if location else None
