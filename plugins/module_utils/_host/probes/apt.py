# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What apt and dpkg know about this node, as one JSON document on standard output.

Runs under the interpreter that owns python3-apt, which may be Python 3.6 and is rarely the one that runs the module;
hence its source is sent there, it imports nothing of the collection, and it imports the bindings inside functions. It
reports and never decides: which version is a candidate, what is too old or what a hold means is for its reader,
`_host/apt.py`.

Options: `rootdir` (the file system to look at, "/" if left out), `filenames` (true: where the .deb files of newer
versions are), `configuration` (names and values that replace those of apt's configuration). Instants are seconds since
the epoch, but for the two that a Release file writes as text.
"""

import errno
import json
import os
import sys

# Half-way states of dpkg that still count as installed, by pkgCache's numbers; 6 is installed.
DPKG_STATES = {
    1: "unpacked",
    2: "half-configured",
    4: "half-installed",
    7: "triggers-awaited",
    8: "triggers-pending",
}
STATUS_FILE = "/var/lib/dpkg/status"
UPDATES = "updates"  # beside it: what dpkg has changed and not yet written into it
REBOOT_MARKERS = ("/run/reboot-required", "/var/run/reboot-required")
# What writes the marker: without one of these its absence says nothing.
REBOOT_NOTIFIERS = (
    "/usr/share/update-notifier/notify-reboot-required",
    "/etc/kernel/postinst.d/unattended-upgrades",
    "/etc/kernel/postinst.d/update-notifier",
    "/etc/kernel/postinst.d/reboot-notifier",
)
UNATTENDED_UPGRADE = "/usr/bin/unattended-upgrade"
UNATTENDED_STAMP = "/var/lib/apt/periodic/unattended-upgrades-stamp"
PROXIES = ("Acquire::http::Proxy", "Acquire::https::Proxy")
RELEASE_HEAD = 4096  # bytes: the fields before the checksums


def without_userinfo(uri):
    """`uri` without user and password, which must not travel into a record."""
    scheme, separator, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    if not separator or "@" not in host:
        return uri
    return scheme + separator + host.rpartition("@")[2] + slash + path


def parse_release(text):
    """The Date and Valid-Until lines of a Release or InRelease file, as written, or None."""
    found = {"Date": None, "Valid-Until": None}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name in found and found[name] is None:
            found[name] = value.strip()
        if name in ("MD5Sum", "SHA1", "SHA256", "SHA512"):
            break
    return found["Date"], found["Valid-Until"]


def parse_size(text, index):
    """The size in bytes that a Release file gives for `index`, such as main/binary-amd64/Packages, or None."""
    end = text.find(" %s\n" % index)
    if end < 0:
        return None
    fields = text[text.rfind("\n", 0, end) + 1 : end].split()
    return int(fields[1]) if len(fields) == 2 and fields[1].isdigit() else None


def parse_lock_holders(text, inodes):
    """The process that holds a write lock, by path of `inodes` ((major, minor, inode) to path), from /proc/locks."""
    holders = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 6 or fields[1] == "->" or fields[3] != "WRITE":
            continue
        major, _colon, rest = fields[5].partition(":")
        minor, _colon, inode = rest.partition(":")
        try:
            key = (int(major, 16), int(minor, 16), int(inode))
        except ValueError:
            continue
        if key in inodes:
            holders[inodes[key]] = int(fields[4])
    return holders


def modified(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def read(path, limit=-1):
    """The text of a file, or None when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read(limit).decode("utf-8", "replace")
    except OSError:
        return None


def last_checked(release, partial):
    """When apt last confirmed a Release file: it changes the file's owner and mode each time, and works in `partial`.

    The earlier of the two, because a copied file system has a new change time on every file while a failed refresh
    touches `partial` only.
    """
    try:
        checked = os.lstat(release).st_ctime
    except OSError:
        return None
    attempted = modified(partial)
    return checked if attempted is None else min(checked, attempted)


def release_stem(apt_pkg, uri, dist):
    """How the file names of this source's lists begin, in apt's own spelling."""
    base = uri if uri.endswith("/") else uri + "/"
    if dist == "/":
        return apt_pkg.uri_to_filename(base)
    return apt_pkg.uri_to_filename(base + dist if dist.endswith("/") else base + "dists/" + dist + "/")


def read_sources(apt_pkg, sources, lists):
    """Each source of binary packages with what its Release file says: a list, and its indexes by file name stem."""
    found, stems = [], {}
    for meta in sources.list:
        stem = os.path.join(lists, release_stem(apt_pkg, meta.uri, meta.dist))
        if stem in stems:
            continue
        path = next((stem + name for name in ("InRelease", "Release") if os.path.exists(stem + name)), None)
        if path is None:
            indexes = [index for index in meta.index_files if index.has_packages]
            if not indexes:
                continue  # deb-src
            fetched = any(index.exists for index in indexes)
        else:
            fetched = True
        text = (read(path, RELEASE_HEAD) if path else None) or ""
        date, valid_until = parse_release(text)
        stems[stem] = len(found)
        found.append(
            {
                "uri": without_userinfo(meta.uri).rstrip("/"),
                "dist": meta.dist,
                "release": path,
                "fetched": fetched,
                "date": date,
                "valid_until": valid_until,
                "checked": last_checked(path, os.path.join(lists, "partial")) if path else None,
            }
        )
    return found, stems


def stated_size(path, stem, release):
    """The size that the Release file states for a list kept uncompressed, or None where it cannot be compared."""
    index = os.path.basename(path)[len(os.path.basename(stem)) :].replace("_", "/")
    if not release or not index.endswith("Packages"):
        return None
    return parse_size(read(release) or "", index)


def read_files(cache, policy, sources, found, stems):
    """The package lists in the cache, by their id: where they come from and what apt thinks of them."""
    files = {}
    for entry in cache.file_list:
        index = sources.find_index(entry)
        stem = max((stem for stem in stems if entry.filename.startswith(stem)), key=len, default=None)
        source = None if stem is None else stems[stem]
        if entry.not_source or index is None:
            continue
        checked = last_checked(entry.filename, os.path.dirname(entry.filename) + "/partial")
        if source is not None and found[source]["checked"] is None:  # a source without a Release file
            found[source]["checked"] = checked
        try:
            size = os.stat(entry.filename).st_size
        except OSError:
            size = None
        files[entry.id] = {
            "file": entry.filename,
            "source": source,
            "uri": without_userinfo(index.archive_uri("")).rstrip("/"),
            "archive": entry.archive,
            "codename": entry.codename,
            "component": entry.component,
            "label": entry.label,
            "origin": entry.origin,
            "arch": entry.architecture,
            "trusted": index.is_trusted,
            "priority": policy.get_priority(entry),
            "size": size,
            "stated_size": None if source is None else stated_size(entry.filename, stem, found[source]["release"]),
        }
    return files


def installed_time(info, name, arch):
    """When dpkg last unpacked the package: it rewrites the list of its files then."""
    for entry in (name, "%s:%s" % (name, arch)):
        try:
            return int(os.stat("%s%s.list" % (info, entry)).st_mtime)
        except OSError:
            pass
    return None


def read_versions(package, current, policy, files):
    """The versions from the newest down to the installed one that a configured list offers, one entry for each text."""
    installed = current.ver_str
    merged = {}
    reached = False
    for version in package.version_list:  # newest first
        text = version.ver_str
        if text == installed:
            reached = True
        elif reached:
            break
        offered = [entry.id for entry, _index in version.file_list if entry.id in files]
        if not offered:
            continue
        priority = policy.get_priority(version)
        if text in merged:  # rebuilt elsewhere under the same version
            known = merged[text]
            known["files"].extend(number for number in offered if number not in known["files"])
            known["policy"] = max(known["policy"], priority)
            continue
        merged[text] = {
            "version": text,
            "arch": version.arch,
            "files": offered,
            "section": version.section,
            "priority": version.priority_str,
            "policy": priority,
            "size": version.size,
        }
    return list(merged.values())


def read_packages(apt_pkg, cache, policy, files, info):
    """Every installed package; and the native objects of the versions newer than it, for `add_locations`."""
    packages = []
    newer = []
    for package in cache.packages:
        current = package.current_ver
        if current is None:
            continue
        versions = read_versions(package, current, policy, files)
        entry = {
            "name": package.name,
            "arch": current.arch,
            "version": current.ver_str,
            "policy": policy.get_priority(current),
            "installed": installed_time(info, package.name, package.architecture),
            "versions": versions,
        }
        if package.selected_state == apt_pkg.SELSTATE_HOLD:
            entry["hold"] = True
        state = DPKG_STATES.get(package.current_state)
        if state is not None:
            entry["state"] = state
        if package.inst_state in (apt_pkg.INSTSTATE_REINSTREQ, apt_pkg.INSTSTATE_HOLD_REINSTREQ):
            entry["reinstall"] = True
        if versions and versions[0]["version"] != current.ver_str:
            candidate = policy.get_candidate_ver(package)
            if candidate is not None:
                entry["candidate"] = [candidate.ver_str, policy.get_priority(candidate)]
            newer.append((package, versions))
        packages.append(entry)
    return packages, newer


def add_locations(apt_pkg, cache, sources, newer, files):
    """Write into each newer version where its .deb is: `deb`, the addresses in the archives that offer it."""
    records = apt_pkg.PackageRecords(cache)
    indexes = {entry.id: sources.find_index(entry) for entry in cache.file_list if entry.id in files}
    wanted = []
    for package, versions in newer:
        by_text = {version["version"]: version for version in versions}
        installed = package.current_ver.ver_str
        for native in package.version_list:
            entry = by_text.get(native.ver_str)
            if entry is None or native.ver_str == installed:
                continue
            wanted.extend((place[0].id, place[1], place, entry) for place in native.file_list if place[0].id in files)
    wanted.sort(key=lambda item: item[:2])  # lists are compressed: read each from the front to the back
    for number, _index, place, entry in wanted:
        if records.lookup(place) and records.filename:
            address = without_userinfo(indexes[number].archive_uri(records.filename))
            if address not in entry.setdefault("deb", []):
                entry["deb"].append(address)


def interrupted(folder):
    """Whether dpkg ended without writing what it did into its status file, which is all that apt reads."""
    try:
        return any(name.isdigit() for name in os.listdir(folder))
    except OSError:
        return False


def read_reboot(root):
    marker = next((path for path in REBOOT_MARKERS if os.path.exists(root + path)), None)
    names = read(root + marker + ".pkgs") if marker else None
    return {
        "marker": marker,
        "packages": sorted(set((names or "").split())),
        "notifiers": [path for path in REBOOT_NOTIFIERS if os.path.exists(root + path)],
    }


def read_unattended(apt_pkg, root):
    return {
        "installed": os.path.exists(root + UNATTENDED_UPGRADE),
        "periodic": apt_pkg.config.find("APT::Periodic::Enable", "1"),
        "upgrade": apt_pkg.config.find("APT::Periodic::Unattended-Upgrade", "0"),
        "last_run": modified(root + UNATTENDED_STAMP),
    }


def read_locks(root, lists):
    """Who holds the locks of dpkg and apt; /proc/locks says so to everybody, the lock files only to root."""
    inodes = {}
    for path in (root + "/var/lib/dpkg/lock-frontend", root + "/var/lib/dpkg/lock", os.path.join(lists, "lock")):
        try:
            status = os.stat(path)
        except OSError:
            continue
        inodes[(os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)] = path
    holders = parse_lock_holders(read("/proc/locks") or "", inodes)
    found = []
    for path, process in sorted(holders.items()):
        # the name alone: arguments may hold credentials
        command = (read("/proc/%d/comm" % process) or "").strip()
        found.append({"lock": path, "process": process, "command": command})
    return found


def unreadable(apt_pkg):
    """The configuration files that this user may not read: apt passes over them without a word."""
    found = []
    for main, parts in (("sourcelist", "sourceparts"), ("preferences", "preferencesparts"), ("main", "parts")):
        paths = [apt_pkg.config.find_file("Dir::Etc::" + main)]
        folder = apt_pkg.config.find_dir("Dir::Etc::" + parts)
        try:
            paths.extend(sorted(os.path.join(folder, name) for name in os.listdir(folder)))
        except OSError as error:
            if error.errno == errno.EACCES:
                found.append(folder)
        found.extend(path for path in paths if os.path.isfile(path) and not os.access(path, os.R_OK))
    return found


def gather(options):
    """The whole document. Raises ImportError without the bindings, SystemError when apt cannot open its cache."""
    import apt_pkg

    root = options.get("rootdir", "/").rstrip("/")
    if root:
        apt_pkg.config.set("Dir", root)
    apt_pkg.init()
    if root:
        apt_pkg.config.set("Dir::State::status", root + STATUS_FILE)
    for name, value in sorted(options.get("configuration", {}).items()):
        apt_pkg.config.set(name, value)
    sources = apt_pkg.SourceList()
    sources.read_main_list()
    cache = apt_pkg.Cache(None)
    policy = getattr(cache, "policy", None) or apt_pkg.DepCache(cache).policy
    lists = apt_pkg.config.find_dir("Dir::State::lists")
    found, stems = read_sources(apt_pkg, sources, lists)
    files = read_files(cache, policy, sources, found, stems)
    database = os.path.dirname(apt_pkg.config.find_file("Dir::State::status"))
    info = os.path.join(database, "info", "")
    packages, newer = read_packages(apt_pkg, cache, policy, files, info)
    if options.get("filenames"):
        add_locations(apt_pkg, cache, sources, newer, files)
    return {
        "architecture": apt_pkg.config.find("APT::Architecture"),
        "lists": lists,
        "sources": found,
        "files": files,
        "packages": packages,
        "interrupted": interrupted(os.path.join(database, UPDATES)),
        "reboot": read_reboot(root),
        "unattended": read_unattended(apt_pkg, root),
        "locks": read_locks(root, lists),
        "unreadable": unreadable(apt_pkg),
        "proxies": read_proxies(apt_pkg) if options.get("filenames") else {},
    }


def read_proxies(apt_pkg):
    """The proxies that apt is configured to use, by option; one may stand for a single host, below its option."""
    found = {}
    for option in PROXIES:
        for name in [option] + [key for key in apt_pkg.config.keys(option) if key.startswith(option + "::")]:
            value = apt_pkg.config.find(name)
            if value:
                found[name] = value
    return found


def main(options):
    try:
        document = gather(options)
    except ImportError as error:
        document = {"error": {"kind": "bindings", "text": str(error)}}
    except SystemError as error:
        document = {"error": {"kind": "cache", "text": str(error)}}
    sys.stdout.write(json.dumps(document))  # json.dump goes without the fast encoder


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
