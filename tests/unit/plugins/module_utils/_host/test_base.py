# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import zipfile

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base

PROBE = """\
import json, sys
OPTIONS = json.loads(sys.argv[1])
sys.stderr.write(OPTIONS.get("stderr", ""))
sys.stdout.write(OPTIONS.get("stdout", ""))
sys.exit(OPTIONS.get("code", 0))
"""


def run(command, data=None):
    ended = subprocess.run(command, input=data, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def probe(tmp_path):
    path = tmp_path / "some_probe.py"
    path.write_text(PROBE)
    # loaded without being executed, as only its source matters
    return importlib.util.module_from_spec(importlib.util.spec_from_file_location("some_probe", path))


def ask(probe, interpreters=(sys.executable,), **options):
    return base.ask_probe(run, probe, interpreters, options)


def test_the_answer_is_the_document(probe):
    assert ask(probe, stdout='{"packages": []}', stderr="a warning") == {"packages": []}


def test_a_probe_has_the_functions_of_the_libraries_it_is_sent_with(probe, tmp_path):
    path = tmp_path / "library.py"
    path.write_text(
        "def greeting():\n    return {'hello': __name__}\nif __name__ == '__main__':\n    print('not this')\n"
    )
    library = importlib.util.module_from_spec(importlib.util.spec_from_file_location("library", path))
    (tmp_path / "some_probe.py").write_text(
        "import json\nfrom .library import greeting\nif __name__ == '__main__':\n    print(json.dumps(greeting()))\n"
    )
    assert base.ask_probe(run, probe, [sys.executable], {}, [library]) == {"hello": "probes.library"}


@pytest.mark.parametrize(
    ("options", "quoted"),
    [
        pytest.param(
            {"stdout": "hello {}", "stderr": "odd things"},
            ["odd things", "hello {}"],
            id="something else on standard output",
        ),
        pytest.param(
            {"stdout": "{}", "stderr": "broke down", "code": 3}, ["exit code 3", "broke down"], id="a failure"
        ),
        pytest.param({"stdout": "[]"}, ["no usable answer", "standard error: empty"], id="no object"),
        pytest.param({}, ["standard output began: empty"], id="nothing"),
    ],
)
def test_anything_else_is_an_error_that_quotes_it(probe, options, quoted):
    with pytest.raises(base.BackendError) as error:
        ask(probe, **options)
    for words in [sys.executable, *quoted]:
        assert words in str(error.value)


def test_an_interpreter_without_bindings_is_passed_over(probe, tmp_path):
    other = tmp_path / "python"
    other.write_text('#!/bin/sh\necho \'{"error": {"kind": "bindings", "text": "no apt_pkg"}}\'\n')
    other.chmod(0o755)
    assert ask(probe, [str(tmp_path / "none"), str(other), sys.executable], stdout='{"a": 1}') == {"a": 1}
    with pytest.raises(base.BindingsMissing) as error:
        ask(probe, [str(tmp_path / "none"), str(other)])
    assert "none does not exist" in str(error.value)
    assert "python: no apt_pkg" in str(error.value)


def test_what_the_package_manager_says_is_passed_on(probe):
    with pytest.raises(base.CacheUnusable, match="E:Malformed entry"):
        ask(probe, stdout='{"error": {"kind": "cache", "text": "E:Malformed entry"}}')


def test_the_source_of_a_probe_in_an_archive(tmp_path, monkeypatch):
    """As in the archive in which a module reaches a host."""
    with zipfile.ZipFile(tmp_path / "payload.zip", "w") as archive:
        archive.writestr("zipped_probe.py", PROBE)
    monkeypatch.syspath_prepend(str(tmp_path / "payload.zip"))
    monkeypatch.setattr(sys, "argv", ["", '{"stdout": ""}'])
    monkeypatch.setattr(sys, "exit", lambda code: None)
    assert base.probe_source(importlib.import_module("zipped_probe")) == PROBE


def test_the_source_of_a_probe_whose_loader_does_not_tell(probe):
    probe.__spec__ = None
    probe.__file__ = importlib.util.find_spec("json").origin
    probe.__loader__ = None
    assert "JSON" in base.probe_source(probe)
