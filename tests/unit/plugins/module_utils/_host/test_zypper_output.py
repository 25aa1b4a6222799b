# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from recorded outputs; what the installed zypper does stands in test_zypper_roots.py."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import zypper, zypper_output
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_output import Installed, Offer, Update

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "zypper"
STREAM = "<?xml version='1.0'?>\n<stream>\n%s\n</stream>\n"
NOTHING = '<update-status version="0.6">\n<update-list>\n</update-list>\n</update-status>\n'


@pytest.fixture(name="recorded", scope="module")
def recorded_session():
    return (FIXTURES / "zypper-1.14.42-session.txt").read_text(encoding="utf-8")


def test_a_recorded_session(recorded):
    answer = zypper_output.parse_answer(recorded)
    assert Offer("foo", "noarch", (0, "1.2", "1"), "The upd repository") in answer.offers
    assert Offer("ep", "noarch", (1, "1.2", "1"), "The low repository") in answer.offers
    assert {(lock.lock, lock.name, lock.edition[1]) for lock in answer.locks if not lock.installed} == {
        ("foo == 1.2", "foo", "1.2"),
        ("k*", "kern", "1.1"),
        ("k*", "kern", "1.2"),
        ("lock", "lock", "1.1"),
    }
    assert answer.updates["foo", "noarch"] == Update((0, "1.1", "1"), "upd")
    changes = zypper_output.parse_vendor_changes(recorded)
    assert changes["foo", "noarch"] == Update((0, "2.0", "1"), 'pack "my" re\'po')
    assert answer.complaints == []


def test_updates_as_sles_11_lists_them():
    """Other order of attributes, and white space in texts."""
    text = (FIXTURES / "sles11sp2-list-updates.xml").read_text(encoding="utf-8")
    status = text[text.index("<update-status") : text.index("</stream>")]
    answer = zypper_output.parse_answer(STREAM % ('<search-result/><locks size="0"/>' + status + status))
    assert len(answer.updates) == text.count("<update ") > 20
    assert answer.updates["libzypp", "x86_64"] == Update((0, "9.12.3", "0.5.1"), "nu_novell_com:SLES11-SP2-Updates")


def test_characters_that_xml_cannot_hold_are_passed_over():
    update = '<update kind="package" name="a" edition="1-1" arch="x86_64"><summary>%s</summary></update>'
    listed = NOTHING.replace("</update-list>", update % "bell \a, half \udcff" + "</update-list>")
    answer = zypper_output.parse_answer(STREAM % ('<search-result/><locks size="0"/>' + listed + NOTHING))
    assert answer.updates == {("a", "x86_64"): Update((0, "1", "1"), "")}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param("", "no answer to the search", id="none"),
        pytest.param("<search-result/>", "no answer about locks", id="no locks"),
        pytest.param('<search-result/><locks size="0"/>', "no answer about .* updates", id="no updates"),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(answers, words):
    with pytest.raises(zypper_output.OutputError, match=words):
        zypper_output.parse_answer(STREAM % answers)


def test_an_answer_about_vendors_that_is_not_whole_is_an_error():
    with pytest.raises(zypper_output.OutputError, match="Cannot do that"):
        zypper_output.parse_vendor_changes(STREAM % '<message type="error">Cannot do that</message>')


@pytest.mark.parametrize(
    ("said", "reboot"),
    [
        pytest.param(
            [
                "Core libraries or services have been updated.",
                "Reboot is required to ensure that your system benefits.",
            ],
            (
                True,
                "Core libraries or services have been updated. Reboot is required to ensure that your system benefits.",
            ),
            id="due",
        ),
        pytest.param(
            ["No core libraries or services have been updated.", "Reboot is probably not necessary."],
            (False, "No core libraries or services have been updated. Reboot is probably not necessary."),
            id="not due",
        ),
        pytest.param(["Something new"], None, id="other words"),
    ],
)
def test_whether_a_reboot_is_due(said, reboot):
    words = "".join('<message type="info">%s</message>' % line for line in said)
    answer = zypper_output.parse_answer(STREAM % ('<search-result/><locks size="0"/>' + NOTHING + words))
    assert answer.reboot == reboot


def test_a_zypper_that_does_not_know_about_reboots_is_no_warning():
    words = "<message type=\"error\">Unknown command 'needs-rebooting'</message>"
    answer = zypper_output.parse_answer(STREAM % ('<search-result/><locks size="0"/>' + NOTHING + words))
    assert (answer.reboot, answer.complaints) == (None, [])


def test_an_answer_that_breaks_off_is_an_error(recorded):
    with pytest.raises(zypper_output.OutputError):
        zypper_output.parse_answer(recorded[: recorded.index("</locks>")])


def test_an_error_is_quoted_in_place_of_the_answer():
    said = '<message type="error">The flag --details is not known.</message>'
    with pytest.raises(zypper_output.OutputError, match="flag --details is not known"):
        zypper_output.parse_answer(STREAM % said)


def test_no_package_of_these_names_is_an_answer():
    said = '<message type="info">No matching items found.</message><locks size="0"/>'
    assert zypper_output.parse_answer(STREAM % (said + NOTHING + NOTHING)).offers == []


def test_commands_are_quoted_for_the_shell():
    search = zypper_output.session(["a b", 'c"d\\e'])[0]
    assert search.endswith('-r "a b" -r "c\\"d\\\\e"')


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        pytest.param("1.0-1", (0, "1.0", "1"), id="no epoch"),
        pytest.param("2:1.0-150600.3.1", (2, "1.0", "150600.3.1"), id="epoch"),
        pytest.param("2519", (0, "2519", ""), id="no release"),
        pytest.param("1.0~rc1^git-1.2", (0, "1.0~rc1^git", "1.2"), id="signs"),
    ],
)
def test_parse_edition(text, edition):
    assert zypper_output.parse_edition(text) == edition


def test_an_epoch_that_is_none_is_an_error():
    with pytest.raises(zypper_output.OutputError, match="x:1"):
        zypper_output.parse_edition("x:1")


def test_parse_installed():
    output = "gpg-pubkey\t(none)\t1\t2\t(none)\t1780000000\nbash\t(none)\t5.2\t1\tx86_64\t1780000000\n"
    assert zypper_output.parse_installed(output) == [Installed("bash", "x86_64", (0, "5.2", "1"), 1780000000)]


def test_a_line_of_rpm_that_is_none_is_an_error():
    with pytest.raises(zypper_output.OutputError, match="error: no database"):
        zypper_output.parse_installed("error: no database\n")


def test_addresses_of_repositories_lose_their_password():
    output = STREAM % (
        '<repo-list><repo alias="a" enabled="1" gpgcheck="1"><url>https://u:p@host/x</url></repo>'
        '<repo alias="b" name="B" enabled="0" gpgcheck="0"/></repo-list>'
    )
    assert [tuple(repository) for repository in zypper_output.parse_repositories(output)] == [
        ("a", "a", "https://host/x", True, True),
        ("b", "B", None, False, False),
    ]


INVALID = """<message type="error">Repository 'x' is invalid.
[x|https://u:p@host/] Valid metadata not found at specified URL</message>"""
BESIDE = '<message type="error">Skipping repository &apos;x&apos; because of the above error.</message>'
SOME = '<message type="error">Some of the repositories have not been refreshed because of an error.</message>'


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        pytest.param(0, STREAM % '<message type="info">Up to date.</message>', [], id="all well"),
        pytest.param(
            4,
            STREAM % (INVALID + BESIDE + SOME),
            ["Repository 'x' is invalid. [x|https://host/] Valid metadata not found at specified URL"],
            id="one repository, without its password",
        ),
        pytest.param(4, STREAM % SOME, [SOME[22:-10]], id="only the summary"),
        pytest.param(1, "", ["ended with exit code 1"], id="no words"),
        pytest.param(1, "Something\nelse", ["Something else"], id="no XML"),
    ],
)
def test_parse_refresh(code, output, expected):
    assert zypper.parse_refresh(code, output) == ["zypper refresh: %s" % words for words in expected]
