# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf 4 knows about this node, as one JSON document on standard output.

Runs under the interpreter that owns python3-dnf, which may be Python 3.6 and is rarely the one that runs the module;
hence its source is sent there, it imports nothing of the collection, and it imports the bindings inside functions. It
reports and never decides: which version is a candidate, what a lock means or how old is too old is for its reader,
`_host/dnf.py`. It names the files of advisories and does not read them: the bindings lose dates (see
`_host/advisories.py`).

Options: `rootdir` (the file system to look at, "/" if left out), `refresh` (never, auto or always) with
`cache_valid_time` in seconds, `lock_timeout` in seconds, `releasever` (instead of the node's own), `reposdir` with
`cachedir` (repositories to ask instead of those of the node), `advisories` (ids of repositories whose advisories the
bindings shall give after all). Instants are seconds since the epoch. `_host/probes/dnf_solve.py` builds on this file.
"""

import json
import logging
import os
import re
import sys
import time

LOCK_RETRY = 1.0  # seconds
REBOOT_NAMES = "/etc/dnf/plugins/needs-restarting.d"
TIMER_WANTS = "/etc/systemd/system/timers.target.wants"
OSTREE_BOOTED = "/run/ostree-booted"


def without_userinfo(uri):
    """`uri` without user and password, which must not travel into a record."""
    scheme, separator, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    if not separator or "@" not in host:
        return uri
    return scheme + separator + host.rpartition("@")[2] + slash + path


def clean(words):
    """A message on one line, without the user and password of an address in it."""
    return re.sub(r"(?<=://)[^/\s]*@", "", " ".join(str(words).split()))


def read(path):
    """The text of a file, or None when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return None


def names_in(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def unreadable(conf):
    """The configuration that this user may not read: dnf passes over it, or takes it for empty."""
    paths = [conf.config_file_path]
    for folder in conf.reposdir:
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            paths.append(folder)
        paths.extend(os.path.join(folder, name) for name in names_in(folder) if name.endswith(".repo"))
    return [path for path in paths if os.path.exists(path) and not os.access(path, os.R_OK)]


class Complaints(logging.Handler):
    """Keeps what dnf says while it reads the configuration of repositories: one that it cannot read it leaves out."""

    def __init__(self):
        logging.Handler.__init__(self, logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(clean(record.getMessage()))


def configure(dnf, options, without_plugins=("versionlock",)):
    """A dnf.Base with the node's configuration and repositories, and what was found on the way to it."""
    root = options.get("rootdir", "").rstrip("/")
    base = dnf.Base()
    conf = base.conf
    user = os.geteuid() != 0
    own_cache = conf.cachedir
    if root:
        conf.installroot = root
        conf.config_file_path = root + conf.config_file_path
        conf.reposdir = [root + folder for folder in conf.reposdir]
    conf.read()
    # A user reads what root fetched, as `dnf --cacheonly` does, where it is there.
    if user and conf.cachedir == own_cache:
        conf.cachedir = conf.system_cachedir
    conf.substitutions.update_from_etc(root or "/", varsdir=conf.varsdir)
    if root:
        conf.releasever = conf.substitutions.get("releasever") or dnf.rpm.detect_releasever(root)
    if conf.releasever is None:
        conf.substitutions.pop("releasever", None)  # the bindings take texts only
    if root:
        for option in ("cachedir", "persistdir"):
            conf.prepend_installroot(option)
        if not user:
            conf.prepend_installroot("logdir")
    if options.get("reposdir"):
        conf.reposdir = [options["reposdir"]]
        conf.cachedir = options["cachedir"]
    own_release = conf.substitutions.get("releasever")
    if options.get("releasever"):
        conf.releasever = options["releasever"]
    if user and not names_in(conf.cachedir):
        conf.cachedir = own_cache
    conf.exit_on_lock = True
    # versionlock is read below: loaded, its locks could not be told from excludes.
    base.init_plugins(disabled_glob=without_plugins)
    base.pre_configure_plugins()
    complaints = Complaints()
    logger = logging.getLogger("dnf")
    logger.addHandler(complaints)
    base.read_all_repos()
    logger.removeHandler(complaints)
    base.configure_plugins()
    if options.get("reposdir"):
        for repo in base.repos.iter_enabled():
            if os.path.dirname(repo.repofile or "") != options["reposdir"]:  # a plugin brought it
                repo.disable()
    return base, {
        "own_releasever": own_release,
        "own_cache": own_cache if user and conf.cachedir == own_cache else None,
        "complaints": complaints.said,
    }


def last_checked(repo):
    """When dnf last confirmed what it has of a repository, or None; its own getTimestamp() is 0 after a refresh."""
    try:
        return int(os.stat(repo._repo.getMetadataPath("primary")).st_mtime)
    except OSError:
        return None


def fetch(dnf, base, options):
    """Fetch what is due, if this run may; what went wrong, by repository."""
    import dnf.lock

    refresh = options.get("refresh", "never")
    failures, due = {}, []
    for repo in base.repos.iter_enabled():
        checked = last_checked(repo) if repo._repo.loadCache(False) else None
        old = checked is None or time.time() - checked > options.get("cache_valid_time", 0)
        if refresh == "always" or (refresh == "auto" and old):
            due.append(repo)
    if due:
        with dnf.lock.build_metadata_lock(base.conf.cachedir, True):
            for repo in due:
                repo._repo.expire()
                try:
                    repo.load()
                except dnf.exceptions.RepoError as error:
                    failures[repo.id] = clean(error)
    for repo in base.repos.iter_enabled():
        repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
    return failures


def drop_missing(dnf, base):
    """Leave out the repositories of which nothing is cached; what dnf says of them, by repository."""
    missing = {}
    for repo in list(base.repos.iter_enabled()):
        try:
            repo.load()
        except dnf.exceptions.RepoError as error:
            missing[repo.id] = clean(error)
            repo.disable()
    return missing


def fill(base, with_advisories):
    """Load what is cached, without the file lists and deltas that dnf would read too: half of its time."""

    def load_repository(repo):
        base.sack.load_repo(repo._repo, build_cache=True, load_updateinfo=repo.id in with_advisories)

    base._add_repo_to_sack = load_repository
    base.fill_sack()


def unlocked(dnf, act, timeout):
    """`act()` as soon as no other dnf works on the metadata. Raises the lock's error after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return act()
        except dnf.exceptions.LockError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_RETRY)


def read_repository(repo, failures, missing):
    """What is configured of a repository and what of it is cached."""
    native = repo._repo
    addresses = list(repo.baseurl) or [address for address in (repo.metalink, repo.mirrorlist) if address]
    cached = repo.id not in missing
    path = native.getMetadataPath("updateinfo") if cached else ""
    repomd = read(os.path.join(native.getCachedir(), "repodata", "repomd.xml")) if cached else None
    return {
        "id": repo.id,
        "name": repo.name,
        "uri": without_userinfo(addresses[0]) if addresses else None,
        "gpgcheck": bool(repo.gpgcheck),
        "fetched": cached,
        "checked": last_checked(repo) if cached else None,
        "published": native.getMaxTimestamp() if cached else None,
        "updateinfo": path or None,
        "has_updateinfo": bool(re.search(r'<data\s+type="updateinfo(_zck)?"', repomd or "")),
        "failure": failures.get(repo.id) or missing.get(repo.id),
        "excludepkgs": list(repo.excludepkgs),
        "includepkgs": list(repo.includepkgs),
    }


def read_installed(base):
    """Native objects of what is installed, by name and architecture; excludes would hide some."""
    import hawkey

    found = {}
    for package in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed():
        if package.name != "gpg-pubkey":  # rpm keeps keys as packages
            found.setdefault((package.name, package.arch), []).append(package)
    return found


def describe(package):
    return {"epoch": int(package.epoch), "version": package.version, "release": package.release}


def read_packages(base, considered):
    """Every installed package with the versions on offer that are not older; those go into `considered` too.

    Excluded versions are among them, but nothing of a module's stream that is not enabled.
    """
    import hawkey

    installed = read_installed(base)
    names = sorted({name for name, _arch in installed})
    offers = base.sack.query(flags=hawkey.IGNORE_REGULAR_EXCLUDES).available().filter(name=names)
    hidden = offers.difference(base.sack.query().available().filter(name=names))
    hidden = {(package.reponame, str(package)) for package in hidden}
    packages = {}
    for key, natives in installed.items():
        versions = [dict(describe(native), installed=native.installtime) for native in sorted(natives)]
        packages[key] = {"name": key[0], "arch": key[1], "installed": versions, "versions": {}}
    newest = {key: max(natives) for key, natives in installed.items()}
    for native in offers:
        key = (native.name, native.arch)
        if key not in newest or native.evr_cmp(newest[key]) < 0:
            continue
        considered.append(native)
        versions = packages[key]["versions"]
        version = versions.get(native.evr)
        if version is None:
            version = versions[native.evr] = dict(
                describe(native), repositories=[], excluded=[], build_time=native.buildtime, size=native.downloadsize
            )
        version["repositories"].append(native.reponame)
        if (native.reponame, str(native)) in hidden:
            version["excluded"].append(native.reponame)
    for package in packages.values():
        package["versions"] = list(package["versions"].values())
    return list(packages.values())


def read_locks(dnf, base):
    """The rules of the plugin versionlock, each with the package versions its pattern may stand for."""
    import configparser

    conf = base.conf
    if not conf.plugins or not any(os.path.exists(os.path.join(path, "versionlock.py")) for path in conf.pluginpath):
        return []
    settings = configparser.ConfigParser()
    try:
        settings.read([os.path.join(path, "versionlock.conf") for path in conf.pluginconfpath])
    except configparser.Error:
        return []
    main = settings["main"] if settings.has_section("main") else {}
    if str(main.get("enabled", "1")).lower() in ("0", "no", "false", "off") or not main.get("locklist"):
        return []
    rules = []
    for line in (read(main["locklist"]) or "").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        exclude = pattern.startswith("!")
        forms = dnf.subject.Subject(pattern.lstrip("!")).get_nevra_possibilities()
        rules.append(
            {
                "pattern": pattern,
                "exclude": exclude,
                "forms": [[form.name, form.epoch, form.version, form.release, form.arch] for form in forms],
            }
        )
    return rules


def read_advisories(considered):
    """What the bindings say of the advisories that list these versions; a date they could not read is 1970."""
    import hawkey

    types = {
        hawkey.ADVISORY_SECURITY: "security",
        hawkey.ADVISORY_BUGFIX: "bugfix",
        hawkey.ADVISORY_ENHANCEMENT: "enhancement",
        hawkey.ADVISORY_NEWPACKAGE: "newpackage",
    }
    found = {}
    for package in considered:
        for advisory in package.get_advisories(hawkey.EQ):
            entry = found.get(advisory.id)
            if entry is None:
                references = advisory.references
                entry = found[advisory.id] = {
                    "id": advisory.id,
                    "type": types.get(advisory.type),
                    "severity": advisory.severity or None,
                    "updated": advisory.updated.strftime("%Y-%m-%d %H:%M:%S"),
                    "title": advisory.title or None,
                    "cves": [entry.id for entry in references if entry.type == hawkey.REFERENCE_CVE],
                    "bugzillas": [entry.id for entry in references if entry.type == hawkey.REFERENCE_BUGZILLA],
                    "packages": [],
                }
            entry["packages"].append([package.name, int(package.epoch), package.version, package.release, package.arch])
    return list(found.values())


def read_reboot_names(root):
    """The packages that the administrator adds to those whose update asks for a reboot."""
    found = []
    for name in names_in(root + REBOOT_NAMES):
        if name.endswith(".conf"):
            lines = (read(os.path.join(root + REBOOT_NAMES, name)) or "").splitlines()
            found.extend(line.strip() for line in lines if line.strip())
    return found


def gather(options):
    """The whole document. Raises ImportError without the bindings, dnf.exceptions.Error when dnf cannot start."""
    import dnf
    import dnf.repo
    import dnf.rpm
    import dnf.subject

    base, found = configure(dnf, options)
    timeout = options.get("lock_timeout", 0)
    failures = unlocked(dnf, lambda: fetch(dnf, base, options), timeout)
    enabled = list(base.repos.iter_enabled())
    missing = drop_missing(dnf, base)
    unlocked(dnf, lambda: fill(base, options.get("advisories") or ()), timeout)
    considered = []
    packages = read_packages(base, considered)
    root = options.get("rootdir", "").rstrip("/")
    conf = base.conf
    document = {
        "version": dnf.const.VERSION,
        "releasever": conf.substitutions.get("releasever"),
        "architecture": conf.substitutions.get("arch"),
        "repositories": [read_repository(repo, failures, missing) for repo in enabled],
        "excludepkgs": list(conf.excludepkgs),
        "includepkgs": list(conf.includepkgs),
        "packages": packages,
        "locks": read_locks(dnf, base),
        "advisories": read_advisories(considered) if options.get("advisories") else [],
        "reboot_names": read_reboot_names(root),
        "timers": [name for name in names_in(root + TIMER_WANTS) if name.startswith("dnf-automatic")],
        "ostree": os.path.exists(root + OSTREE_BOOTED),
        "unreadable": unreadable(conf),
    }
    return dict(found, **document)


def answer(options, found_by):
    try:
        return found_by(options)
    except ImportError as error:
        return {"error": {"kind": "bindings", "text": str(error)}}
    except Exception as error:
        import dnf

        if not isinstance(error, (dnf.exceptions.Error, OSError, RuntimeError)):
            raise
        return {"error": {"kind": "cache", "text": clean(error) or type(error).__name__}}


def main(options, found_by):
    """Print what `found_by` finds, or the error that kept it from finding anything."""
    # What plugins print must not stand in the answer.
    output = os.dup(1)
    os.dup2(2, 1)
    document = answer(options, found_by)
    sys.stdout.flush()
    os.dup2(output, 1)
    sys.stdout.write(json.dumps(document))  # json.dump goes without the fast encoder


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), gather)
