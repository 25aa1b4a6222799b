# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates as Microsoft publishes them (tests/fixtures/README.md), put on test hosts and decided.

No source has all that an agent tells, so each test says what it adds: ids of categories where only names are given.
"""

from __future__ import annotations

import datetime
import json
import pathlib
from xml.etree import ElementTree

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import categories
from ansible_collections.patchops.fleet.tests.servers.windows import catalogue
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import BY_NAME, WINDOWS_11, Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost, signed
from ansible_collections.patchops.fleet.tests.servers.windows.win_updates import WinUpdates
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.scanning import inventory_of

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "windows"
# Security updates that are critical or important, after seven days.
DEFAULT = "AWS-DefaultPatchBaseline"
APPLICATIONS = "AWS-WindowsPredefinedPatchBaseline-OS-Applications"
IDS = {word: identifier for identifier, word in categories.CLASSIFICATIONS.items()}
CLIENT = {"build": "22621", "installation_type": "Client", "product_name": "Windows 11 Pro"}
SERVER_2019 = {"build": "17763", "product_name": "Windows Server 2019 Standard"}


def read(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def decided(updates, now, baseline=DEFAULT, policy="newest", **host):
    """State, and why, of each KB on a host that has these updates on offer."""
    found = inventory_of(WindowsHost(**host).add(*updates))
    answer = what_if(found, [baseline], now=now, supersedence=policy)["evaluations"]
    return {one["kb_id"]: (one["state"], one["reason"]) for one in answer}


def catalogue_page(page, pages):
    """A page of the Microsoft Update Catalog, which names by id what supersedes, and by title what is superseded."""
    return Update(
        page["update_id"],
        page["title"],
        (page["kb_article"],),
        (IDS[page["classification"]], WINDOWS_11),
        "" if page["msrc_severity"] == "n/a" else page["msrc_severity"],
        datetime.datetime.strptime(page["last_modified"], "%m/%d/%Y"),
        supersedes=tuple(
            other["update_id"]
            for other in pages
            if page["update_id"] in [newer["update_id"] for newer in other.get("supersededby", ())]
        ),
        browse_only="Preview" in page["title"],
    )


def windows_11():
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIXTURES.glob("update-catalog/*.json"))]
    pages = [page for page in pages if page["supported_products"] == "Windows11"]
    return [catalogue_page(page, pages) for page in pages]


@pytest.mark.parametrize(
    ("now", "states", "words"),
    [
        pytest.param("2023-05-12", {"KB5025305": None, "KB5026372": "AVAILABLE_SECURITY_UPDATE", "KB5026446": None},
                     "waits until 2023-05-16T00:00:00Z: rule 1 approves 7 days after 2023-05-09T00:00:00Z", id="waits"),
        pytest.param("2023-05-20", {"KB5025305": None, "KB5026372": "MISSING", "KB5026446": None},
                     "rule 1 approves 7 days after 2023-05-09T00:00:00Z", id="it is due"),
        pytest.param("2023-06-20", {"KB5025305": None, "KB5026372": "MISSING", "KB5026446": None},
                     "rule 1 approves 7 days after 2023-05-09T00:00:00Z", id="a preview supersedes it, and it is due"),
    ],
)  # fmt: skip
def test_a_month_of_the_update_catalogue(now, states, words):
    answer = decided(windows_11(), now, **CLIENT)
    assert {kb: state for kb, (state, _reason) in answer.items()} == states
    assert answer["KB5026372"][1] == words
    if states["KB5026372"] == "MISSING":
        assert answer["KB5025305"][1].endswith("; superseded by KB5026372, which is approved")


def scan_catalogue(number, newer=()):
    """A record of wsusscn2.cab: what it is (u), its properties (x), its words (l). Its categories are ids."""
    update, properties, words = (read(f"wsusscn2/{letter}-{number}.json") for letter in "uxl")
    return Update(
        update["updateid"],
        words["title"]["text"],
        (properties["kbarticleid"]["text"],),
        tuple(category["id"] for category in update["categories"]["category"]),
        properties["msrcseverity"],
        datetime.datetime.strptime(update["creationdate"], "%Y-%m-%dT%H:%M:%SZ"),
        bulletins=(properties["securitybulletinid"]["text"],) if "securitybulletinid" in properties else (),
        supersedes=newer,
        revision=int(update["revisionnumber"]),
        browse_only=properties["browseonly"] == "true",
    )


def test_the_offline_scan_catalogue_has_ids_alone():
    first = scan_catalogue(1)
    second = scan_catalogue(2, newer=(first.id,))  # by its revision id, of which agents tell nothing
    found = inventory_of(WindowsHost().add(first, second))
    told = [(one["kb"], one["product"], one["classification"], one["bulletin"]) for one in found["updates"]]
    assert told == [
        ("KB5070881", "WindowsServer2025", "SecurityUpdates", "MS25-001"),
        ("KB5066835", "Windows11", "SecurityUpdates", None),
    ]
    assert found["warnings"] == []
    waits = "waits until 2025-11-19T01:07:55Z: rule 1 approves 7 days after 2025-11-12T01:07:55Z"
    row = [first, second]
    assert decided(row, "2025-11-15")["KB5070881"] == (
        "NOT_APPLICABLE",
        f"rule 1 approves 7 days after 2025-10-23T23:11:51Z; superseded by KB5066835, which is not approved: {waits}",
    )
    assert decided(row, "2025-11-15", policy="newest_approved")["KB5070881"] == (
        "MISSING",
        f"rule 1 approves 7 days after 2025-10-23T23:11:51Z; KB5066835, which supersedes it, is not approved: {waits}",
    )


def test_every_category_of_the_offline_scan_catalogue_is_known():
    known = {*categories.CLASSIFICATIONS, *categories.FAMILIES, *categories.PRODUCTS}
    named = [
        category["id"] for number in (1, 2) for category in read(f"wsusscn2/u-{number}.json")["categories"]["category"]
    ]
    assert set(named) <= known
    # a category is an update itself there: this one is the classification of feature packs
    assert categories.CLASSIFICATIONS[read("wsusscn2/u-4.json")["updateid"]] == "FeaturePacks"


def transcript(name):
    """The events that win_updates' script wrote on a host, one JSON document after the other."""
    text, decoder, events, position = (FIXTURES / name).read_text(encoding="utf-8"), json.JSONDecoder(), [], 0
    while position < len(text.rstrip()):
        event, position = decoder.raw_decode(text, position + len(text[position:]) - len(text[position:].lstrip()))
        events.append(event)
    return [event for event in events if "task" in event]


def first_search(name):
    return next(event["result"]["updates"] for event in transcript(name) if event["task"] == "search_result")


def recorded(raw, released=datetime.datetime(2021, 5, 11)):
    """An update of a transcript, with what win_updates leaves out: ids of categories, severity, date."""
    return Update(
        raw["id"],
        raw["title"],
        tuple(kb.removeprefix("KB") for kb in raw["kb"]),
        tuple(BY_NAME[name].id for name in raw["categories"]),
        "Critical" if "Security Updates" in raw["categories"] else "",
        released,
        revision=raw["revision_number"],
        browse_only=raw["browse_only"],
    )


def test_a_server_of_2021():
    raw = first_search("win_updates-server2019-full-run.ndjson")
    host = WindowsHost(**SERVER_2019).add(*map(recorded, raw))
    found = inventory_of(host)
    assert {(one["kb"], one["product"], one["classification"]) for one in found["updates"]} == {
        ("KB4580325", "WindowsServer2019", "SecurityUpdates"),
        ("KB4577586", "WindowsServer2019", "Updates"),
        ("KB890830", "WindowsServer2019", "UpdateRollups"),  # also of Windows Server 2016, which is named first
        ("KB5003396", "WindowsServer2019", "Updates"),
        ("KB2267602", "MicrosoftDefenderAntivirus", "DefinitionUpdates"),
        ("KB5003171", "WindowsServer2019", "SecurityUpdates"),  # its categories name no product, its title does
    }
    assert found["warnings"] == []
    answer = decided(host.updates, "2021-06-01", **SERVER_2019)
    assert {kb for kb, (state, _reason) in answer.items() if state == "MISSING"} == {"KB4580325", "KB5003171"}


def test_an_installation_that_failed_is_told_with_its_code():
    name = "win_updates-failed-install.ndjson"
    outcomes = next(event["result"]["info"] for event in transcript(name) if event["task"] == "install_result")
    (failed,) = (one for one in outcomes if one["result_code"] != 2)
    host = WindowsHost(**SERVER_2019).add(*map(recorded, first_search(name)))
    for one in outcomes:
        host.update(one["id"]).fails_with = one["hresult"] & 0xFFFFFFFF
        attempt = host.install(host.update(one["id"]))
        assert (attempt.result_code, attempt.hresult) == (one["result_code"], one["hresult"])
        assert host.update(one["id"]).pending is one["reboot_required"]
    found = {one["id"]: one for one in inventory_of(host)["updates"]}
    assert found[failed["id"]]["failure"] == (
        "its last installation failed on 2025-11-01T06:30:00Z: 0x80070643: the installer of the update failed"
    )
    assert signed(0x80070643) == failed["hresult"]
    assert inventory_of(host)["reboot"]["required"] is True


def test_the_stand_in_for_win_updates_tells_what_the_real_one_does():
    """Held to a recording: the events, and every member of an update."""
    real = transcript("win_updates-server2019-full-run.ndjson")
    raw = first_search("win_updates-server2019-full-run.ndjson")
    module = WinUpdates(WindowsHost().add(*map(recorded, raw)))
    module({"category_names": ["*"]}, False)
    ours = module({"_operation": "poll"}, False)["output"]
    progress = {"download", "install"}
    assert {event["task"] for event in ours} == {event["task"] for event in real} - progress
    for task in ("search_result", "exit"):
        mine, theirs = (next(one["result"] for one in events if one["task"] == task) for events in (ours, real))
        assert set(mine) == set(theirs), task
    mine = next(one["result"]["updates"] for one in ours if one["task"] == "search_result")
    assert [set(one) for one in mine] == [set(one) for one in raw]
    assert [(one["title"], one["categories"], one["kb"]) for one in mine] == [
        (one["title"], one["categories"], one["kb"]) for one in raw
    ]


CVRF = {"vuln": "http://www.icasi.org/CVRF/schema/vuln/1.1"}
NET, DOT_NET_8 = "net-family", "net-8"


def of_msrc(monkeypatch):
    """The fix of .NET 8.0 in MSRC's document of March 2024: KB, severity, CVE. It has no ids of categories."""
    monkeypatch.setitem(
        catalogue.CATEGORIES, NET, catalogue.Category(NET, "ProductFamily", "Developer Tools, Runtimes")
    )
    monkeypatch.setitem(catalogue.CATEGORIES, DOT_NET_8, catalogue.Category(DOT_NET_8, "Product", ".NET 8.0", NET))
    (vulnerability,) = (
        one
        for one in ElementTree.parse(FIXTURES / "msrc-cvrf-2024-Mar.xml").getroot().iterfind("vuln:Vulnerability", CVRF)
        if one.findtext("vuln:CVE", "", CVRF) == "CVE-2024-21392"
    )
    product = "12260"
    severity = next(
        one.findtext("vuln:Description", "", CVRF)
        for one in vulnerability.iterfind(".//vuln:Threat", CVRF)
        if one.get("Type") == "Severity" and one.findtext("vuln:ProductID", "", CVRF) == product
    )
    kb = next(
        one.findtext("vuln:Description", "", CVRF)
        for one in vulnerability.iterfind(".//vuln:Remediation", CVRF)
        if one.findtext("vuln:ProductID", "", CVRF) == product
    )
    cve = vulnerability.findtext("vuln:CVE", "", CVRF)
    released = datetime.datetime(2024, 3, 12, 7)
    security = catalogue.SECURITY_UPDATES
    return Update("net8", ".NET 8.0.3 Security Update", (kb,), (security, DOT_NET_8), severity, released, (cve,))


def test_a_fix_that_msrc_announced(monkeypatch):
    update = of_msrc(monkeypatch)
    assert (update.kbs, update.severity) == (("5036452",), "Important")
    by_default = decided([update], "2024-04-01")["KB5036452"]
    assert by_default[0] == "AVAILABLE_SECURITY_UPDATE"
    assert "no approval rule matches patch set APPLICATION" in by_default[1]
    assert decided([update], "2024-04-01", APPLICATIONS)["KB5036452"][0] == "MISSING"
