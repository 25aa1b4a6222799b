# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The script that asks a Windows node's Windows Update Agent, and nothing else.

It only tells what the agent says; what that means is decided on the controller (inventory.py). It is a string, because
a .ps1 file could be checked only where PowerShell is. No test here runs it: tests/unit parses it, and holds its
members to answer.ANSWER.

What it has to know of PowerShell and of the agent:

- In check mode win_powershell runs only a script that declares SupportsShouldProcess.
- Only the synchronous Search may be called from a network logon; BeginSearch, downloads and installations may not.
- Superseded updates are left out unless IncludePotentiallySupersededUpdates is set.
- The agent's dates are UTC without saying so, hence ToString('s') and no conversion.
- PowerShell wraps what a COM call raises; GetBaseException has the agent's own HRESULT.
- QueryHistory(0, 0) is an error, and an entry of the history can lack its identity.
- `@($null)` has one element and `$null | ForEach-Object` one turn: whatever may be missing goes through Where-Object.
- A command that outputs nothing is no null to ConvertTo-Json of PowerShell 5.1, so functions output `$null` by name.
"""

from __future__ import annotations

SEARCH = r"""
[CmdletBinding(SupportsShouldProcess)]
param(
    [int]$ServerSelection = 0,
    [string]$ServiceId = '',
    [bool]$Online = $true,
    [int]$HistoryLimit = 1000
)
$ErrorActionPreference = 'Stop'

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

function Get-Instant {
    param($Date)
    if ($null -ne $Date) {
        ([DateTime]$Date).ToString('s')
    }
    else {
        $null
    }
}

function Get-Text {
    param($Values)
    $Values | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ }
}

function Get-Failure {
    param($Record)
    $cause = $Record.Exception.GetBaseException()
    @{ message = [string]$cause.Message; hresult = [int]$cause.HResult }
}

$categories = @{}
function Add-Category {
    param($Category)
    if ($null -eq $Category -or $categories.ContainsKey($Category.CategoryID)) {
        return
    }
    $parent = $null
    try {
        $parent = $Category.Parent
    }
    catch {
        $parent = $null
    }
    $categories[$Category.CategoryID] = @{
        name = [string]$Category.Name
        type = [string]$Category.Type
        parent = if ($null -ne $parent) { [string]$parent.CategoryID } else { $null }
    }
    Add-Category $parent
}

$failure = $null
$resultCode = $null
$searchWarnings = @()
$updates = @()
$history = @()
$lastSearch = $null
try {
    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = 'patchops.fleet'
    $searcher = $session.CreateUpdateSearcher()
    $searcher.ServerSelection = $ServerSelection
    if ($ServiceId) {
        $searcher.ServiceID = $ServiceId
    }
    $searcher.Online = $Online
    $searcher.IncludePotentiallySupersededUpdates = $true
    $found = $searcher.Search('IsInstalled=0 or IsInstalled=1')
    $resultCode = [int]$found.ResultCode
    $searchWarnings = @($found.Warnings | Where-Object { $null -ne $_ } | ForEach-Object {
            @{ message = [string]$_.Message; hresult = [int]$_.HResult }
        })
    $updates = @($found.Updates | ForEach-Object {
            $update = $_
            $update.Categories | ForEach-Object { Add-Category $_ }
            @{
                id = [string]$update.Identity.UpdateID
                revision = [int]$update.Identity.RevisionNumber
                title = [string]$update.Title
                kb_article_ids = @(Get-Text $update.KBArticleIDs)
                cve_ids = @(Get-Text $update.CveIDs)
                bulletin_ids = @(Get-Text $update.SecurityBulletinIDs)
                msrc_severity = [string]$update.MsrcSeverity
                last_deployment_change_time = Get-Instant $update.LastDeploymentChangeTime
                category_ids = @($update.Categories | ForEach-Object { [string]$_.CategoryID })
                superseded_update_ids = @(Get-Text $update.SupersededUpdateIDs)
                installed = [bool]$update.IsInstalled
                hidden = [bool]$update.IsHidden
                impact = [int]$update.InstallationBehavior.Impact
                browse_only = [bool]$update.BrowseOnly
                reboot_required = [bool]$update.RebootRequired
                type = [int]$update.Type
            }
        })
    $total = [Math]::Min($searcher.GetTotalHistoryCount(), $HistoryLimit)
    if ($total -gt 0) {
        $history = @($searcher.QueryHistory(0, $total) | Where-Object { $null -ne $_.UpdateIdentity } | ForEach-Object {
                @{
                    id = [string]$_.UpdateIdentity.UpdateID
                    date = Get-Instant $_.Date
                    operation = [int]$_.Operation
                    result_code = [int]$_.ResultCode
                    hresult = [int]$_.HResult
                }
            })
    }
}
catch {
    $failure = Get-Failure $_
}
try {
    $lastSearch = Get-Instant (New-Object -ComObject Microsoft.Update.AutoUpdate).Results.LastSearchSuccessDate
}
catch {
    $lastSearch = $null
}

$installerBusy = $null
try {
    $installerBusy = [bool](New-Object -ComObject Microsoft.Update.Installer).IsBusy
}
catch {
    $installerBusy = $null
}

$bootTime = $null
try {
    $system = Get-CimInstance -ClassName Win32_OperatingSystem -Property LastBootUpTime
    $bootTime = Get-Instant $system.LastBootUpTime.ToUniversalTime()
}
catch {
    $bootTime = $null
}
$registrationFile = Join-Path $env:ProgramData 'Amazon\SSM\InstanceData\registration'
$registration = $null
try {
    if (Test-Path -LiteralPath $registrationFile) {
        $registration = [System.IO.File]::ReadAllText($registrationFile)
    }
}
catch {
    $registration = $null
}
$folder = Join-Path $env:ProgramData 'patchops'
$runs = $null
$runsOwner = $null
try {
    $runsFile = Join-Path $folder 'runs.json'
    if (Test-Path -LiteralPath $runsFile) {
        $runsOwner = (Get-Acl -LiteralPath $folder).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
        $runs = [System.IO.File]::ReadAllText($runsFile)
    }
}
catch {
    $runs = $null
}
$freeBytes = $null
try {
    $freeBytes = [long](New-Object System.IO.DriveInfo $env:SystemDrive).AvailableFreeSpace
}
catch {
    $freeBytes = $null
}
$version = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion'

ConvertTo-Json -Depth 5 -Compress -InputObject @{
    schema = 1
    failure = $failure
    result_code = $resultCode
    search_warnings = $searchWarnings
    updates = $updates
    categories = $categories
    history = $history
    last_search = $lastSearch
    installer_busy = $installerBusy
    free_bytes = $freeBytes
    runs = $runs
    runs_owner = $runsOwner
    wsus_server = Get-Value $policy 'WUServer'
    uses_wsus = [bool](Get-Value "$policy\AU" 'UseWUServer')
    boot_time = $bootTime
    reboot_pending = @{
        windows_update = Test-Path "$servicing\WindowsUpdate\Auto Update\RebootRequired"
        component_servicing = Test-Path "$servicing\Component Based Servicing\RebootPending"
    }
    machine_guid = Get-Value 'HKLM:\SOFTWARE\Microsoft\Cryptography' 'MachineGuid'
    ssm_registration = $registration
    product_name = Get-Value $version 'ProductName'
    build = Get-Value $version 'CurrentBuildNumber'
    update_build_revision = Get-Value $version 'UBR'
    installation_type = Get-Value $version 'InstallationType'
    architecture = $env:PROCESSOR_ARCHITECTURE
}
if ($null -ne $Ansible) {
    $Ansible.Changed = $false
}
""".lstrip()
