# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Snapshots of what a transaction writes to: by snapper, or of logical volumes."""

from __future__ import annotations

import json
import os
import re
import shlex
import typing as t

from .base import BackendError, Document, Run

SNAPPER = "snapper"
LVM = "lvm"
SNAPPER_CONFIGURATIONS = "/etc/snapper/configs"
LVM_TAG = "patchops"  # on our snapshots, by which the next run finds the old ones
VOLUME_FIELDS = "lv_path,lv_dm_path,vg_name,lv_name,lv_size,vg_free,pool_lv,lv_tags,origin"

_unsafe = re.compile(r"[^a-zA-Z0-9_.+-]+")


class Volume(t.NamedTuple):
    """A logical volume as `lvs` tells it."""

    group: str
    name: str
    paths: t.Tuple[str, ...]
    size: int
    free: int  # of its volume group
    thin: bool
    tags: t.Tuple[str, ...]
    origin: str

    @property
    def full_name(self) -> str:
        return "%s/%s" % (self.group, self.name)


class Step(t.NamedTuple):
    """A command, and what it makes; a snapshot without a name is named by what the command prints."""

    command: t.Tuple[str, ...]
    of: str = ""
    name: str = ""
    way_back: str = ""


def plan_snapper(configurations: t.Mapping[str, str], mounts: t.Sequence[str], description: str) -> t.List[Step]:
    """A snapshot for each of the configurations (name: subvolume) that holds one of `mounts`."""
    chosen = sorted((subvolume, name) for name, subvolume in configurations.items() if subvolume in mounts)
    return [
        Step(
            (
                *("snapper", "--no-dbus", "--config", name, "create", "--type", "single", "--print-number"),
                *("--cleanup-algorithm", "number", "--description", description),
            ),
            of=subvolume,
            way_back="snapper --config %s undochange %%s..0; where the system itself runs from a snapshot of snapper,"
            " 'snapper rollback %%s' and a reboot" % name,
        )
        for subvolume, name in chosen
    ]


def plan_lvm(volumes: t.Sequence[Volume], mounted: t.Mapping[str, str], label: str, percent: int) -> t.List[Step]:
    """Take our old snapshots away, and make one of each volume that is `mounted` (mount point: device).

    Raises BackendError when a volume group has no room for them.
    """
    chosen = [
        (point, volume) for point, device in sorted(mounted.items()) for volume in volumes if device in volume.paths
    ]
    origins = {(volume.group, volume.name) for _point, volume in chosen}
    old = [volume for volume in volumes if LVM_TAG in volume.tags and (volume.group, volume.origin) in origins]
    _hold_room([volume for _point, volume in chosen], old, percent)
    steps = [Step(("lvremove", "--yes", volume.full_name)) for volume in old]
    for point, volume in chosen:
        name = "%s_%s_%s" % (volume.name, LVM_TAG, _unsafe.sub("-", label))
        size = () if volume.thin else ("--extents", "%d%%ORIGIN" % percent)
        steps.append(
            Step(
                ("lvcreate", "--snapshot", "--addtag", LVM_TAG, *size, "--name", name, volume.full_name),
                of=point,
                name="%s/%s" % (volume.group, name),
                way_back="lvconvert --merge %s/%s, and a reboot" % (volume.group, name),
            )
        )
    return steps


def _hold_room(volumes: t.Sequence[Volume], old: t.Sequence[Volume], percent: int) -> None:
    needed: t.Dict[str, int] = {}
    free: t.Dict[str, int] = {}
    for volume in volumes:
        free[volume.group] = volume.free + sum(one.size for one in old if one.group == volume.group)
        if not volume.thin:
            needed[volume.group] = needed.get(volume.group, 0) + volume.size * percent // 100
    for group, size in needed.items():
        if size > free[group]:
            raise BackendError(
                "volume group %s has %d MiB free, and the snapshots need %d MiB; lower size, or free some"
                % (group, free[group] >> 20, size >> 20)
            )


def parse_volumes(output: str) -> t.List[Volume]:
    """What `lvs --reportformat json --units b --nosuffix` says. Raises BackendError for anything else."""
    try:
        entries = json.loads(output)["report"][0]["lv"]
        return [
            Volume(
                entry["vg_name"],
                entry["lv_name"],
                (entry["lv_path"], entry["lv_dm_path"]),
                int(entry["lv_size"]),
                int(entry["vg_free"]),
                bool(entry["pool_lv"]),
                tuple(filter(None, entry["lv_tags"].split(","))),
                entry["origin"],
            )
            for entry in entries
        ]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BackendError("the answer of lvs makes no sense: %s" % error) from error


def parse_configuration(text: str) -> t.Dict[str, str]:
    """The assignments of one of snapper's configuration files."""
    words = (word.partition("=") for word in shlex.split(text, comments=True))
    return {name: value for name, equals, value in words if equals}


def configurations(root: str = "") -> t.Dict[str, str]:
    """The subvolume of each of snapper's configurations."""
    folder = root + SNAPPER_CONFIGURATIONS
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as stream:
            subvolume = parse_configuration(stream.read()).get("SUBVOLUME")
        if subvolume:
            found[name] = subvolume
    return found


def plan(kind: str, mounts: t.Sequence[str], label: str, percent: int, run: Run, find: t.Callable[[str], t.Any]
         ) -> t.List[Step]:  # fmt: skip
    """The commands that make the snapshots; none where `kind` is auto and neither way is there.

    `find` answers the path of a program, or nothing. Raises BackendError when a way that was asked for is not there.
    """
    if kind in ("auto", SNAPPER) and find("snapper"):
        steps = plan_snapper(configurations(), mounts, "patchops.fleet, before run %s" % label)
        if steps:
            return steps
    if kind == SNAPPER:
        raise BackendError("snapper is not here, or has no configuration for any of %s" % ", ".join(mounts))
    if find("lvs"):
        steps = plan_lvm(_volumes(run), _mounted(mounts, run), label, percent)
        if steps:
            return steps
    if kind == LVM:
        raise BackendError("LVM is not here, or none of %s is a logical volume" % ", ".join(mounts))
    return []


def make(steps: t.Sequence[Step], run: Run) -> t.List[Document]:
    """Run the commands; the snapshots that they made. Raises BackendError at the first that fails."""
    made = []
    for step in steps:
        output = _said(run, step.command).strip()
        if step.of:
            made.append(document(step, step.name or output))
    return made


def document(step: Step, name: str) -> Document:
    numbered = not step.name
    way_back = step.way_back % ((name,) * step.way_back.count("%s")) if numbered else step.way_back
    return {"of": step.of, "name": name, "way_back": way_back}


def _volumes(run: Run) -> t.List[Volume]:
    command = ("lvs", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", VOLUME_FIELDS)
    return parse_volumes(_said(run, command))


def _mounted(mounts: t.Sequence[str], run: Run) -> t.Dict[str, str]:
    """The device of each of `mounts` that is a mount point."""
    found = {}
    for point in mounts:
        code, output, _errors = run(["findmnt", "--noheadings", "--output", "SOURCE", "--mountpoint", point])
        if code == 0:
            found[point] = output.split("[")[0].strip()  # a subvolume follows in brackets
    return found


def _said(run: Run, command: t.Sequence[str]) -> str:
    code, output, errors = run(command)
    if code != 0:
        raise BackendError(
            "'%s' ended with exit code %d: %s" % (" ".join(command), code, errors.strip() or output.strip())
        )
    return output
