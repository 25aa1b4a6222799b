# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf5 knows about this node, in the document that `_host/probes/dnf.py` gives.

Sent with the text of that file before its own, see `base.ask_probe`; what holds for that file holds for this one. It
runs under the interpreter that owns python3-libdnf5.

Options: `rootdir`, `reposdir` and `cachedir`, `refresh` with `cache_valid_time`, and `lock_timeout`, as there.
"""

import fcntl
import fnmatch
import functools
import gc
import json
import os
import re
import sys
import time

from .dnf import (
    LOCK_RETRY,
    OSTREE_BOOTED,
    TIMER_WANTS,
    clean,
    names_in,
    read,
    read_reboot_names,
    without_userinfo,
)

EVERYWHERE = "*"  # as a value of disable_excludes
TIMERS = ("dnf-automatic", "dnf5-automatic")


class Locked(Exception):
    """Another process works on the packages."""


def configure(libdnf5, root, options):
    """A Base with the node's configuration, and the user's own cache where that has to stand in for root's."""
    base = libdnf5.base.Base()
    config = base.get_config()
    if root:
        config.get_installroot_option().set(root)
    base.load_config()
    own_cache = None
    if "reposdir" in options:
        config.get_reposdir_option().set([options["reposdir"]])
        config.get_cachedir_option().set(options["cachedir"])
    elif os.geteuid() != 0:
        shared = config.get_system_cachedir_option().get_value()
        own = config.get_cachedir_option().get_value()
        # A user reads what root fetched, as `dnf5 --cacheonly` does, where it is there.
        if names_in(root + shared):
            config.get_cachedir_option().set(root + shared)  # what is set is not prefixed
        elif own != shared:
            own_cache = own
    return base, own_cache


def enabled_repositories(libdnf5, base):
    base.get_repo_sack().create_repos_from_system_configuration()
    query = libdnf5.repo.RepoQuery(base)
    query.filter_enabled(True)
    return sorted(query, key=lambda repo: repo.get_id())


def cached(libdnf5, repo):
    """Why nothing of a repository is cached, or None where it is; it is not asked for more."""
    repo.set_sync_strategy(libdnf5.repo.Repo.SyncStrategy_ONLY_CACHE)
    try:
        repo.read_metadata_cache()
    except (libdnf5.exception.Error, RuntimeError) as error:
        return clean(error)
    return None


def last_checked(repo):
    """When dnf5 last confirmed what it has of a repository, or None."""
    instant = repo.get_timestamp()
    return instant if instant > 0 else None


def listener(libdnf5):
    """A DownloadCallbacks that keeps the last words about each repository that failed, by its user data."""

    class Listener(libdnf5.repo.DownloadCallbacks):
        def __init__(self):
            super().__init__()
            self.said = {}
            self._of = {}

        def add_new_download(self, user_data, description, total_to_download):
            number = len(self._of) + 1
            self._of[number] = user_data
            return number

        def mirror_failure(self, user_cb_data, msg, url, metadata):
            self.said[self._of.get(user_cb_data)] = clean(msg)
            return 0

        def end(self, user_cb_data, status, msg):
            if status == libdnf5.repo.DownloadCallbacks.TransferStatus_ERROR:
                self.said.setdefault(self._of.get(user_cb_data), clean(msg))
            return 0

    return Listener()


def fetch(libdnf5, root, options):
    """Fetch what is due, if this run may; what went wrong, by repository.

    It has a Base of its own: one loads its repositories once, and one that fails would not give what it has.
    """
    refresh = options.get("refresh", "never")
    if refresh == "never":
        return {}
    base = configure(libdnf5, root, options)[0]
    words = listener(libdnf5)
    base.set_download_callbacks(libdnf5.repo.DownloadCallbacksUniquePtr(words))
    base.setup()
    due = []
    for repo in enabled_repositories(libdnf5, base):
        checked = last_checked(repo) if cached(libdnf5, repo) is None else None
        old = checked is None or time.time() - checked > options.get("cache_valid_time", 0)
        if refresh == "always" or old:
            due.append(repo)
        else:
            repo.disable()
    for number, repo in enumerate(due):
        repo.set_user_data(number)
        repo.expire()
        repo.set_sync_strategy(libdnf5.repo.Repo.SyncStrategy_TRY_CACHE)
        repo.get_config().get_skip_if_unavailable_option().set(True)
    if due:
        base.get_repo_sack().load_repos(libdnf5.repo.Repo.Type_AVAILABLE)
    return {
        repo.get_id(): words.said.get(number) or "dnf5 does not say why"
        for number, repo in enumerate(due)
        if repo.is_expired()
    }


def wait_for_transactions(folder, timeout):
    """The lock that keeps transactions from starting until it is closed, as soon as none is at work; None without one.

    Raises Locked when one still is after `timeout` seconds. The bindings' own lock_system_repo cannot be told not to
    block: they do not know the types of its arguments.
    """
    path = os.path.join(folder, "system-repo.lock")
    try:
        lock = open(path, "rb")  # noqa: SIM115 (closed when everything is loaded)
    except OSError:  # no transaction was ever made here, or this user may not look
        return None
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if time.monotonic() >= deadline:
                lock.close()
                raise Locked("%s is already locked by another process" % path) from error
            time.sleep(LOCK_RETRY)


def load(libdnf5, root, options):
    """A Base with everything that is installed or cached, its repositories, what is missing of them, and own_cache.

    Excludes are off, so that what they hide can be told afterwards.
    """
    base, own_cache = configure(libdnf5, root, options)
    disabled = base.get_config().get_disable_excludes_option()
    own_excludes = disabled.get_value()
    disabled.set([EVERYWHERE])
    base.setup()
    repositories = enabled_repositories(libdnf5, base)
    missing = {}
    for repo in repositories:
        failure = cached(libdnf5, repo)
        if failure is not None:
            missing[repo.get_id()] = failure
            repo.disable()
    state = root + base.get_config().get_persistdir_option().get_value()
    lock = wait_for_transactions(state, options.get("lock_timeout", 0))
    base.get_repo_sack().load_repos()
    if lock is not None:
        lock.close()
    disabled.set(own_excludes)
    return base, repositories, missing, own_cache


def listed(option):
    return [] if option.empty() else list(option.get_value())


def addresses(config):
    found = listed(config.get_baseurl_option())
    for option in (config.get_metalink_option(), config.get_mirrorlist_option()):
        if not option.empty() and option.get_value():
            found.append(option.get_value())
    return found


def checks_signatures(config):
    """The option of libdnf5 5.2 and later, or its older name."""
    option = getattr(config, "get_pkg_gpgcheck_option", None) or config.get_gpgcheck_option
    return bool(option().get_value())


def read_repository(repo, failures, missing):
    """What is configured of a repository and what of it is cached."""
    name = repo.get_id()
    config = repo.get_config()
    uris = addresses(config)
    there = name not in missing
    repomd = read(os.path.join(repo.get_cachedir(), "repodata", "repomd.xml")) if there else None
    return {
        "id": name,
        "name": repo.get_name(),
        "uri": without_userinfo(uris[0]) if uris else None,
        "gpgcheck": checks_signatures(config),
        "fetched": there,
        "checked": last_checked(repo) if there else None,
        "published": repo.get_max_timestamp() if there else None,
        "updateinfo": (repo.get_metadata_path("updateinfo") or None) if there else None,
        "has_updateinfo": bool(re.search(r'<data\s+type="updateinfo(_zck)?"', repomd or "")),
        "failure": failures.get(name) or missing.get(name),
        "excludepkgs": listed(config.get_excludepkgs_option()),
        "includepkgs": listed(config.get_includepkgs_option()),
    }


def evr_of(package):
    """Epoch, version and release: one call of the bindings instead of three."""
    epoch, colon, rest = package.get_evr().rpartition(":")
    version, _dash, release = rest.rpartition("-")
    return int(epoch) if colon else 0, version, release


def describe(evr):
    return {"epoch": evr[0], "version": evr[1], "release": evr[2]}


def compare(libdnf5, one, other):
    """As rpm orders versions: below, equal to or above 0."""
    if one == other:
        return 0
    compared = libdnf5.rpm.rpmvercmp
    return one[0] - other[0] or compared(one[1], other[1]) or compared(one[2], other[2])


def in_order(libdnf5, packages):
    if len(packages) == 1:
        return packages
    order = functools.cmp_to_key(functools.partial(compare, libdnf5))
    return sorted(packages, key=lambda package: order(evr_of(package)))


def identity(package):
    return package.get_repo_id(), package.get_nevra()


def read_installed(libdnf5, base):
    """Native objects of what is installed, by name and architecture, in the order of versions."""
    query = libdnf5.rpm.PackageQuery(base)
    query.filter_installed()
    found = {}
    for native in query:
        name = native.get_name()
        if name != "gpg-pubkey":  # rpm keeps keys as packages
            found.setdefault((name, native.get_arch()), []).append(native)
    return {key: in_order(libdnf5, natives) for key, natives in found.items()}


def available(libdnf5, base, names):
    """What is on offer of these names, nothing of a module's stream that is not enabled."""
    query = libdnf5.rpm.PackageQuery(base)
    query.filter_available()
    query.filter_name(names)
    return query


def read_packages(libdnf5, base):
    """Every installed package with the versions on offer that are not older, and the rules of versionlock.

    Excluded versions are among them, but nothing of a module's stream that is not enabled.
    """
    installed = read_installed(libdnf5, base)
    names = sorted({name for name, _arch in installed})
    everything = available(libdnf5, base, names)
    offers = list(everything)
    sack = base.get_rpm_package_sack()
    sack.load_config_excludes_includes()
    locks = read_locks(sack, offers)
    everything.difference(available(libdnf5, base, names))
    hidden = {identity(native) for native in everything}
    packages, newest = {}, {}
    for key, natives in installed.items():
        versions = [dict(describe(evr_of(native)), installed=native.get_install_time()) for native in natives]
        packages[key] = {"name": key[0], "arch": key[1], "installed": versions, "versions": {}}
        newest[key] = evr_of(natives[-1])
    for native in offers:
        key = native.get_name(), native.get_arch()
        if key not in newest:
            continue
        evr = evr_of(native)
        versions = packages[key]["versions"]
        version = versions.get(evr)
        if version is None:
            if compare(libdnf5, evr, newest[key]) < 0:
                continue
            version = versions[evr] = dict(
                describe(evr),
                repositories=[],
                excluded=[],
                build_time=native.get_build_time(),
                size=native.get_download_size(),
            )
        version["repositories"].append(native.get_repo_id())
        if hidden and identity(native) in hidden:
            version["excluded"].append(native.get_repo_id())
    for package in packages.values():
        package["versions"] = list(package["versions"].values())
    return list(packages.values()), locks


def read_locks(sack, offers):
    """The rules of versionlock that keep a version on offer out, each with the versions that it lets through.

    They are lifted from `sack`, so that its excludes alone remain.
    """
    if not hasattr(sack, "get_versionlock_excludes"):  # before libdnf5 5.1
        return []
    locked = {identity(native) for native in sack.get_versionlock_excludes()}
    sack.clear_versionlock_excludes()
    outside = {native.get_name() for native in offers if identity(native) in locked}
    config = sack.get_versionlock_config()
    entries = config.get_packages()  # they point into both
    rules = []
    for name in sorted(outside):
        patterns = [written_lock(entry) for entry in entries if fnmatch.fnmatchcase(name, entry.get_name())]
        through = [native for native in offers if native.get_name() == name and identity(native) not in locked]
        forms = [
            [name, int(native.get_epoch() or 0), native.get_version(), native.get_release(), native.get_arch()]
            for native in through
        ]
        # A rule has to name its package, even where it lets no version through.
        nothing = [name, None, "", "", None]
        rules.append({"pattern": ", ".join(patterns), "exclude": False, "forms": forms or [nothing]})
    return rules


def written_lock(entry):
    conditions = [
        "%s %s %s" % (condition.get_key_str(), condition.get_comparator_str(), condition.get_value())
        for condition in entry.get_conditions()
    ]
    return " ".join([entry.get_name(), " and ".join(conditions)]).strip()


def unreadable(config, root):
    """The configuration that this user may not read."""
    paths = [root + config.get_config_file_path_option().get_value()]
    for folder in config.get_reposdir_option().get_value():
        folder = folder if folder.startswith(root + "/") else root + folder
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            paths.append(folder)
        paths.extend(os.path.join(folder, name) for name in names_in(folder) if name.endswith(".repo"))
    return [path for path in paths if os.path.exists(path) and not os.access(path, os.R_OK)]


def gather(options):
    """The whole document. Raises ImportError without the bindings, an error of libdnf5 when dnf5 cannot start."""
    import libdnf5
    import libdnf5.base
    import libdnf5.conf
    import libdnf5.exception
    import libdnf5.repo
    import libdnf5.rpm
    import libdnf5.utils

    root = options.get("rootdir", "").rstrip("/")
    failures = fetch(libdnf5, root, options)
    base, repositories, missing, own_cache = load(libdnf5, root, options)
    config = base.get_config()
    packages, locks = read_packages(libdnf5, base)
    variables = base.get_vars()
    release = variables.get_value("releasever") if variables.contains("releasever") else None
    return {
        "own_releasever": release,
        "own_cache": own_cache,
        "complaints": [],
        "releasever": release,
        "repositories": [read_repository(repo, failures, missing) for repo in repositories],
        "excludepkgs": listed(config.get_excludepkgs_option()),
        "includepkgs": listed(config.get_includepkgs_option()),
        "packages": packages,
        "locks": locks,
        "reboot_names": read_reboot_names(root),
        "timers": [name for name in names_in(root + TIMER_WANTS) if name.startswith(TIMERS)],
        "ostree": os.path.exists(root + OSTREE_BOOTED),
        "unreadable": unreadable(config, root),
    }


def answer(options):
    try:
        return gather(options)
    except ImportError as error:
        return {"error": {"kind": "bindings", "text": str(error)}}
    except Exception as error:
        import libdnf5.exception

        known = (libdnf5.exception.Error, libdnf5.exception.NonLibdnf5Exception, Locked, OSError, RuntimeError)
        if not isinstance(error, known):
            raise
        return {"error": {"kind": "cache", "text": clean(error) or type(error).__name__}}


def main(options):
    gc.disable()  # nothing here is garbage before the end
    # What plugins print must not stand in the answer.
    output = os.dup(1)
    os.dup2(2, 1)
    document = answer(options)
    sys.stdout.flush()
    os.dup2(output, 1)
    sys.stdout.write(json.dumps(document))  # json.dump goes without the fast encoder
    sys.stdout.flush()
    os._exit(0)  # to take apart what the bindings hold would take as long as to read it


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
