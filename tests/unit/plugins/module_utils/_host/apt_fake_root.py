# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small file systems with apt and dpkg on them, and small archives they get their packages from. Python 3.6."""

import hashlib
import os
import subprocess

ARCHITECTURE = "amd64"
DATE = "Fri, 20 Nov 2026 10:00:00 UTC"
CONFIGURATION = """\
Dir "%s";
APT::Architecture "%s";
APT::Architectures { "%s"; };
APT::Sandbox::User "%s";
Acquire::Languages "none";
Acquire::Retries "0";
Acquire::Check-Valid-Until "false";
"""


def stanza(fields):
    return "".join("%s: %s\n" % pair for pair in fields.items()) + "\n"


class Suite:
    """A suite of an archive on disk: packages given as 'name version' with fields on top."""

    def __init__(self, archive, name, label="Debian", **release):
        self.archive = archive
        self.name = name
        self.folder = archive / "dists" / name
        self.release = {"Origin": "Test", "Label": label, "Suite": name, "Codename": name, "Date": DATE}
        self.release.update({key.replace("_", "-"): value for key, value in release.items()})
        self.packages = []
        self.publish()

    def add(self, name, version, arch=ARCHITECTURE, **fields):
        file = "pool/%s_%s_%s.deb" % (name, version.replace(":", "%3a"), arch)
        content = f"{name} {version} of {self.name}".encode()
        path = self.archive / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entry = {
            "Package": name,
            "Version": version,
            "Architecture": arch,
            "Maintainer": "Test <test@example.com>",
            "Section": "net",
            "Priority": "optional",
            "Filename": file,
            "Size": len(content),
            "SHA256": hashlib.sha256(content).hexdigest(),
            "Description": "test",
        }
        entry.update(fields)
        self.packages.append(entry)
        self.publish()
        return path

    def publish(self):
        index = "main/binary-%s/Packages" % ARCHITECTURE
        content = "".join(map(stanza, self.packages)).encode()
        path = self.folder / index
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        release = dict(self.release, Architectures=ARCHITECTURE, Components="main")
        checksum = "SHA256:\n %s %d %s\n" % (hashlib.sha256(content).hexdigest(), len(content), index)
        (self.folder / "Release").write_text("".join("%s: %s\n" % pair for pair in release.items()) + checksum)


class FakeRoot:
    """A file system below `path` that apt takes for its own."""

    def __init__(self, path, architecture=ARCHITECTURE):
        self.path = path
        self.archive = path / "archive"
        self.root = path / "root"
        self.lists = self.root / "var/lib/apt/lists"
        self.preferences = self.root / "etc/apt/preferences.d"
        self.sources = self.root / "etc/apt/sources.list"
        self.info = self.root / "var/lib/dpkg/info"
        for folder in (
            self.lists / "partial",
            self.preferences,
            self.info,
            self.root / "etc/apt/apt.conf.d",
            self.root / "etc/apt/sources.list.d",
            self.root / "etc/apt/trusted.gpg.d",
            self.root / "var/cache/apt/archives/partial",
            self.root / "run",
            self.root / "var/run",
        ):
            folder.mkdir(parents=True)
        configuration = CONFIGURATION % (self.root, architecture, architecture, "root")
        (self.root / "etc/apt/apt.conf.d/test").write_text(configuration)
        self.configuration = path / "apt.conf"
        self.configuration.write_text(configuration)
        (self.root / "etc/os-release").write_text('ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n')
        (self.root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        self.sources.write_text("")
        self.status = ""
        (self.root / "var/lib/dpkg/status").write_text("")

    def suite(self, name, options="trusted=yes", address=None, **release):
        """A new suite, configured as a source."""
        suite = Suite(self.archive, name, **release)
        line = "deb [%s] %s %s main\n" % (options, address or "copy:%s" % self.archive, name)
        self.sources.write_text(self.sources.read_text() + line)
        return suite

    def install(self, name, version, arch=ARCHITECTURE, state="install ok installed", installed=1750000000, **fields):
        entry = {
            "Package": name,
            "Status": state,
            "Version": version,
            "Architecture": arch,
            "Section": "net",
            "Priority": "optional",
            "Maintainer": "Test <test@example.com>",
            "Description": "test",
        }
        entry.update(fields)
        self.status += stanza(entry)
        (self.root / "var/lib/dpkg/status").write_text(self.status)
        listing = self.info / ("%s.list" % name)
        listing.write_text("/.\n")
        os.utime(str(listing), (installed, installed))

    def pin(self, package, pin, priority):
        text = "Package: %s\nPin: %s\nPin-Priority: %d\n\n" % (package, pin, priority)
        with open(str(self.preferences / "test"), "a") as stream:
            stream.write(text)

    def run(self, command, data=None):
        """As a module's runner: exit code, standard output, standard error."""
        environment = dict(os.environ, APT_CONFIG=str(self.configuration), LC_ALL="C", LANGUAGE="C")
        environment = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
        if os.getuid() != os.geteuid():  # within as_nobody: apt looks at the real user
            user = str(os.geteuid())
            command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + list(command)
        ended = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            env=environment,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def update(self):
        code, _output, errors = self.run(["apt-get", "update"])
        assert code == 0, errors

    def upgradable(self):
        """The packages that apt itself would upgrade, and to which version."""
        _code, output, _errors = self.run(["apt", "list", "--upgradable"])
        lines = [line.split() for line in output.splitlines() if "/" in line]
        return {fields[0].partition("/")[0]: fields[1] for fields in lines}

    def packages_files(self):
        return sorted(path for path in self.lists.iterdir() if path.name.endswith("Packages"))

    def age(self, instant):
        """The package lists were last refreshed at `instant`, in seconds since the epoch."""
        os.utime(str(self.lists / "partial"), (instant, instant))
