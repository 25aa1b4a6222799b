# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where commands run: virtual environments of pinned requirements, and folders of the checkout for all they write."""

from __future__ import annotations

import hashlib
import locale
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import interpreters
import system_deps

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
VENVS = CHECKOUT / ".venv"
COLLECTIONS = CACHE / "collections"
PYTHONS = CACHE / "pythons"
REQUIREMENTS = CHECKOUT / "requirements"
# The collections that ours depends on, as members of the wheel in requirements/collections.txt.
DEPENDENCIES = ("ansible_collections/amazon/aws/", "ansible_collections/ansible/windows/")

# The Pythons of ansible-core 2.19 on the controller, the one that continuous integration uses first.
CONTROLLER_PYTHONS = ("3.11", "3.12", "3.13")


def controller_python() -> pathlib.Path:
    """One Python for everything on the controller; the one that runs this script where none of the usual is found."""
    found = (interpreters.find(version) for version in CONTROLLER_PYTHONS)
    return next((path for path in found if path), pathlib.Path(sys.executable))


def variables(venv: pathlib.Path) -> dict[str, str]:
    """The environment of a command: `venv` comes first on PATH, everything written by default stays in the checkout."""
    own = ("ANSIBLE_", "XDG_", "PYTHON", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    home, temporary = CACHE / "home", CACHE / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    environment.update(
        PATH=os.pathsep.join([str(venv / "bin"), str(PYTHONS), os.environ.get("PATH", os.defpath)]),
        HOME=str(home),
        TMPDIR=str(temporary),
        ANSIBLE_HOME=str(CACHE / "ansible"),
        ANSIBLE_REMOTE_TEMP=str(temporary),
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
    )
    if locale.getencoding().lower() != "utf-8":  # Ansible refuses to start without
        environment["LC_ALL"] = "C.UTF-8"
    return environment


def link_collection() -> None:
    """Let Ansible and Python find the checkout under its collection name."""
    link = COLLECTIONS / "ansible_collections" / "patchops" / "fleet"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(CHECKOUT, link.parent))


def unpack_dependencies(venv: pathlib.Path) -> None:
    """Put the collections that ours depends on beside it, with the pip of `venv`."""
    pinned = REQUIREMENTS / "collections.txt"
    stamp = COLLECTIONS / "dependencies-from"
    if stamp.is_file() and stamp.read_text() == pinned.read_text():
        return
    print(f"Unpacking amazon.aws and ansible.windows from {pinned.read_text().strip()}", file=sys.stderr, flush=True)
    for folder in DEPENDENCIES:
        shutil.rmtree(COLLECTIONS / folder, ignore_errors=True)
    wheels = CACHE / "wheels"
    pip(venv, "download", "--no-deps", "--only-binary=:all:", f"--dest={wheels}", f"--requirement={pinned}")
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(COLLECTIONS, [name for name in wheel.namelist() if name.startswith(DEPENDENCIES)])
    shutil.rmtree(wheels)
    stamp.write_text(pinned.read_text())


def pip(venv: pathlib.Path, *arguments: str) -> None:
    """Run pip with the user's own pip configuration, its cache in the checkout; it says nothing but errors."""
    temporary = CACHE / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "TMPDIR": str(temporary),
    }
    subprocess.run(
        [venv / "bin" / "python", "-m", "pip", "--quiet", "--quiet", *arguments], env=environment, check=True
    )


def make_venv(name: str, requirements: str | None = None, python: pathlib.Path | None = None) -> pathlib.Path:
    """The virtual environment .venv/`name` with requirements/`requirements`.txt, made anew only when either changed."""
    venv, python = VENVS / name, python or controller_python()
    pinned = REQUIREMENTS / f"{requirements or name}.txt"
    state = hashlib.sha256(f"{venv} {python.resolve()}\n".encode() + pinned.read_bytes()).hexdigest()
    stamp = venv / "made-from"
    if stamp.is_file() and stamp.read_text() == state:
        return venv
    print(f"Setting up .venv/{name} from {pinned.relative_to(CHECKOUT)}", file=sys.stderr, flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    create_venv(venv, python)
    pip(venv, "install", "--requirement", str(pinned))
    stamp.write_text(state)
    return venv


def create_venv(venv: pathlib.Path, python: pathlib.Path) -> None:
    """An empty virtual environment with pip; on Debian it may take a package that this installs for root."""
    if not has_ensurepip(python):
        system_deps.install_packages([venv_package(python)])
    subprocess.run([python, "-m", "venv", venv], check=True)


def has_ensurepip(python: pathlib.Path) -> bool:
    return (
        subprocess.run([python, "-I", "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0
    )


def venv_package(python: pathlib.Path) -> str:
    """Debian's name for the package that brings venv and pip to its own `python`."""
    question = "import sys; print('python%d.%d-venv' % sys.version_info[:2])"
    return subprocess.run([python, "-I", "-c", question], capture_output=True, text=True, check=True).stdout.strip()
