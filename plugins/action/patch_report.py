# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one report of the play's compliance records; documented in plugins/modules/patch_report.py."""

from __future__ import annotations

import datetime
import os
import pathlib
import re
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc
from ansible.utils.display import Display

from ..module_utils._plain import plain
from ..plugin_utils._report import csv_document, files, hosts, html_document, json_document, loading, terminal
from ..plugin_utils._report import fleet as fleets
from ..plugin_utils._run_id import run_id

display = Display()

ARGUMENT_SPEC = {
    "facts": {"type": "bool", "default": True},
    "hosts": {"type": "list", "elements": "str"},
    "records_dir": {"type": "path"},
    "html": {"type": "path"},
    "csv": {"type": "path"},
    "csv_detail": {"type": "path"},
    "json": {"type": "path"},
    "title": {"type": "str", "default": "Patch compliance"},
    "stale_after": {"type": "float", "default": 48.0},
    "run_id": {"type": "str"},
    "mode": {"type": "raw", "default": "0640"},
    "table": {"type": "bool", "default": True},
}
RENDERERS: dict[str, tuple[t.Callable[[fleets.Fleet], str], re.Pattern[bytes] | None]] = {
    "html": (html_document.rendered, html_document.MADE_AT),
    "csv": (csv_document.summary_csv, None),
    "csv_detail": (csv_document.detail_csv, None),
    "json": (json_document.rendered, json_document.MADE_AT),
}
COLOURS = {fleets.COMPLIANT: "green", fleets.NON_COMPLIANT: "red", fleets.UNKNOWN: "yellow"}


class CannotReport(Exception):
    """Names the option and the remedy."""


class ActionModule(ActionBase):
    BYPASS_HOST_LOOP = True  # one report, whatever the number of hosts in the play
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_async = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(ARGUMENT_SPEC)
        try:
            return plain(self._reported(plain(arguments), task_vars or {}))
        except (CannotReport, files.CannotWrite) as error:
            return {"failed": True, "msg": str(error)}

    def _reported(self, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        mode = _mode(options["mode"])
        paths = _paths(options)
        fleet = self._fleet(options, paths, task_vars)
        written = [self._written(kind, path, fleet, mode) for kind, path in paths.items()]
        if options["table"]:
            _show(fleet, written)
        result = {
            "changed": any(one.changed for one in written),
            "summary": fleets.summary(fleet),
            "table": _table(fleet, written),
            "unreadable": [one._asdict() for one in fleet.unreadable],
            "remarks": list(fleet.warnings),
            "files": [{"kind": one.kind, "path": one.path, "status": one.done} for one in written],
        }
        if self._task.diff:
            result["diff"] = [_diff(one, fleet) for one in written if one.changed]
        return result

    def _fleet(
        self, options: dict[str, t.Any], paths: dict[str, pathlib.Path], task_vars: dict[str, t.Any]
    ) -> fleets.Fleet:
        if not options["facts"] and not options["records_dir"]:
            raise CannotReport("nothing to report on: facts is false and records_dir is not given")
        if options["stale_after"] <= 0:
            raise CannotReport(f"stale_after: {options['stale_after']:g} is no number of hours above 0")
        loads = []
        run = None
        if options["facts"]:
            run, loaded = self._run_and_facts(options, task_vars)
            loads.append(loaded)
        if options["records_dir"]:
            loads.append(_folder(options["records_dir"], paths, self._task.check_mode))
        loaded = loading.merged(*loads)
        if run and not run.hosts and not loaded.found and not loaded.unreadable:
            loaded.warnings.append(hosts.NOBODY)
        return fleets.assembled(
            loaded,
            datetime.datetime.now(datetime.timezone.utc),
            datetime.timedelta(hours=options["stale_after"]),
            run,
            options["title"],
        )

    def _run_and_facts(
        self, options: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> tuple[fleets.Run, loading.Loaded]:
        run = run_id(task_vars, options["run_id"])
        try:
            if options["hosts"] is None:
                accounted = hosts.of_run(run, task_vars, self._loader)
            else:
                accounted = hosts.named(options["hosts"], task_vars, self._loader)
        except hosts.NoSuchHost as error:
            raise CannotReport(f"hosts: {error}") from None
        loaded = loading.from_facts(accounted.facts)
        loaded.warnings.extend(accounted.remarks)
        whys = {**dict.fromkeys(accounted.facts, "its facts cannot be read"), **accounted.silent}
        answered = {str(one.host) for one in loaded.found}
        return fleets.Run(id=run, hosts=whys, answered=answered), loaded

    def _written(self, kind: str, path: pathlib.Path, fleet: fleets.Fleet, mode: int) -> files.Written:
        render, made_at = RENDERERS[kind]
        # Half a surrogate pair is valid JSON and no valid text: it is shown as its escape.
        content = render(fleet).encode("utf-8", "backslashreplace")
        document = files.Document(kind, path, content, made_at)
        written = files.compared(document, mode)
        if not self._task.check_mode:
            files.write(document, written.done, mode)
        return written


def _mode(value: str | int) -> int:
    """Permissions as octal text, or the number YAML makes of an unquoted 0640."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0o7777:
        return value
    if isinstance(value, str) and re.fullmatch(r"0?[0-7]{3,4}", value):
        return int(value, 8)
    raise CannotReport(f"mode: {value!r} is no octal mode such as '0640'; symbolic modes are not taken")


def _paths(options: dict[str, t.Any]) -> dict[str, pathlib.Path]:
    """What to write where. Relative to where ansible-playbook was started: the playbook may stand in a collection."""
    paths = {kind: pathlib.Path(options[kind]).absolute() for kind in RENDERERS if options[kind]}
    for path in paths.values():
        same = [kind for kind, other in paths.items() if other == path]
        if len(same) > 1:
            raise CannotReport(f"{' and '.join(same)} name the same file {path}: give each its own")
    return paths


def _folder(records_dir: str, paths: dict[str, pathlib.Path], check_mode: bool) -> loading.Loaded:
    folder = pathlib.Path(records_dir).absolute()
    if check_mode and not folder.exists():  # who would have made it made nothing
        return loading.Loaded([], [], [f"there is no folder {folder} yet, and check mode makes none"])
    if not folder.is_dir():
        raise CannotReport(
            f"records_dir: {folder} is no folder. Roles patch_scan and aws_patch_run write one "
            "(patch_scan_records_dir, aws_patch_run_records_dir); name that one"
        )
    loaded = loading.from_folder(folder, {path.resolve() for path in paths.values()})
    if not loaded.found and not loaded.unreadable:
        loaded.warnings.append(f"there is no compliance record in {folder}")
    return loaded


def _table(
    fleet: fleets.Fleet, written: t.Iterable[files.Written], paint: terminal.Paint = terminal.unpainted
) -> list[str]:
    named = [terminal.file_line(one.kind, one.path, one.done) for one in written]
    return [*terminal.lines(fleet, _columns(), paint), *named]


def _columns() -> int:
    """What COLUMNS says, as everywhere; else the terminal's width."""
    told = os.environ.get("COLUMNS", "")
    return int(told) if told.isdecimal() and int(told) else display.columns


def _show(fleet: fleets.Fleet, written: list[files.Written]) -> None:
    """One message, so that no other task's output comes between its lines; the log gets it without colours."""
    painted = _table(fleet, written, lambda text, status: stringc(text, COLOURS[status]))
    display.display("\n".join(["", *painted, ""]), screen_only=True)
    display.display("\n".join(_table(fleet, written)), log_only=True)


def _diff(written: files.Written, fleet: fleets.Fleet) -> dict[str, str]:
    """The lines of a CSV file; of the others only that they change, which is what anybody would read."""
    if written.kind.startswith("csv"):
        render, _made_at = RENDERERS[written.kind]
        return {
            "before_header": written.path,
            "after_header": written.path,
            "before": (written.before or b"").decode("utf-8", "replace"),
            "after": render(fleet),
        }
    told = fleets.summary(fleet)
    counts = ", ".join(f"{told[name]} {name.replace('_', '-')}" for name in ("compliant", "non_compliant", "unknown"))
    return {"prepared": f"{written.kind} {written.path}: {written.done} ({told['nodes']} nodes: {counts})\n"}
