# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An installer for the small apt systems of conftest.py: its transactions rewrite dpkg's status, in real processes."""

from __future__ import annotations

import json
import os
import re
import sys

from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import Change, Installer, Solution, Step

# Changes on standard input. A package of which a file `failing/NAME` exists stays as it was, and its content is said.
# Where a file `waits` exists, the transaction says so in `begun` and ends when `go` is there.
TRANSACTION = """
import json, os, re, sys, time
folder = sys.argv[1]
at = lambda *names: os.path.join(folder, *names)
status = at("var/lib/dpkg/status")
if os.path.exists(at("waits")):
    open(at("begun"), "w").close()
    while not os.path.exists(at("go")):
        time.sleep(0.02)
failed = False
for name, version in json.load(sys.stdin):
    if version is None:
        with open(status + ".new", "w") as stream:
            stream.write(re.sub(r"(?ms)^Package: %s$.*?\\n\\n" % re.escape(name), "", open(status).read()))
        os.rename(status + ".new", status)
        continue
    if os.path.exists(at("failing", name)):
        print("failed %s: %s" % (name, open(at("failing", name)).read()))
        failed = True
        continue
    text = open(status).read()
    found, number = re.subn(r"(?ms)^(Package: %s$.*?^Version: )[^\\n]*" % re.escape(name), r"\\g<1>" + version, text)
    if not number:
        fields = "Package: %s\\nStatus: install ok installed\\nVersion: %s\\nArchitecture: amd64\\n"
        found += (fields + "Maintainer: x <x@example.com>\\nDescription: x\\n\\n") % (name, version)
    with open(status + ".new", "w") as stream:
        stream.write(found)
    os.rename(status + ".new", status)
    print("set up %s" % name)
# apt tells by size and time, in seconds, whether this is another than the one in its cache
os.utime(status, (int(time.time() * 1000) % 10**9,) * 2)
sys.exit(failed)
"""
SIZE = 1000  # bytes of each package


class Small(Installer):
    """`refused` by name: words; `needs` by name: (name, version) that comes along."""

    refused = {}
    needs = {}
    sleepy = False  # solves everything by doing nothing

    @property
    def root(self):
        return self._options.root

    @property
    def download_folder(self):
        return self.root + "/var/cache/apt/archives"

    def leftovers(self):
        return ["foo is half-configured"] if os.path.exists(self.root + "/leftover") else []

    def repair(self, unwelcome=None):
        return [Step("repair", ("rm", self.root + "/leftover"))]

    def old(self, name):
        with open(self.root + "/var/lib/dpkg/status", encoding="utf-8") as stream:
            found = re.search(r"(?ms)^Package: %s$.*?^Version: ([^\n]*)" % re.escape(name), stream.read())
        return found.group(1) if found else None

    def changes(self, request):
        wanted = {package.name: package.version for package in request.packages}
        for package in request.packages:
            wanted.update([self.needs[package.name]] if package.name in self.needs else [])
        wanted.update((package.name, None) for package in request.removals)
        return [Change(name, "amd64", self.old(name), version, SIZE) for name, version in sorted(wanted.items())]

    def solve(self, request):
        for package in request.packages:
            if package.name in self.refused:
                return Solution((), None, self.refused[package.name])
        changes = self.changes(request)
        banned = {(package.name, package.version) for package in request.forbidden}
        for change in changes:
            if (change.name, change.new) in banned:
                return Solution((), None, "%s is not to be had" % change.name)
        if self.sleepy:
            return Solution((), 0)
        missing = [change for change in changes if change.new and not os.path.exists(self.file(change))]
        return Solution(tuple(changes), SIZE * len(missing))

    def file(self, change):
        return "%s/%s_%s.deb" % (self.download_folder, change.name, change.new)

    def download(self, request):
        return [Step("download", ("touch", self.root, *map(self.file, self.changes(request))), interruptible=True)]

    def install(self, request):
        data = json.dumps([(change.name, change.new) for change in self.changes(request)])
        return [Step("install", (sys.executable, "-c", TRANSACTION, self.root), data=data)]

    def failures(self, request, results):
        said = "".join(result.output for result in results)
        return {"%s.amd64" % name: words for name, words in re.findall(r"(?m)^failed (\S+): (.*)$", said)}

    def services(self):
        return ["foo.service"]
