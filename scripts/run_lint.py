# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every static check, all of them even when one fails, and say at the end which failed.

ansible-test sanity and ansible-lint want a collection in its installed place, beside those it depends on: they run on a
copy of the files that git knows or would know.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import environment
import interpreters
import system_deps

LINT = environment.CACHE / "lint"
COPY = LINT / "ansible_collections" / "patchops" / "fleet"
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")

ENSUREPIP = "import ensurepip\nensurepip.bootstrap(default_pip=True)\n"


def copy_checkout() -> None:
    """Make COPY the files of the checkout that git does not ignore."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=environment.CHECKOUT, capture_output=True, text=True, check=True).stdout
    shutil.rmtree(COPY, ignore_errors=True)
    for name in filter(None, names.split("\0")):
        source, copy = environment.CHECKOUT / name, COPY / name
        if source.is_symlink() or source.is_file():  # one that was deleted is still listed
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    # Its own repository: in ours it is an ignored folder, of which ansible-test would check nothing.
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)


def copy_dependencies() -> None:
    """Put the collections that ours depends on beside COPY."""
    for folder in environment.DEPENDENCIES:
        shutil.rmtree(LINT / folder, ignore_errors=True)
        shutil.copytree(environment.COLLECTIONS / folder, LINT / folder)


def let_ansible_test_find_pip(venv: pathlib.Path) -> None:
    """Give ansible-test the pip that comes with Python, in place of the script it would download."""
    source = next((venv / "lib").glob("python3.*/site-packages/ansible_test/_internal/python_requirements.py"))
    version = re.search(r"pip='([\d.]+)'", source.read_text()).group(1)
    cache = environment.CACHE / "home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(ENSUREPIP)


class Check(t.NamedTuple):
    """A command, and the folder it is run in."""

    name: str
    command: tuple[str, ...]
    folder: pathlib.Path = environment.CHECKOUT


CHECKS = (
    Check("ansible-test sanity", ("ansible-test", "sanity", "--color", "no"), COPY),
    Check("ansible-lint", ("ansible-lint", "--offline", "--nocolor"), COPY),
    Check("ruff check", ("ruff", "check", "--quiet", "--output-format=concise", ".")),
    Check("ruff format", ("ruff", "format", "--check", "--output-format=concise", ".")),
    Check("antsibull-changelog", ("antsibull-changelog", "lint")),
    Check("shellcheck", ("shellcheck", ".ci/run")),
)


def ignore_files() -> list[str]:
    """Files that would silence a check."""
    patterns = ("tests/sanity/ignore-*.txt", ".ansible-lint-ignore")
    return [str(path.relative_to(COPY)) for pattern in patterns for path in COPY.glob(pattern)]


def main() -> int:
    venv = environment.make_venv("lint")
    environment.unpack_dependencies(venv)
    copy_dependencies()
    let_ansible_test_find_pip(venv)
    copy_checkout()
    interpreters.link_all(PYTHONS, environment.PYTHONS)
    variables = environment.variables(venv) | {"ANSIBLE_COLLECTIONS_PATH": str(LINT)}
    failed = []
    for check in CHECKS:
        print(f"===== {check.name}", flush=True)
        if subprocess.run(check.command, cwd=check.folder, env=variables, check=False).returncode != 0:
            failed.append(check.name)
    if ignored := ignore_files():
        print(f"No check is to be silenced: {', '.join(ignored)}")
        failed.append("ignore files")
    for version in PYTHONS:
        if not interpreters.find(version):
            print(f"WARNING: no Python {version} on this machine: ansible-test compiled and imported nothing with it.")
    print(f"lint: failed: {', '.join(failed)}" if failed else f"lint: all {len(CHECKS)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except system_deps.NotPossible as error:
        sys.exit(f"make lint: {error}")
