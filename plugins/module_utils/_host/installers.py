# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The installer of each package manager."""

from __future__ import annotations

import typing as t

from .apt_install import AptInstaller
from .base import BackendError, Options, Run
from .dnf import served_by_dnf5
from .dnf5_install import Dnf5Installer
from .dnf_install import DnfInstaller
from .transaction import Installer
from .zypper_install import ZypperInstaller


def _dnf(run: Run, options: Options) -> Installer:
    return Dnf5Installer(run, options) if served_by_dnf5(run, options) else DnfInstaller(run, options)


# The archive a module travels in holds what import statements name, so this table is written out.
INSTALLERS: t.Dict[str, t.Callable[[Run, Options], Installer]] = {
    "apt": AptInstaller,
    "dnf": _dnf,
    "zypper": ZypperInstaller,
}


def installer_of(manager: str, run: Run, options: Options) -> Installer:
    """Raises BackendError for a package manager that nothing here installs with."""
    if manager not in INSTALLERS:
        raise BackendError(
            "this version of the collection does not install with %s, only with %s"
            % (manager, ", ".join(sorted(INSTALLERS)))
        )
    return INSTALLERS[manager](run, options)
