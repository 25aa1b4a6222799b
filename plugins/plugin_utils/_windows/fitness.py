# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Whether a Windows node is fit to be patched: the question, and what its answer means."""

from __future__ import annotations

import typing as t

from .answer import FLAG, NUMBER, TEXT, TEXT_OR_NULL, closed

Document = dict[str, t.Any]

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
