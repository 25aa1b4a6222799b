# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a transaction that was killed left behind, and the one that brings it to its end.

Sent together with `_host/probes/dnf.py` and `_host/probes/dnf_solve.py`, with the options of the latter, but for
its request, and with `installed_only` (whether there is anything at all, without a look at repositories).

rpm leaves two things: packages that are there in the old and the new version, and packages whose last scripts never
ran, above all those at the end of the transaction (`%posttrans`). Both are cured by installing the new version again.
What the transaction had not begun with stays as it is, unless the others need it.
"""

import json
import os
import sys

from .dnf import main, unlocked
from .dnf_solve import INCOMING, Refused, check_keys, describe_item, everything, load, replaced, resolve, settled

KEYS = "gpg-pubkey"  # rpm keeps keys as packages, any number of them


def duplicates(base, intended=()):
    """Installed packages that may be there once only and are not: the one to keep, and the others.

    That is the one the interrupted transaction was to bring, which may have been the older one, or else the newest.
    """
    installed = everything(base).installed()
    several = installed.difference(base._get_installonly_query(installed))
    found = {}
    for package in sorted(several, reverse=True):
        if package.name != KEYS:
            found.setdefault((package.name, package.arch), []).append(package)
    for packages in found.values():
        packages.sort(key=lambda package: nevra_of(package) not in intended)
    return [packages for packages in found.values() if len(packages) > 1]


def nevra_of(package):
    return package.name, package.arch, int(package.epoch), package.version, package.release


def unfinished(base):
    """The packages that the last transaction was to bring, if nobody wrote its end down."""
    last = base.history.last()
    if last is None or last.end_timestamp:
        return []
    return [
        (item.name, item.arch, item.epoch, item.version, item.release)
        for item in last.packages()
        if item.is_package() and item.action_name in INCOMING
    ]


def of_nevra(query, nevra):
    name, arch, epoch, version, release = nevra
    return query.filter(name=name, arch=arch, epoch=epoch, version=version, release=release)


def begun(base, nevras):
    """Those of the packages that are installed."""
    installed = everything(base).installed()
    return [package for nevra in nevras for package in of_nevra(installed, nevra)]


def narrow(base, nevras):
    """Where the packages that the interrupted transaction had not come to are needed, its versions are to come."""
    for nevra in nevras:
        offers = base.sack.query().available().filter(name=nevra[0], arch=nevra[1])
        exact = of_nevra(offers, nevra)
        if exact:
            base.sack.add_excludes(offers.difference(exact))


def again(base, package):
    """Ask for an installed package anew; whether a repository still has it."""
    offers = (
        everything(base)
        .available()
        .filter(
            name=package.name, arch=package.arch, epoch=package.epoch, version=package.version, release=package.release
        )
    )
    if offers:
        base.goal.install(offers[0])
    return bool(offers)


def repair(dnf, base, twice, nevras):
    """The items of the transaction that brings things to an end, and by new package the old one. Raises Refused."""
    check_keys(base)
    narrow(base, nevras)
    kept, leaving = [], set()
    for packages in twice:
        kept.append(packages[0])
        # rpm does not install anew what is older than another one: there the newer one leaves, and that is all.
        anew = packages[0] == max(packages) and again(base, packages[0])
        leaving.update(packages if anew else packages[1:])
        for package in packages[1:]:
            base.goal.erase(package, clean_deps=False)
    for package in begun(base, nevras):
        if package not in kept:
            again(base, package)
    # Without leave to erase, the solver does not even update what needs the older of two versions.
    items = resolve(dnf, base, allow_erasing=True)
    gone = [item.pkg for item in items if item.action_name in ("Removed", "Obsoleted")]
    lost = [str(package) for package in gone if package not in leaving]
    if lost:
        raise Refused("%s would be removed" % ", ".join(lost))
    return [describe_item(item) for item in items], replaced(base)


def consistent(dnf, base, options):
    """Whether nothing is left behind, as far as the installed packages tell."""
    import dnf.lock

    def look():
        base.fill_sack(load_available_repos=False)
        return not duplicates(base) and not begun(base, unfinished(base))

    def look_undisturbed():
        # A transaction at work looks as an interrupted one does.
        with dnf.lock.build_rpmdb_lock(base.conf.persistdir, True):
            return look()

    if os.geteuid() != 0:
        return look()
    return unlocked(dnf, look_undisturbed, options["lock_timeout"])


def gather_repair(options):
    """The whole document. Raises ImportError without the bindings, dnf.exceptions.Error when dnf cannot start."""
    import dnf
    import dnf.repo
    import dnf.rpm

    base = settled(dnf, options)
    if options["installed_only"]:  # and no more: repositories cannot be added to what is loaded
        return {"consistent": consistent(dnf, base, options)}
    document = {"missing": load(dnf, base, options), "items": [], "replaced": {}, "refusal": ""}
    nevras = unfinished(base)
    twice = duplicates(base, nevras)
    try:
        document["items"], document["replaced"] = repair(dnf, base, twice, nevras)
    except Refused as refusal:
        document["refusal"] = str(refusal)
    document["duplicates"] = [[str(package) for package in packages] for packages in twice]
    document["unfinished"] = [item["nevra"] for item in document["items"] if item["action"] == "Reinstall"]
    return document


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), gather_repair)
