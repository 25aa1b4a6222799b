# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The transaction by which dnf 4 would meet a request, as one JSON document.

Sent together with `_host/probes/dnf.py`, see `base.ask_probe`; what holds for that file holds for this one. It changes
nothing, fetches nothing, and loads dnf's plugins with version locks, as the command itself does.

Options: those of `_host/probes/dnf.py`, and `packages`, `forbidden` and `removals` as lists of [name, architecture,
epoch, version, release], `downgrade`, and `settings` (of dnf's configuration, those that the command gets too).
"""

import importlib.util
import json
import os
import sys

from .dnf import clean, configure, drop_missing, main, unlocked

INCOMING = ("Install", "Upgrade", "Downgrade", "Reinstall")  # as `dnf history` writes them
REASON_CHANGE = "Reason Change"
ROUNDS = 5  # of solving anew without what would put an installed package out of use


class Refused(Exception):
    """The request cannot be met; the words say why."""


def written(wanted):
    """A package as dnf writes it."""
    name, arch, epoch, version, release = wanted
    return "%s-%s%s-%s.%s" % (name, "%d:" % epoch if epoch else "", version, release, arch)


def matching(query, wanted):
    name, arch, epoch, version, release = wanted
    return query.filter(name=name, arch=arch, epoch=epoch, version=version, release=release)


def everything(base):
    """A query that excludes and modules do not narrow."""
    import hawkey

    return base.sack.query(flags=hawkey.IGNORE_EXCLUDES)


def forbid(base, forbidden):
    for wanted in forbidden:
        base.sack.add_excludes(matching(everything(base), wanted).available())


def want(base, wanted, downgrade):
    """Ask for one package at one version; whether there is anything to do."""
    import dnf.selector

    installed = everything(base).installed()
    if matching(installed, wanted):
        return False
    offers = matching(base.sack.query(), wanted).available()
    if not offers:
        if matching(everything(base), wanted).available():
            raise Refused(
                "%s is excluded by dnf's configuration, a version lock or a module that is not enabled"
                % written(wanted)
            )
        raise Refused("no enabled repository has %s" % written(wanted))
    present = installed.filter(name=wanted[0], arch=wanted[1])
    if present and not base._get_installonly_query(present) and not downgrade and max(present) > offers[0]:
        raise Refused("%s is older than %s, which is installed" % (written(wanted), max(present)))
    base.goal.install(select=dnf.selector.Selector(base.sack).set(pkg=offers), optional=False)
    return True


def give_up(base, wanted):
    """Ask for the removal of one package; whether there is anything to do."""
    installed = everything(base).installed()
    found = matching(installed, wanted)
    if not found:
        others = installed.filter(name=wanted[0], arch=wanted[1])
        if others:
            raise Refused("%s is not installed, but %s" % (written(wanted), ", ".join(sorted(map(str, others)))))
        return False
    for package in found:
        base.goal.erase(package, clean_deps=False)
    return True


def ask(base, options):
    """The goal of the whole request. Raises Refused with every reason at once."""
    wishes = [(want, (wanted, options["downgrade"])) for wanted in options["packages"]]
    wishes += [(give_up, (wanted,)) for wanted in options["removals"]]
    refusals, asked = [], False
    for wish, arguments in wishes:
        try:
            asked = wish(base, *arguments) or asked
        except Refused as refusal:
            refusals.append(str(refusal))
    if refusals:
        raise Refused("; ".join(refusals))
    return asked


def check_keys(base):
    """Raises Refused where the command would: it would print the whole configuration, passwords and all."""
    if not base.conf.gpgcheck or base._gpg_key_check():
        return
    for repo in base.repos.iter_enabled():
        if (repo.gpgcheck or repo.repo_gpgcheck) and not repo.gpgkey:
            raise Refused(
                "repository %s has signed packages only, but names no key (gpgkey), and the node has none" % repo.id
            )


def resolve(dnf, base, allow_erasing=False):
    """The packages of the transaction that meets the goal. Raises Refused."""
    try:
        base.resolve(allow_erasing)
    except dnf.exceptions.DepsolveError as error:
        raise Refused(clean(error)) from error
    return [item for item in base.transaction if item.action_name != REASON_CHANGE]  # it names no package


def remaining(package):
    """Bytes of a package's file still to fetch."""
    path = package.localPkg()
    if os.path.exists(path) and package.verifyLocalPkg():
        return 0
    return package.downloadsize


def describe_item(item):
    """One package of the transaction, as `dnf history replay` takes it, and what a reader wants to know of it."""
    import libdnf.transaction

    package = item.pkg
    incoming = item.action_name in INCOMING
    return {
        "action": item.action_name,
        "nevra": str(package),
        "reason": libdnf.transaction.TransactionItemReasonToString(item.reason),
        "repo_id": item.from_repo,
        "package": [package.name, package.arch, int(package.epoch), package.version, package.release],
        "size": package.downloadsize if incoming else None,
        "remaining": remaining(package) if incoming else 0,
    }


def replaced(base):
    """By what is written of a package that comes, the one that it takes the place of."""
    found = {}
    goal = base.goal
    for package in goal.list_upgrades() + goal.list_downgrades() + goal.list_reinstalls():
        old = [other for other in goal.obsoleted_by_package(package) if other.name == package.name]
        if old:
            found[str(package)] = [old[0].name, old[0].arch, int(old[0].epoch), old[0].version, old[0].release]
    return found


def lost(base, items, options):
    """What would happen to installed packages that the request does not stand for, as dnf would say it.

    Install-only packages may leave: dnf keeps as many kernels as its configuration says.
    """
    removals = [written(wanted) for wanted in options["removals"]]
    backwards = options["downgrade"] or removals
    named = [(wanted[0], wanted[1]) for wanted in options["packages"]]
    found = []
    for item in items:
        nevra = str(item.pkg)
        if item.action_name == "Obsoleted":
            found.append("%s would be obsoleted" % nevra)
        elif item.action_name == "Downgraded" and not options["downgrade"]:
            found.append("%s would be downgraded" % nevra)
        elif item.action_name == "Upgraded" and backwards and (item.pkg.name, item.pkg.arch) not in named:
            found.append("%s would be upgraded" % nevra)
        elif item.action_name == "Removed" and nevra not in removals and not is_installonly(base, item.pkg):
            found.append("%s would be removed" % nevra)
    return found


def is_installonly(base, package):
    return bool(base._get_installonly_query(everything(base).filter(pkg=[package])))


def obsoleters(base, options):
    """The packages that would come as dependencies and put an installed one out of use."""
    goal = base.goal
    obsoleted = set(goal.list_obsoleted())
    named = [written(wanted) for wanted in options["packages"]]
    return [
        package
        for package in goal.list_installs() + goal.list_upgrades()
        if str(package) not in named and obsoleted.intersection(goal.obsoleted_by_package(package))
    ]


def solve(dnf, base, options):
    """The items of the transaction, and by new package the old one. Raises Refused."""
    check_keys(base)
    forbid(base, options["forbidden"])
    for _round in range(ROUNDS):
        if not ask(base, options):
            return [], {}
        items = resolve(dnf, base)
        unwanted = obsoleters(base, options)
        if not unwanted:
            break
        # Another package may serve the dependency as well.
        base.sack.add_excludes(unwanted)
        base.reset(goal=True)
    problems = lost(base, items, options)
    if problems:
        raise Refused("; ".join(problems))
    return [describe_item(item) for item in items], replaced(base)


def settled(dnf, options):
    """A dnf.Base with the settings and the plugins that the command has. Raises dnf.exceptions.Error."""
    if importlib.util.find_spec("dnf.transaction_sr") is None:
        raise dnf.exceptions.Error("dnf %s has no 'history replay', which installing needs" % dnf.const.VERSION)
    base, _found = configure(dnf, options, ())
    for name, value in options["settings"].items():
        setattr(base.conf, name, value)
    return base


def load(dnf, base, options):
    """Read the packages that are cached; what dnf says of the repositories of which nothing is."""
    for repo in base.repos.iter_enabled():
        repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
    missing = drop_missing(dnf, base)

    def load_repository(repo):
        base.sack.load_repo(repo._repo, build_cache=False, load_filelists=True)

    if os.geteuid() != 0:  # who cannot keep what the metadata is read into
        base._add_repo_to_sack = load_repository
    unlocked(dnf, base.fill_sack, options["lock_timeout"])
    return missing


def gather_solution(options):
    """The whole document. Raises ImportError without the bindings, dnf.exceptions.Error when dnf cannot start."""
    import dnf
    import dnf.repo
    import dnf.rpm

    base = settled(dnf, options)
    missing = load(dnf, base, options)
    document = {"cachedir": base.conf.cachedir, "missing": missing, "items": [], "replaced": {}, "refusal": ""}
    try:
        document["items"], document["replaced"] = solve(dnf, base, options)
    except Refused as refusal:
        document["refusal"] = str(refusal)
    return document


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), gather_solution)
