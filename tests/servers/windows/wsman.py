# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management: requests as clients post them, and answers in its envelope."""

from __future__ import annotations

import dataclasses
import uuid
from xml.etree import ElementTree

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "wsman": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "wst": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "pwsh": "http://schemas.microsoft.com/powershell",
}
_DECLARED = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_ANONYMOUS = f"{NAMESPACES['wsa']}/role/anonymous"


@dataclasses.dataclass(frozen=True)
class Request:
    envelope: ElementTree.Element

    @property
    def action(self) -> str:
        return self.text(".//wsa:Action")

    @property
    def operation(self) -> str:
        """Create, Command, Send, Receive, Signal or Delete."""
        return self.action.rpartition("/")[2]

    @property
    def shell_id(self) -> str | None:
        selector = self.envelope.find(".//wsman:Selector[@Name='ShellId']", NAMESPACES)
        return None if selector is None else (selector.text or "").upper()

    def find(self, path: str) -> ElementTree.Element | None:
        return self.envelope.find(path, NAMESPACES)

    def findall(self, path: str) -> list[ElementTree.Element]:
        return self.envelope.findall(path, NAMESPACES)

    def text(self, path: str) -> str:
        return self.envelope.findtext(path, "", NAMESPACES)

    def attribute(self, path: str, name: str) -> str | None:
        element = self.find(path)
        return None if element is None else element.get(name)


def parse(body: bytes) -> Request:
    return Request(ElementTree.fromstring(body))


def answer(request: Request, body: str) -> bytes:
    header = (
        f"<wsa:Action>{request.action}Response</wsa:Action><wsa:MessageID>uuid:{uuid.uuid4()}</wsa:MessageID>"
        f"<wsa:RelatesTo>{request.text('.//wsa:MessageID')}</wsa:RelatesTo><wsa:To>{_ANONYMOUS}</wsa:To>"
    )
    return f"<s:Envelope{_DECLARED}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()


def created(shell_id: str) -> str:
    """The body that answers Create."""
    selector = f'<wsman:SelectorSet><wsman:Selector Name="ShellId">{shell_id}</wsman:Selector></wsman:SelectorSet>'
    return (
        f"<wst:ResourceCreated><wsa:ReferenceParameters>{selector}</wsa:ReferenceParameters></wst:ResourceCreated>"
        f"<rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>"
    )


def started(command_id: str) -> str:
    """The body that answers Command."""
    return f"<rsp:CommandResponse><rsp:CommandId>{command_id.upper()}</rsp:CommandId></rsp:CommandResponse>"


def state(command_id: str, word: str, exit_code: int | None = None) -> str:
    code = "" if exit_code is None else f"<rsp:ExitCode>{exit_code}</rsp:ExitCode>"
    address = f"{NAMESPACES['rsp']}/CommandState/{word}"
    return f'<rsp:CommandState CommandId="{command_id}" State="{address}">{code}</rsp:CommandState>'
