# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libzypp's folders say, from folders made here."""

from __future__ import annotations

import os

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import zypp_metadata

REPOMD = """<?xml version="1.0"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo">%s</repomd>
"""
UPDATEINFO = '<data type="updateinfo"><location href="%s"/></data>'


@pytest.mark.parametrize(
    ("inside", "revised", "locations"),
    [
        pytest.param("", None, [], id="nothing"),
        pytest.param("<revision> 1780000000 </revision>", 1780000000, [], id="revision is an instant"),
        pytest.param("<revision>42</revision>", None, [], id="revision is a number of its own"),
        pytest.param('<data type="primary"><location href="a"/></data>', None, [], id="no updateinfo"),
        pytest.param(UPDATEINFO % "repodata/u.xml.gz", None, ["repodata/u.xml.gz"], id="updateinfo"),
        pytest.param((UPDATEINFO % "a") + (UPDATEINFO % "b"), None, ["a", "b"], id="several"),
    ],
)
def test_parse_repomd(inside, revised, locations):
    assert zypp_metadata.parse_repomd((REPOMD % inside).encode()) == (revised, locations)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(REPOMD[:-10], "damaged or cut short", id="cut short"),
        pytest.param("<!DOCTYPE x [<!ENTITY a 'b'>]>" + REPOMD, "document type", id="entities"),
        pytest.param(REPOMD % (UPDATEINFO % "/etc/shadow"), "/etc/shadow", id="an absolute path"),
        pytest.param(REPOMD % (UPDATEINFO % "../../x"), "../../x", id="outside of the folder"),
        pytest.param(REPOMD % '<data type="updateinfo"/>', "names ''", id="no place"),
    ],
)
def test_a_repomd_that_makes_no_sense_is_an_error(document, words):
    with pytest.raises(zypp_metadata.MetadataError, match=words):
        zypp_metadata.parse_repomd(document.encode())


def test_a_damaged_repomd_is_a_problem_that_names_it(tmp_path):
    (tmp_path / "repodata").mkdir()
    (tmp_path / "repodata/repomd.xml").write_text(REPOMD[:-10])
    found = zypp_metadata.read_metadata(str(tmp_path))
    assert (found.fetched, found.updateinfos) == (True, ())
    assert found.problem.startswith("%s/repodata/repomd.xml: damaged" % tmp_path)


def test_never_fetched(tmp_path):
    assert zypp_metadata.read_metadata(str(tmp_path / "none")).fetched is False


def test_a_repository_of_another_kind_has_a_time_and_no_patches(tmp_path):
    (tmp_path / "cookie").touch()
    os.utime(tmp_path / "cookie", (1780000000, 1780000000))
    assert zypp_metadata.read_metadata(str(tmp_path)) == zypp_metadata.Metadata(True, 1780000000, None, (), None)


def test_a_folder_that_may_not_be_read_is_a_problem(tmp_path, as_nobody):
    folder = tmp_path / "raw"
    folder.mkdir()
    folder.chmod(0)
    found = as_nobody(lambda: zypp_metadata.read_metadata(str(folder)))
    folder.chmod(0o700)
    assert "become: true" in found.problem


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("etc/zypp/zypp.conf", "[main]\n# metadatadir = /x\n", "/var/cache/zypp/raw", id="comment"),
        pytest.param("etc/zypp/zypp.conf", "[main]\nmetadatadir = /x/raw\n", "/x/raw", id="metadatadir"),
        pytest.param("etc/zypp/zypp.conf", "cachedir=/x\n", "/x/raw", id="cachedir"),
        pytest.param("usr/etc/zypp/zypp.conf", "cachedir=/x\n", "/x/raw", id="the vendor's configuration"),
        pytest.param("etc/other", "", "/var/cache/zypp/raw", id="none"),
    ],
)
def test_raw_folder(tmp_path, path, text, expected):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert zypp_metadata.raw_folder(str(tmp_path)) == str(tmp_path) + expected
