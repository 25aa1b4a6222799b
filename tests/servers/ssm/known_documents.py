# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents by name: AWS's, of which parameters and names of steps are known, and one's own (operations.md, 5, 7)."""

from __future__ import annotations

import json

from . import documents, own_documents, runbooks
from .errors import SSMError
from .state import Region, Resource


def describe_document(region: Region, request: Resource) -> Resource:
    content = _of_aws(request)
    if content is None:
        return own_documents.describe_document(region, request)
    described = {
        "Name": request["Name"],
        "DocumentType": "Automation" if request["Name"] in runbooks.RUNBOOKS else "Command",
        "DocumentFormat": "JSON",
        "SchemaVersion": content["schemaVersion"],
        "Owner": "Amazon",
        "CreatedDate": region.now,
        "Status": "Active",
        "DocumentVersion": "1",
        "DefaultVersion": "1",
        "LatestVersion": "1",
        "Parameters": _parameters(request["Name"]),
        "PlatformTypes": list(documents.EVERYWHERE),
    }
    return {"Document": described}


def get_document(region: Region, request: Resource) -> Resource:
    """Of AWS's documents the outline: without inputs and scripts of steps."""
    content = _of_aws(request)
    if content is None:
        return own_documents.get_document(region, request)
    return {
        "Name": request["Name"],
        "DocumentType": "Automation" if request["Name"] in runbooks.RUNBOOKS else "Command",
        "Status": "Active",
        "DocumentVersion": "1",
        "CreatedDate": region.now,
        "DocumentFormat": "JSON",
        "Content": json.dumps(content, indent=2),
    }


def document_type(region: Region, name: str) -> str:
    """Of one's own or of AWS's. Raises InvalidDocument where there is none."""
    return describe_document(region, {"Name": name.rpartition("document/")[2]})["Document"]["DocumentType"]


def _parameters(name: str) -> list[Resource]:
    if name in runbooks.RUNBOOKS:
        return [one.described() for one in runbooks.RUNBOOKS[name].parameters.values()]
    return documents.described_parameters(documents.DOCUMENTS[name])


def _of_aws(request: Resource) -> Resource | None:
    name = request["Name"]
    if name not in documents.DOCUMENTS and name not in runbooks.RUNBOOKS:
        return None
    if request.get("DocumentVersion", "$DEFAULT") not in ("1", "$DEFAULT", "$LATEST"):
        raise SSMError("InvalidDocumentVersion", f"Document {name} has no version {request['DocumentVersion']}")
    parameters = {
        one["Name"]: {"type": one["Type"], **({"default": one["DefaultValue"]} if "DefaultValue" in one else {})}
        for one in _parameters(name)
    }
    if name in runbooks.RUNBOOKS:
        return {"schemaVersion": "0.3", "parameters": parameters, "mainSteps": list(runbooks.RUNBOOKS[name].steps)}
    steps = [{"name": step, "action": "aws:runDocument"} for step in documents.DOCUMENTS[name].steps]
    return {"schemaVersion": "2.2", "parameters": parameters, "mainSteps": steps}
