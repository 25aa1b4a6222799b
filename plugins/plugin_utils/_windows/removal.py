# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Updates that leave a node again: by KB id, through the packages of its servicing stack.

The agent can uninstall what a WSUS server sent, and from no network logon. DISM can from any. It knows packages by
names of their own, so an update is found by the KB number in the name, the description or the support address. To
tell the last two DISM takes a second or so for each package: what is no update is left out, and a removal is told the
names that were found before it. A package that cannot be read is known by its name alone.
"""

from __future__ import annotations

import json
import typing as t

from ...module_utils._engine.errors import InventoryError
from ...module_utils._engine.shape import faults
from .answer import FAILURE, FLAG, TEXT, TEXTS, closed
from .hresult import described

Document = dict[str, t.Any]

REMOVE = r"""
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)]
    [string[]]$Numbers,
    [string[]]$Names = @(),
    [bool]$Remove = $false
)
$ErrorActionPreference = 'Stop'

function Get-Failure {
    param($Record)
    $cause = $Record.Exception.GetBaseException()
    @{ message = [string]$cause.Message; hresult = [int]$cause.HResult }
}

$present = @(Get-WindowsPackage -Online | Where-Object {
        "$($_.PackageState)" -in 'Installed', 'InstallPending' -and
        "$($_.ReleaseType)" -notin 'Foundation', 'LanguagePack', 'LocalPack', 'OnDemandPack' -and
        ($Names.Count -eq 0 -or $_.PackageName -in $Names)
    })
$packages = @($present | ForEach-Object {
        $listed = $_
        try {
            Get-WindowsPackage -Online -PackageName $listed.PackageName
        }
        catch {
            $listed
        }
    })
$answers = @($Numbers | ForEach-Object {
        $number = $_
        $named = "(?<!\d)$number(?!\d)"
        $found = @($packages | Where-Object {
                $_.PackageName -match $named -or $_.Description -match $named -or $_.SupportInformation -match $named
            })
        $failure = $null
        $restart = $false
        if ($Remove) {
            foreach ($package in $found) {
                try {
                    $removed = Remove-WindowsPackage -Online -PackageName $package.PackageName -NoRestart
                    $restart = $restart -or [bool]$removed.RestartNeeded
                }
                catch {
                    $failure = Get-Failure $_
                }
            }
        }
        @{
            number = $number
            packages = @($found | ForEach-Object { [string]$_.PackageName })
            restart_needed = $restart
            failure = $failure
        }
    })
ConvertTo-Json -Depth 4 -Compress -InputObject @{
    schema = 1
    removals = $answers
}
if ($null -ne $Ansible) {
    $Ansible.Changed = $Remove -and @($answers | Where-Object { $_.packages.Count -gt 0 }).Count -gt 0
}
""".lstrip()

REMOVAL = closed(
    {"number": TEXT, "packages": TEXTS, "restart_needed": FLAG, "failure": {**FAILURE, "type": ["object", "null"]}}
)
REMOVALS = closed({"schema": {"const": 1}, "removals": {"type": "array", "items": REMOVAL}})
NO_PACKAGE = (
    "no package of the servicing stack is of this KB id, as with updates of applications, drivers and signatures;"
    " remove it with its own uninstaller"
)


def read(text: str) -> dict[str, Document]:
    """By number of a KB id, what REMOVE found or did. Raises InventoryError for what is no answer of it."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InventoryError(f"the removal script answered {text[:200]!r}, which is no JSON: {error}") from error
    found = next(faults(document, REMOVALS), None)
    if found:
        raise InventoryError(f"the removal script answered what it never should: {found}")
    return {one["number"]: one for one in document["removals"]}


def impossible(removal: Document | None) -> str | None:
    """Why nothing can be removed; None when something can."""
    return None if removal and removal["packages"] else NO_PACKAGE


def failure(removal: Document | None) -> str | None:
    """Why it was not removed; None when it was."""
    if removal and removal["failure"]:
        return described(removal["failure"]["hresult"], removal["failure"]["message"])
    return impossible(removal)
