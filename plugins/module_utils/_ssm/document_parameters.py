# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a document takes, asked of AWS before anything is run with it."""

from __future__ import annotations

import difflib
import typing as t

from .change import Resource, ResourceError
from .reading import Reader

DENIED = ("AccessDeniedException", "AccessDenied")
# Parameters that AWS's documents are often given and that belong to others (operations.md, 5).
BELONGS = {"WaitForReboot": "AWS-PatchAsgInstance", "WaitForInstance": "AWS-PatchAsgInstance"}


class Document(t.NamedTuple):
    """A version of a document, as far as it matters to those who run it."""

    name: str
    kind: str  # Command, Automation, ...
    parameters: t.Dict[str, Resource]  # by name; DefaultValue is there where one need not be given

    @property
    def required(self) -> t.List[str]:
        return [name for name, one in self.parameters.items() if "DefaultValue" not in one]

    def refuse(self, reader: Reader, where: str, given: t.Mapping[str, t.Any], elsewhere: t.Sequence[str] = ()) -> None:
        """Notes parameters that it does not have, and those that are missing.

        `elsewhere`: those that targets supply.
        """
        for name in given:
            if name not in self.parameters:
                reader.problem("%s.%s" % (where, name), "%s has no such parameter%s", self.name, self._hint(name))
        for name in elsewhere:
            if name not in self.parameters:
                reader.problem(where, "%s has no parameter %s%s", self.name, name, self._hint(name))
        for name in self.required:
            if name not in given and name not in elsewhere:
                reader.problem("%s.%s" % (where, name), "is missing, and %s needs it", self.name)

    def _hint(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.parameters, 1)
        meant = "; meant was perhaps %s" % near[0] if near else ""
        if BELONGS.get(name, self.name) != self.name:
            meant = ": it belongs to %s" % BELONGS[name]
        return "%s; it has %s" % (meant, ", ".join(sorted(self.parameters)) or "none")


def read(api: t.Any, name: str, version: str) -> t.Optional[Document]:
    """The document; None where there is none. Raises SSMError."""
    asked = {"Name": name, "DocumentVersion": version}
    found = api.find("describe document %s" % name, "describe_document", **asked)
    if found is None:
        return None
    described = found["Document"]
    parameters = {one["Name"]: one for one in described.get("Parameters", [])}
    return Document(name, described["DocumentType"], parameters)


def read_if_allowed(
    api: t.Any, name: str, version: str, check_mode: bool, warn: t.Callable[[str], None]
) -> t.Optional[Document]:
    """As `read`; None, with a warning, where the caller may not ask, or a document is yet to come in check mode.

    Raises ResourceError where there is none in a real run.
    """
    try:
        found = read(api, name, version)
    except Exception as error:
        if getattr(error, "code", None) not in DENIED:
            raise
        warn("Document %s was not looked at, because that is not allowed (ssm:DescribeDocument)" % name)
        return None
    if found is None:
        words = "There is no document %s in this account and Region" % name
        if not check_mode:
            raise ResourceError("%s: create it first, with ssm_document, or name another one" % words)
        warn("%s yet: in a real run it must be created first" % words)
    return found
