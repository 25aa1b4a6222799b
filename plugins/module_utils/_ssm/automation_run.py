# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A runbook to be run: what is asked for, checked before anything is started. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from . import invocation, runbook_targets, tags
from .change import Resource
from .document_parameters import Document
from .reading import Reader
from .window_task import RATES, declared_rate

DOCUMENT = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}\Z")
MODES = ("Auto", "Interactive")
STOPS = ("Cancel", "Complete")
MOST_TAGS = 5


class Request(t.NamedTuple):
    """One run of a runbook, on one target or on many."""

    document: str
    version: str
    parameters: t.Dict[str, t.List[str]]
    target_parameter: t.Optional[str]  # None: one run
    targets: Resource  # keys to values
    rates: t.Dict[str, str]
    mode: str
    tags: t.Dict[str, str]

    def to_api(self) -> Resource:
        """AWS's own rates, and what is empty, which AWS refuses, are not sent."""
        request: Resource = {"DocumentName": self.document, "DocumentVersion": self.version, "Mode": self.mode}
        if self.parameters:
            request["Parameters"] = self.parameters
        if self.target_parameter:
            request["TargetParameterName"] = self.target_parameter
            request["Targets"] = [{"Key": key, "Values": values} for key, values in self.targets.items()]
        request.update((RATES[name], rate) for name, rate in self.rates.items())
        if self.tags:
            request["Tags"] = tags.to_api(self.tags)
        return request


def declared(params: t.Mapping[str, t.Any]) -> Request:
    """The run that options ask for. Raises ScheduleError with all that is wrong."""
    reader = Reader("")
    given = {name: value for name, value in params.items() if value is not None}
    name = reader.matching("document_name", given["document_name"], DOCUMENT, "the name or ARN of a runbook")
    version = str(given.get("document_version", "$DEFAULT"))
    reader.matching("document_version", version, invocation.VERSION, "$DEFAULT, $LATEST or a number")
    parameters = _parameters(reader, given.get("parameters", {}))
    targets = runbook_targets.declared(reader, given["targets"]) if "targets" in given else {}
    parameter = given.get("target_parameter_name")
    if parameter is not None:
        reader.text("target_parameter_name", parameter, 50)
    if parameter is not None and parameter in parameters:
        reader.problem("parameters.%s" % parameter, "is what the targets fill, and cannot be given as well")
    rates = {one: declared_rate(reader, one, given[one]) for one in RATES if one in given}
    for one in rates if not targets else ():
        reader.problem(one, "is for a run on targets alone")
    written = reader.tags(given.get("tags", {}))
    reader.problems += tags.reserved({}, given.get("tags"), "")
    if len(written) > MOST_TAGS:
        reader.problem("tags", "an automation may have %d, not %d", MOST_TAGS, len(written))
    reader.finish()
    return Request(name, version, parameters, parameter, targets, rates, given["mode"], written)


def _parameters(reader: Reader, written: t.Any) -> t.Dict[str, t.List[str]]:
    """As texts, which is what the API takes: Boolean parameters as true and false, maps as JSON."""
    if not isinstance(written, dict):
        return invocation.declared_parameters(reader, "parameters", written, "automation")
    spelt = {}
    for name, values in written.items():
        spelt[name] = [_text(one) for one in values] if isinstance(values, list) else [_text(values)]
    return invocation.declared_parameters(reader, "parameters", spelt, "automation")


def _text(value: t.Any) -> t.Any:
    return json.dumps(value) if isinstance(value, (bool, dict)) else value


def refuse_for_document(request: Request, document: Document) -> None:
    """Raise ScheduleError for what this document does not take."""
    reader = Reader("")
    if document.kind != "Automation":
        words = (
            "%s is a document of type %s, and no runbook: Command documents are run by ssm_patch_run or associations"
        )
        reader.problem("document_name", words, document.name, document.kind)
    elsewhere = [request.target_parameter] if request.target_parameter else []
    document.refuse(reader, "parameters", request.parameters, elsewhere)
    reader.finish()
