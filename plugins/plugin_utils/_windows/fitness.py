# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Whether a Windows node is fit to be patched: the question, and what its answer means."""

from __future__ import annotations

import json
import typing as t

from ...module_utils._engine.errors import InventoryError
from ...module_utils._engine.shape import faults
from ...module_utils._finding import ERROR, OK, SKIPPED, WARNING, Finding
from . import journal
from .answer import FLAG, NUMBER, TEXT, TEXT_OR_NULL, closed
from .scan import Found

Document = dict[str, t.Any]

# Where .NET leaves the protocols to Windows (0) nothing is added; older releases offer no TLS 1.2 by themselves.
PREFLIGHT = r"""
[CmdletBinding(SupportsShouldProcess)]
param(
    [string[]]$Services = @('wuauserv', 'bits', 'trustedinstaller')
)
$ErrorActionPreference = 'Stop'
$began = [long]([DateTime]::UtcNow - [DateTime]'1970-01-01').TotalMilliseconds
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'

function Get-Value {
    param([string]$Path, [string]$Name)
    $key = Get-Item -LiteralPath $Path -ErrorAction SilentlyContinue
    if ($null -ne $key) {
        $key.GetValue($Name)
    }
    else {
        $null
    }
}

$identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$principal = New-Object System.Security.Principal.WindowsPrincipal $identity
$found = @{}
foreach ($name in $Services) {
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name='$name'"
    $found[$name] = if ($null -ne $service) { [string]$service.StartMode } else { $null }
}
$server = if (Get-Value "$policy\AU" 'UseWUServer') { Get-Value $policy 'WUServer' } else { $null }
$status = $null
$trouble = $null
if ($server) {
    try {
        $protocols = [System.Net.ServicePointManager]::SecurityProtocol
        if ([int]$protocols -ne 0) {
            $protocols = $protocols -bor [System.Net.SecurityProtocolType]::Tls12
            [System.Net.ServicePointManager]::SecurityProtocol = $protocols
        }
        $request = [System.Net.WebRequest]::Create("$($server.TrimEnd('/'))/ClientWebService/client.asmx")
        $request.Timeout = 15000
        $answer = $request.GetResponse()
        $status = [int]$answer.StatusCode
        $answer.Close()
    }
    catch {
        $cause = $_.Exception.GetBaseException()
        if ($cause -is [System.Net.WebException] -and $null -ne $cause.Response) {
            $status = [int]$cause.Response.StatusCode
        }
        $trouble = [string]$cause.Message
    }
}
ConvertTo-Json -Depth 4 -Compress -InputObject @{
    schema = 1
    began = $began
    administrator = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
    user = [string]$identity.Name
    services = $found
    wsus_server = $server
    wsus_status = $status
    wsus_trouble = $trouble
    automatic_updates = Get-Value "$policy\AU" 'AUOptions'
    no_automatic_updates = Get-Value "$policy\AU" 'NoAutoUpdate'
    ended = [long]([DateTime]::UtcNow - [DateTime]'1970-01-01').TotalMilliseconds
}
if ($null -ne $Ansible) {
    $Ansible.Changed = $false
}
""".lstrip()

NUMBER_OR_NULL = {"type": ["integer", "null"]}
FITNESS = closed(
    {
        "schema": {"const": 1},
        "began": NUMBER,  # ms since 1970
        "administrator": FLAG,
        "user": TEXT,
        "services": {"type": "object", "additionalProperties": TEXT_OR_NULL},  # start mode; null: there is none
        "wsus_server": TEXT_OR_NULL,
        "wsus_status": NUMBER_OR_NULL,  # of HTTP; null: no answer
        "wsus_trouble": TEXT_OR_NULL,
        "automatic_updates": NUMBER_OR_NULL,
        "no_automatic_updates": NUMBER_OR_NULL,
        "ended": NUMBER,
    }
)
MIB = 1024 * 1024
INSTALLS_BY_ITSELF = 4  # AUOptions
SERVICES = {
    "wuauserv": "Windows Update",
    "bits": "Background Intelligent Transfer",
    "trustedinstaller": "Windows Modules Installer",
}
REFUSALS = 400  # of HTTP, from here on


def read(text: str) -> Document:
    """Raises InventoryError for what is no answer of the script."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InventoryError(f"the preflight script answered {text[:200]!r}, which is no JSON: {error}") from error
    found = next(faults(document, FITNESS), None)
    if found:
        raise InventoryError(f"the preflight script answered what it never should: {found}")
    return document


def finding(check: str, status: str, words: str, remedy: str | None = None) -> Document:
    return Finding(check, status, words, remedy).document()


def of_node(answer: Document) -> list[Document]:
    """What the preflight script tells."""
    return [_connection(answer), _services(answer["services"]), _others(answer), _wsus(answer)]


def of_search(found: Found, minimum: int, online: bool) -> list[Document]:
    """What a search tells; `minimum`: MiB that have to be free."""
    return [
        _system(found.inventory["node"]),
        _room(found.free_bytes, minimum),
        _runs(found.journal),
        _search(found.inventory, online),
        _reboot(found.inventory["reboot"]),
    ]


def search_failed(why: str) -> Document:
    return finding("repositories", ERROR, why, "look at the network, the proxy and the update server")


def _connection(answer: Document) -> Document:
    if answer["administrator"]:
        return finding("connection", OK, f"as {answer['user']}, an administrator")
    remedy = "connect as an administrator, or become SYSTEM with become_method: ansible.builtin.runas"
    return finding("connection", ERROR, f"as {answer['user']}, who is no administrator", remedy)


def _services(modes: t.Mapping[str, str | None]) -> Document:
    wrong = [
        f"{SERVICES[name]} ({name}) {'is disabled' if modes.get(name) else 'is not there'}"
        for name in SERVICES
        if (modes.get(name) or "Disabled") == "Disabled"
    ]
    if wrong:
        return finding(
            "services", ERROR, "; ".join(wrong), "set them to start on demand (Set-Service -StartupType Manual)"
        )
    return finding("services", OK, f"{', '.join(SERVICES.values())} can start")


def _others(answer: Document) -> Document:
    if answer["automatic_updates"] == INSTALLS_BY_ITSELF and not answer["no_automatic_updates"]:
        words = "Windows Update installs on its own as well (AUOptions 4)"
        return finding("package_manager", WARNING, words, "let one of the two install")
    return finding("package_manager", OK, "no policy has Windows Update install on its own")


def _wsus(answer: Document) -> Document:
    server, status = answer["wsus_server"], answer["wsus_status"]
    if not server:
        return finding("wsus", SKIPPED, "the node has no WSUS server")
    if status is not None and status < REFUSALS:
        return finding("wsus", OK, f"{server} answers")
    why = answer["wsus_trouble"] or (f"it answers {status}" if status is not None else "it does not answer")
    return finding("wsus", ERROR, f"{server}: {why}", "look at the server, the network and the policy WUServer")


def _system(node: Document) -> Document:
    shown = f"{node['platform']['name']} {node['platform']['version']}"
    if node["product"] is None:
        remedy = "a filter by PRODUCT will not know its own updates from others"
        return finding("operating_system", WARNING, f"{shown} is no product that this version knows", remedy)
    return finding("operating_system", OK, f"{shown} ({node['product']})")


def _room(free: int | None, minimum: int) -> Document:
    if free is None:
        return finding("disk_space", SKIPPED, "the node does not tell how much of its system drive is free")
    shown = f"the system drive has {free // MIB} MiB free"
    if free < minimum * MIB:
        return finding("disk_space", ERROR, f"{shown}, less than {minimum}", "free some, or lower minimum_free_space")
    return finding("disk_space", OK, shown)


def _runs(kept: journal.Journal) -> Document:
    if kept.foreign:
        return finding("interrupted_transaction", ERROR, str(kept.trouble), r"remove C:\ProgramData\patchops")
    said = journal.warnings(kept)
    if said:
        return finding(
            "interrupted_transaction", WARNING, "; ".join(said), "patch_install settles it before it installs"
        )
    return finding("interrupted_transaction", OK, "nothing was left unfinished")


def _search(inventory: Document, online: bool) -> Document:
    if inventory["problems"]:
        shown = "; ".join(problem["why"] for problem in inventory["problems"])
        return finding(
            "repositories", ERROR, f"the search did not find everything: {shown}", "search again; see the cause"
        )
    if not online:
        age = inventory["refreshed_at"] or "unknown age"
        return finding("repositories", SKIPPED, f"not asked by this run; what the agent knows is of {age}")
    return finding("repositories", OK, f"{', '.join(inventory['repositories'])} answered")


def _reboot(said: Document) -> Document:
    if said["required"]:
        remedy = "reboot before, or let the installation do it (reboot_option)"
        return finding("pending_reboot", WARNING, f"a reboot is due: {said['reason']}", remedy)
    return finding("pending_reboot", OK, "no reboot is due")
