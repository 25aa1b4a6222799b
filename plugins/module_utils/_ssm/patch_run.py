# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A run of Patch Manager on nodes: what is asked for, checked before any call. Pure."""

from __future__ import annotations

import re
import typing as t

from .._engine.errors import BaselineError, Problem
from . import invocation, node, override_files, patch_group
from .change import Resource
from .reading import Reader, together
from .window_target import declared_node_targets
from .window_task import RATES, declared_rate

PLAIN, WITH_HOOKS = "AWS-RunPatchBaseline", "AWS-RunPatchBaselineWithHooks"
INSTALL = "Install"
HOOKS = {
    "pre_install_hook": "PreInstallHookDocName",
    "post_install_hook": "PostInstallHookDocName",
    "on_exit_hook": "OnExitHookDocName",
}
HOOK = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}\Z")
SNAPSHOT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
LIST_URL = re.compile(r"(https://.+|s3://[^/]+/.*[^/]+)\Z")
# The file's name without what a shell would read (operations.md, 5).
BASELINE_URL = re.compile(r"(https://|s3://)[^`\"'$]+\Z")
LONGEST_URL = 256
# What the document with hooks does not take.
NOT_WITH_HOOKS = (
    *("baseline_override", "baseline_override_url", "install_override_list", "install_override_list_url"),
    "step_timeout_seconds",
)
# Options that are members of SendCommand.
SETTINGS = (
    *("comment", "document_version", "timeout_seconds", "output_s3_bucket_name", "output_s3_key_prefix"),
    *("service_role_arn", "cloud_watch_output_config", "notification_config"),
)
# SendCommand's own, where nothing is said (operations.md, 4).
USUAL_RATES = {"max_concurrency": "50", "max_errors": "0"}


class Request(t.NamedTuple):
    """One run: what every node is told, and whom it is for."""

    operation: str
    snapshot_id: str
    parameters: t.Dict[str, t.List[str]]  # of the document
    settings: Resource  # members of SendCommand, all but parameters, rates and targets
    rates: t.Dict[str, str]
    instance_ids: t.Tuple[str, ...]  # each once
    targets: Resource  # keys to values
    patch_group: t.Optional[str]
    files: t.Tuple[override_files.File, ...]  # to be uploaded for the run

    @property
    def document(self) -> str:
        return self.settings["DocumentName"]

    @property
    def installs(self) -> bool:
        return self.operation == INSTALL

    @property
    def warnings(self) -> t.List[str]:
        return [text for one in self.files for text in one.warnings]

    def with_files(self, urls: t.Mapping[str, str]) -> Request:
        """Once the files are there: `urls` by the parameters that name them."""
        return self._replace(parameters={**self.parameters, **{name: [url] for name, url in urls.items()}})


def declared(params: t.Mapping[str, t.Any], snapshot_id: str) -> Request:
    """The run that options ask for; `snapshot_id` where none is given.

    One id for all nodes: without, each node gets a snapshot of its own, and perhaps other patches than its neighbour.
    Raises ScheduleError or BaselineError with all that is wrong.
    """
    reader = Reader("")
    given = {name: value for name, value in params.items() if value is not None}
    hooked = [name for name in HOOKS if name in given]
    for name in NOT_WITH_HOOKS if hooked else ():
        if name in given:
            reader.problem(name, "is not taken by %s, the document that runs hooks", WITH_HOOKS)
    parameters = _parameters(reader, given, snapshot_id)
    settings = _settings(reader, given)
    settings["DocumentName"] = WITH_HOOKS if hooked else PLAIN
    rates = {name: declared_rate(reader, name, given.get(name, USUAL_RATES[name])) for name in RATES}
    identifiers, targets = _nodes(reader, given)
    problems: t.List[Problem] = []
    with together(BaselineError, problems):
        problems += reader.problems
        files = tuple(override_files.declared(given, parameters["SnapshotId"][0], problems))
        if "patch_group" in given:
            patch_group.refuse_name(given["patch_group"])
    return Request(
        given["operation"],
        parameters["SnapshotId"][0],
        parameters,
        settings,
        rates,
        identifiers,
        targets,
        given.get("patch_group"),
        files,
    )


def _parameters(reader: Reader, given: Resource, snapshot_id: str) -> t.Dict[str, t.List[str]]:
    chosen = given.get("snapshot_id", snapshot_id)
    reader.matching("snapshot_id", chosen, SNAPSHOT_ID, "a GUID, such as 01234567-89ab-cdef-0123-456789abcdef")
    parameters = {"Operation": [given["operation"]], "SnapshotId": [chosen]}
    if given["operation"] == INSTALL:
        parameters["RebootOption"] = [given["reboot_option"]]
    if "step_timeout_seconds" in given:
        seconds = reader.number("step_timeout_seconds", given["step_timeout_seconds"], 1, 36000)
        parameters["StepTimeoutSeconds"] = [str(seconds)]
    for name, parameter in HOOKS.items():
        if name in given:
            words = "name of a Command document, 3 to 128 of letters, digits, _ - . : /"
            parameters[parameter] = [reader.matching(name, given[name], HOOK, words)]
    _override_urls(reader, given, parameters)
    return parameters


def _override_urls(reader: Reader, given: Resource, parameters: t.Dict[str, t.List[str]]) -> None:
    lists = [name for name in ("install_override_list", "install_override_list_url") if name in given]
    baselines = [name for name in ("baseline_override", "baseline_override_url") if name in given]
    if lists and baselines:
        reader.problem(lists[0], "cannot be combined with %s: the run would fail on every node", baselines[0])
    for name in lists if given["operation"] != INSTALL else ():
        reader.problem(name, "is for operation Install alone: a scan ignores it")
    if "install_override_list_url" in given:
        url = reader.text("install_override_list_url", given["install_override_list_url"], LONGEST_URL)
        reader.matching("install_override_list_url", url, LIST_URL, "https://... or s3://bucket/key")
        parameters["InstallOverrideList"] = [url]
    if "baseline_override_url" in given:
        allowed = "https://... or s3://bucket/key without ` \" ' and $"
        url = reader.matching("baseline_override_url", given["baseline_override_url"], BASELINE_URL, allowed)
        parameters["BaselineOverride"] = [url]


def _settings(reader: Reader, given: Resource) -> Resource:
    written = {name: given[name] for name in SETTINGS if name in given}
    settings = invocation.declared_settings(reader, "", written, "run_command")
    notified = settings.get("notification_config")
    if notified and not notified.get("notification_arn"):
        reader.problem("notification_config.notification_arn", "is missing: the topic that is notified")
    if notified and "service_role_arn" not in settings:
        reader.problem("service_role_arn", "is missing: the role that publishes to the topic of notification_config")
    return invocation.settings_to_api("run_command", settings)


def _nodes(reader: Reader, given: Resource) -> t.Tuple[t.Tuple[str, ...], Resource]:
    targets: Resource = {}
    if "targets" in given:
        targets = declared_node_targets(reader, given["targets"])
        if given["offline_nodes"] == "skip" and any(key.startswith("resource-groups:") for key in targets):
            words = "cannot be skip with a resource group: which nodes it has, AWS alone knows"
            reader.problem("offline_nodes", words)
    return node.declared_ids(reader, given.get("instance_ids")), targets
