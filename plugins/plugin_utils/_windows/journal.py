# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The runs that changed a Windows node, kept on it in C:\\ProgramData\\patchops\\runs.json.

A run is written down before anything is installed, so that one nobody ended is known to the next; the end adds what
came of it. Only administrators write there: a file of anybody else's would choose what a rollback removes.
"""

from __future__ import annotations

import datetime
import json
import typing as t

from ...module_utils._engine.dates import parse_instant, text
from ...module_utils._engine.shape import faults

Document = dict[str, t.Any]

SCHEMA = 1
KEPT = 50
INSTALL, DOWNLOAD, ROLLBACK = "install", "download", "rollback"
RUNNING, ENDED = "running", "ended"
TRUSTED = ("S-1-5-18", "S-1-5-32-544")  # SYSTEM, Administrators
FOLDER = r"C:\ProgramData\patchops"
OVERHEAD = 1  # updates: what a run costs however little it installs

STORE = r"""
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string]$Text
)
$ErrorActionPreference = 'Stop'
$folder = Join-Path $env:ProgramData 'patchops'
if (-not (Test-Path -LiteralPath $folder)) {
    $security = New-Object System.Security.AccessControl.DirectorySecurity
    $security.SetSecurityDescriptorSddlForm('O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
    [System.IO.Directory]::CreateDirectory($folder, $security) | Out-Null
}
$owner = (Get-Acl -LiteralPath $folder).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
if ($owner -notin 'S-1-5-18', 'S-1-5-32-544') {
    throw "$folder belongs to $owner and to no administrator; remove it"
}
$target = Join-Path $folder 'runs.json'
$written = "$target.new"
[System.IO.File]::WriteAllText($written, $Text)
Move-Item -LiteralPath $written -Destination $target -Force
'stored'
if ($null -ne $Ansible) {
    $Ansible.Changed = $true
}
""".lstrip()

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
TARGET = {
    "type": "object",
    "properties": {"id": TEXT, "kb_id": TEXT, "title": TEXT},
    "required": ["id", "kb_id", "title"],
}
RUN = {
    "type": "object",
    "properties": {
        "run_id": TEXT,
        "operation": {"enum": [INSTALL, DOWNLOAD, ROLLBACK]},
        "state": {"enum": [RUNNING, ENDED]},
        "started": TEXT,
        "targets": {"type": "array", "items": TARGET},
        "ended": TEXT,
        "seconds": {"type": "integer"},
        "outcome": TEXT,
        "installed": TEXTS,  # ids of updates
        "live": TEXTS,  # those of them for which the node asked for no restart
    },
    "required": ["run_id", "operation", "state", "started", "targets"],
}
RUNS = {
    "type": "object",
    "properties": {"schema": {"const": SCHEMA}, "runs": {"type": "array", "items": RUN}},
    "required": ["schema", "runs"],
}


class Journal(t.NamedTuple):
    runs: tuple[Document, ...] = ()  # the oldest first
    trouble: str | None = None  # why what is on the node does not count
    foreign: bool = False  # who wrote it is not to be trusted, and nothing can be written there


def read(written: str | None, owner: str | None) -> Journal:
    """What the search script tells of the file. One that cannot be trusted, or read, counts as none, and says why."""
    if written is None:
        return Journal()
    if owner not in TRUSTED:
        words = f"the runs that are kept on the node belong to {owner}, who is no administrator"
        return Journal(trouble=words, foreign=True)
    try:
        document = json.loads(written)
    except ValueError as error:
        return Journal(trouble=f"the runs that are kept on the node cannot be read: {error}")
    found = next(faults(document, RUNS), None)
    if found:
        return Journal(trouble=f"the runs that are kept on the node cannot be read: {found}")
    return Journal(tuple(document["runs"]))


def written(journal: Journal) -> str:
    return json.dumps({"schema": SCHEMA, "runs": list(journal.runs[-KEPT:])})


def begun(
    journal: Journal, run_id: str, operation: str, targets: t.Iterable[Document], now: datetime.datetime, **more: t.Any
) -> Journal:
    run = {
        "run_id": run_id,
        "operation": operation,
        "state": RUNNING,
        "started": text(now),
        "targets": list(targets),
        **more,
    }
    return Journal((*journal.runs, run))


def ended(journal: Journal, run: Document, now: datetime.datetime, **members: t.Any) -> Journal:
    """The same with `run` at its end; seconds are counted where nobody came between."""
    over = {**run, "state": ENDED, "ended": text(now), **members}
    return Journal(tuple(over if one is run else one for one in journal.runs))


def warnings(journal: Journal) -> list[str]:
    """What a node's user should know of them."""
    return [
        *([journal.trouble] if journal.trouble else []),
        *(
            f"run {run['run_id']}, begun {run['started']}, has no end on record; the next patch_install settles it"
            for run in unfinished(journal)
        ),
    ]


def unfinished(journal: Journal) -> list[Document]:
    return [run for run in journal.runs if run["state"] == RUNNING]


def settled(journal: Journal, there: t.Container[str], now: datetime.datetime) -> tuple[Journal, list[Document]]:
    """With an end for runs that nobody wrote one of, by what of them is `there` now; and what became of each."""
    recovered = []
    for run in unfinished(journal):
        came = [one["id"] for one in run["targets"] if one["id"] in there]
        installed = came if run["operation"] == INSTALL else []
        journal = ended(journal, run, now, outcome="interrupted", installed=installed, live=[])
        patches = [{**one, "outcome": "installed" if one["id"] in came else "missing"} for one in run["targets"]]
        told = {"run_id": run["run_id"], "started": run["started"], "outcome": "interrupted", "patches": patches}
        recovered.append(told)
    return journal, recovered


def live(journal: Journal) -> frozenset[str]:
    """Ids of updates that need no restart, by the last run that installed them."""
    last: dict[str, bool] = {}
    for run in journal.runs:
        if run["operation"] == INSTALL:
            last.update({identifier: identifier in run.get("live", ()) for identifier in run.get("installed", ())})
    return frozenset(identifier for identifier, needs_none in last.items() if needs_none)


def estimate(journal: Journal, updates: int) -> tuple[int | None, int]:
    """Seconds that so many updates would take by the node's own runs, None without one; and how many those are."""
    paces = [
        run["seconds"] / (len(run["installed"]) + OVERHEAD)
        for run in journal.runs
        if run["operation"] == INSTALL and run.get("installed") and run.get("seconds")
    ]
    if not paces:
        return None, 0
    slow = int(0.9 * (len(paces) - 1) + 0.5)  # of the usual runs the slowest: what would not fit must not begin
    pace = sorted(paces)[slow]
    return int(pace * (updates + OVERHEAD)) + 1, len(paces)


def seconds_since(run: Document, now: datetime.datetime) -> int:
    started = parse_instant(run["started"])
    return int((now - started).total_seconds()) if started else 0
