# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of dnf's probe, on the oldest Python a probe runs on. What needs dnf is in test_dnf.py."""

import json
import logging
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import dnf as probe


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        pytest.param("https://user:secret@example.com/os/", "https://example.com/os/", id="user and password"),
        pytest.param("https://example.com/a@b/", "https://example.com/a@b/", id="at sign in the path"),
        pytest.param("file:///srv/repository", "file:///srv/repository", id="file"),
        pytest.param("no-address", "no-address", id="no address"),
    ],
)
def test_credentials_are_cut_out_of_an_address(uri, expected):
    assert probe.without_userinfo(uri) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("one\n  two", "one two", id="on one line"),
        pytest.param(
            "Curl error for http://u:p@h/x and ftp://v@h", "Curl error for http://h/x and ftp://h", id="secrets"
        ),
    ],
)
def test_messages_are_cleaned(words, expected):
    assert probe.clean(words) == expected


def test_complaints_are_kept_from_warnings_on():
    handler = probe.Complaints()
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.info("not this")
    logger.warning("failed loading %r", "http://u:p@h/")
    assert handler.said == ["failed loading 'http://h/'"]


def test_names_whose_update_asks_for_a_reboot(tmp_path):
    folder = tmp_path / "etc/dnf/plugins/needs-restarting.d"
    folder.mkdir(parents=True)
    (folder / "b.conf").write_text("openssl-libs\n\n")
    (folder / "a.conf").write_text(" nginx \n")
    (folder / "readme").write_text("nothing\n")
    assert probe.read_reboot_names(str(tmp_path)) == ["nginx", "openssl-libs"]
    assert probe.read_reboot_names(str(tmp_path / "nowhere")) == []


def test_without_bindings_it_says_so_in_one_document(tmp_path):
    """Alone, from standard input, as a host gets it."""
    with open(probe.__file__, "rb") as source:
        command = [sys.executable, "-I", "-S", "-", "{}"]
        ended = subprocess.run(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    answer = json.loads(ended.stdout.decode())
    assert answer["error"]["kind"] == "bindings"
    assert "dnf" in answer["error"]["text"]
