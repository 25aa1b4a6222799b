# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of shell that Ansible opens: PowerShell's own protocol (psrp) and a command line (winrm)."""

from __future__ import annotations

import base64
import threading
import typing as t
import uuid

from psrpcore import (
    CreatePipelineEvent,
    EndOfPipelineInputEvent,
    PipelineInputEvent,
    PSRPPayload,
    ServerPipeline,
    ServerRunspacePool,
    StreamType,
)

from . import wsman

Run = t.Callable[[str, str], str]  # a script and its input, to what it prints

_MOST_BYTES = 200_000  # of one answer


class Shell(t.Protocol):
    """What a request of each kind is answered with: the body of the answer."""

    def command(self, request: wsman.Request) -> str: ...

    def send(self, request: wsman.Request) -> str: ...

    def receive(self, request: wsman.Request) -> str: ...


class PowerShell:
    """A runspace pool. A pipeline runs when its input is complete."""

    def __init__(self, request: wsman.Request, run: Run) -> None:
        self._run = run
        self._pool = ServerRunspacePool()
        self._lock = threading.Lock()
        self._output: dict[uuid.UUID | None, bytes] = {}
        self._input: dict[uuid.UUID, list[str]] = {}
        self._done: set[uuid.UUID] = set()
        self._feed(base64.b64decode(request.text(".//pwsh:creationXml")), None)

    def command(self, request: wsman.Request) -> str:
        command_id = request.attribute(".//rsp:CommandLine", "CommandId") or ""
        arguments = "".join(one.text or "" for one in request.findall(".//rsp:Arguments"))
        self._feed(base64.b64decode(arguments), uuid.UUID(command_id))
        return wsman.started(command_id)

    def send(self, request: wsman.Request) -> str:
        for stream in request.findall(".//rsp:Stream"):
            command_id = stream.get("CommandId")
            self._feed(base64.b64decode(stream.text or ""), uuid.UUID(command_id) if command_id else None)
        return "<rsp:SendResponse/>"

    def receive(self, request: wsman.Request) -> str:
        command_id = request.attribute(".//rsp:DesiredStream", "CommandId")
        pipeline = uuid.UUID(command_id) if command_id else None
        with self._lock:
            data = base64.b64encode(self._output.pop(pipeline, b"")).decode()
        of = f' CommandId="{command_id}"' if command_id else ""
        body = f'<rsp:Stream Name="stdout"{of}>{data}</rsp:Stream>'
        if command_id:
            body += wsman.state(command_id, "Done" if pipeline in self._done else "Running")
        return f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>"

    def _feed(self, data: bytes, pipeline: uuid.UUID | None) -> None:
        with self._lock:
            if pipeline and pipeline not in self._pool.pipeline_table:
                ServerPipeline(self._pool, pipeline)
            self._pool.receive_data(PSRPPayload(data, StreamType.default, pipeline))
            while (event := self._pool.next_event()) is not None:
                self._take(event)
            while (payload := self._pool.data_to_send(_MOST_BYTES)) is not None:
                self._output[payload.pipeline_id] = self._output.get(payload.pipeline_id, b"") + payload.data

    def _take(self, event: t.Any) -> None:
        if isinstance(event, CreatePipelineEvent):
            self._input[event.pipeline_id] = []
            if event.pipeline.no_input:
                self._perform(event.pipeline_id)
        elif isinstance(event, PipelineInputEvent):
            self._input[event.pipeline_id].append(str(event.data))
        elif isinstance(event, EndOfPipelineInputEvent):
            self._perform(event.pipeline_id)

    def _perform(self, identifier: uuid.UUID) -> None:
        pipeline = self._pool.pipeline_table[identifier]
        pipeline.start()
        pipeline.write_output(self._run(pipeline.metadata.commands[0].command_text, "\n".join(self._input[identifier])))
        pipeline.complete()
        self._done.add(identifier)


class CommandLine:
    """A remote shell of commands. One runs when its input is complete, or when its output is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._scripts: dict[str, str] = {}
        self._input: dict[str, bytes] = {}

    def command(self, request: wsman.Request) -> str:
        command_id = request.attribute(".//rsp:CommandLine", "CommandId") or str(uuid.uuid4())
        arguments = [one.text or "" for one in request.findall(".//rsp:Arguments")]
        self._scripts[command_id.upper()] = _script(" ".join([request.text(".//rsp:Command"), *arguments]))
        return wsman.started(command_id)

    def send(self, request: wsman.Request) -> str:
        for stream in request.findall(".//rsp:Stream"):
            command_id = (stream.get("CommandId") or "").upper()
            self._input[command_id] = self._input.get(command_id, b"") + base64.b64decode(stream.text or "")
        return "<rsp:SendResponse/>"

    def receive(self, request: wsman.Request) -> str:
        command_id = (request.attribute(".//rsp:DesiredStream", "CommandId") or "").upper()
        printed = self._run(self._scripts.pop(command_id), self._input.pop(command_id, b"").decode())
        data = base64.b64encode(printed.encode()).decode()
        streams = f'<rsp:Stream Name="stdout" CommandId="{command_id}">{data}</rsp:Stream>'
        for name in ("stdout", "stderr"):
            streams += f'<rsp:Stream Name="{name}" CommandId="{command_id}" End="true"/>'
        return f"<rsp:ReceiveResponse>{streams}{wsman.state(command_id, 'Done', 0)}</rsp:ReceiveResponse>"


def _script(line: str) -> str:
    """What PowerShell is to run in the end: Ansible passes it encoded, up to 2.18 twice."""
    while "-EncodedCommand" in line:
        line = base64.b64decode(line.split("-EncodedCommand", 1)[1].split()[0].strip("\"'")).decode("utf-16-le")
    return line
