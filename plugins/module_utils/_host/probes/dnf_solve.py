# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The transaction by which dnf 4 would meet a request, as one JSON document.

Sent with the text of `_host/probes/dnf.py` before its own, see `base.ask_probe`; what holds for that file holds for
this one. It changes nothing, fetches nothing, and loads dnf's plugins with version locks, as the command itself does.

Options: those of `_host/probes/dnf.py`, and `packages`, `forbidden` and `removals` as lists of [name, architecture,
epoch, version, release], `downgrade`, `settings` (of dnf's configuration, those that the command gets too) and `repair`
(the transaction shall also bring an interrupted one to its end).
"""

import json
import os
import sys

if __name__ != "__main__":  # elsewhere the other text has defined them
    from .dnf import clean, configure, drop_missing, main, unlocked

# As `dnf history` writes them; a pair is the new and the replaced package.
PAIRS = {"Upgrade": "Upgraded", "Downgrade": "Downgraded", "Reinstall": "Reinstalled"}


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


def finish(base):
    """Ask for what an interrupted transaction was about to do; the packages that it leaves twice."""
    return []


def ask(base, options):
    """The goal of the whole request. Raises Refused with every reason at once."""
    refusals, asked = [], False
    for wanted in options["packages"]:
        try:
            asked = want(base, wanted, options.get("downgrade")) or asked
        except Refused as refusal:
            refusals.append(str(refusal))
    for wanted in options["removals"]:
        try:
            asked = give_up(base, wanted) or asked
        except Refused as refusal:
            refusals.append(str(refusal))
    if refusals:
        raise Refused("; ".join(refusals))
    return asked


def resolve(dnf, base):
    try:
        base.resolve(allow_erasing=False)
    except dnf.exceptions.DepsolveError as error:
        raise Refused(clean(error))
    return list(base.transaction)


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
    incoming = item.action_name in ("Install", "Upgrade", "Downgrade", "Reinstall")
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


def keep(base, items, options):
    """Raises Refused where something would leave or get older that the request does not name."""
    removals = {written(wanted) for wanted in options["removals"]}
    lost = []
    for item in items:
        nevra = str(item.pkg)
        if item.action_name == "Obsoleted":
            lost.append("%s would be obsoleted" % nevra)
        elif item.action_name == "Removed" and nevra not in removals and not base._get_installonly_query(
            everything(base).installed().filter(pkg=[item.pkg])
        ):
            lost.append("%s would be removed" % nevra)
        elif item.action_name == "Downgraded" and not options.get("downgrade"):
            lost.append("%s would be downgraded" % nevra)
    if lost:
        raise Refused("; ".join(lost))


def solve(dnf, base, options):
    """The items of the transaction, and by new package the old one."""
    forbid(base, options["forbidden"])
    if not ask(base, options):
        return [], {}
    items = resolve(dnf, base)
    keep(base, items, options)
    return [describe_item(item) for item in items], replaced(base)


def gather_solution(options):
    """The whole document. Raises ImportError without the bindings, dnf.exceptions.Error when dnf cannot start."""
    import dnf
    import dnf.repo
    import dnf.rpm

    base, _found = configure(dnf, options, ())
    for name, value in options["settings"].items():
        setattr(base.conf, name, value)
    for repo in base.repos.iter_enabled():
        repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
    missing = drop_missing(dnf, base)
    unlocked(dnf, base.fill_sack, options.get("lock_timeout", 0))
    document = {
        "version": dnf.const.VERSION,
        "cachedir": base.conf.cachedir,
        "missing": missing,
        "items": [],
        "replaced": {},
        "refusal": "",
    }
    try:
        document["items"], document["replaced"] = solve(dnf, base, options)
    except Refused as refusal:
        document["refusal"] = str(refusal)
    return document


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), gather_solution)
