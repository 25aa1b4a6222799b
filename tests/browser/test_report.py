# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader of the report sees and does: at every width, in light and dark, by keys, and with hostile data."""

from __future__ import annotations

import pathlib

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

pytestmark = pytest.mark.needs("chromium", "chromium-driver")

CONTRAST = (pathlib.Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
VIEWS = pytest.mark.parametrize(
    ("wide", "scheme"),
    [(1600, "light"), (1600, "dark"), (1000, "light"), (700, "dark"), (400, "light"), (400, "dark")],
)


def open_node(page, name):
    (button,) = [one for one in page.all(".open") if one.text == name]
    page.run("arguments[0].click()", button)


def settle(page):
    """Let what is still moving in arrive."""
    page.run("document.getAnimations().forEach((one) => one.finish())")


def needed_width(page, selector):
    return page.run(
        "document.querySelector(arguments[0]).scrollWidth - document.querySelector(arguments[0]).clientWidth", selector
    )


@pytest.mark.parametrize("name", ["sample", "hostile", "aws", "large", "empty"])
def test_no_error_and_nothing_fetched(opened, name):
    page = opened(name)
    if name != "empty":
        page.run("document.querySelector('.open').click()")
    assert page.errors() == []
    assert page.requests() == [page.path.as_uri()]


def test_the_policy_stops_what_the_page_does_not_need(opened):
    """A proof that the policy is in force, and that the check for requests and errors sees something."""
    page = opened()
    page.run("document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/x.png'}))")
    page.until(lambda: any("Content Security Policy" in error for error in page.errors()))


@VIEWS
@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_no_sideways_scrolling(opened, name, wide, scheme):
    page = opened(name, wide, scheme)
    assert needed_width(page, "html") == 0
    page.run("document.querySelector('.open').click()")
    settle(page)
    assert needed_width(page, "html") == 0
    assert needed_width(page, "#drill-body") == 0
    box = page.run("document.querySelector('dialog').getBoundingClientRect()")
    assert (max(box["left"], 0), min(box["right"], wide)) == (box["left"], box["right"])


@VIEWS
def test_every_text_can_be_read(opened, wide, scheme):
    page = opened("sample", wide, scheme)
    assert page.browser.execute_script(CONTRAST) == []
    open_node(page, "web-2.prod.example.com")
    settle(page)
    assert page.browser.execute_script(CONTRAST, page.one("dialog")) == []


def test_the_contrast_check_finds_faint_text(opened):
    page = opened()
    page.run("Object.assign(document.querySelector('h1').style, {color: 'rgb(150, 150, 150)', fontSize: '14px'})")
    assert [fault.partition(" ")[2] for fault in page.browser.execute_script(CONTRAST)] == ["Patch compliance"]


def test_what_aws_does_not_tell(opened):
    page = opened("aws")
    row = next(row for row in page.all("#node-table tbody tr") if "aws-1" in row.text)
    cells = {cell.get_attribute("data-label"): cell.text for cell in row.find_elements("css selector", "td")}
    assert cells["Waiting"] == "-"
    assert cells["Missing"] != "-"
    open_node(page, "aws-1.example.com")
    settle(page)
    assert page.texts("dialog .title") == ["KB4481031"]
    assert "not told" in page.one("dialog table.patches").text
    assert "AWS Systems Manager, to which the node was online then" in page.one("dialog").text
    assert page.errors() == []


def test_light_and_dark_differ(opened):
    colours = [
        opened(scheme=scheme).run("getComputedStyle(document.body).backgroundColor") for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(244, 246, 249)", "rgb(15, 20, 26)"]


def test_the_fleet_at_a_glance(opened):
    page = opened()
    assert page.texts(".tile-value") == ["12", "2", "2", "1", "10", "84"]
    legend = [text.split() for text in page.texts(".legend li")]
    assert legend == [["Compliant", "5", "36%"], ["Non-compliant", "7", "50%"], ["Unknown", "2", "14%"]]
    assert page.texts("#count") == ["14 nodes"]
    assert page.all("figure .bars, figure .columns")


def test_hosts_without_a_result_and_unreadable_records_are_named(opened):
    page = opened()
    attention = page.one(".attention").text
    assert "build-1.example.com unreachable or failed in this play" in attention
    assert "/records/Patch compliance" in attention
    assert "web-2.prod.example.com /var/lib/apt/lists/deb.example.com_dists_bookworm_InRelease" in attention
    assert "dev-2.example.com fetched 2 days before the scan" in attention


@pytest.mark.parametrize(
    ("control", "choice", "names"),
    [
        pytest.param("#by-status", "Unknown", ["edge-1.example.com", "build-1.example.com"], id="status"),
        pytest.param("#by-group", "Development", ["dev-1.example.com", "dev-2.example.com"], id="patch group"),
        pytest.param("#by-group", "No patch group", ["edge-1.example.com"], id="no patch group"),
        pytest.param("#by-os", "SUSE", ["sles-1.prod.example.com"], id="operating system"),
        pytest.param(
            "#by-baseline", "production-el9", ["db-1.prod.example.com", "db-2.prod.example.com"], id="baseline"
        ),
    ],
)
def test_filters(opened, control, choice, names):
    page = opened()
    Select(page.one(control)).select_by_visible_text(choice)
    page.until(lambda: page.names() == names)
    assert page.texts("#count") == [f"{len(names)} of 14 nodes"]


@pytest.mark.parametrize(
    ("field", "words", "names"),
    [
        pytest.param("#find", "WEB-", ["web-1.prod.example.com", "web-2.prod.example.com"], id="a name"),
        pytest.param("#find", "10.30.0.31", ["cache-1.stage.example.com"], id="an address"),
        pytest.param("#find", "i-0b77e3f1", ["db-2.prod.example.com"], id="an id"),
        pytest.param("#needs", "cve-2026-17702", ["web-1.prod.example.com"], id="a CVE id that a missing patch heals"),
        pytest.param("#needs", "DSA-6290", ["web-2.prod.example.com"], id="an advisory"),
        pytest.param("#needs", "telnetd", ["cache-1.stage.example.com"], id="a rejected patch"),
        pytest.param("#needs", "procps", [], id="a patch that is as it should be"),
        pytest.param("#needs", "no such thing", [], id="nothing"),
    ],
)
def test_searching(opened, field, words, names):
    page = opened()
    page.one(field).send_keys(words)
    page.until(lambda: page.names() == names)
    assert page.one("#no-match").is_displayed() == (not names)


def test_filters_add_up_and_are_reset_at_once(opened):
    page = opened()
    everything = page.names()
    Select(page.one("#by-group")).select_by_visible_text("Production")
    page.one("#find").send_keys("db-")
    Select(page.one("#by-status")).select_by_visible_text("Compliant")
    page.until(lambda: page.names() == ["db-2.prod.example.com"])
    page.one("#reset").click()
    page.until(lambda: page.names() == everything)


def test_sorting_by_keys(opened):
    page = opened()
    page.focus("th[data-key=missing] button")
    page.keys(Keys.ENTER)
    counts = page.texts("#node-table tbody td[data-label=Missing]")
    assert counts[:4] == ["3", "3", "2", "2"]
    assert page.one("th[data-key=missing]").get_attribute("aria-sort") == "descending"
    page.keys(Keys.SPACE)
    assert page.texts("#node-table tbody td[data-label=Missing]")[-4:] == ["2", "2", "3", "3"]
    assert page.one("th[data-key=missing]").get_attribute("aria-sort") == "ascending"
    page.focus("th[data-key=name] button")
    page.keys(Keys.ENTER)
    assert page.names() == sorted(page.names())
    assert [one.get_attribute("data-key") for one in page.all("[aria-sort]")] == ["name"]


def test_sorting_on_a_narrow_screen(opened):
    page = opened(wide=400)
    Select(page.one("#by-order")).select_by_visible_text("Missing, descending")
    page.until(lambda: page.texts("#node-table tbody td[data-label=Missing]")[:2] == ["3", "3"])


def test_the_drill_down_by_keys(opened):
    page = opened()
    page.focus("[data-node='10'] .open")
    page.keys(Keys.ENTER)
    assert page.texts("#drill-title") == ["web-1.prod.example.com"]
    assert page.run("document.querySelector('dialog').matches(':modal')")
    body = page.one("#drill-body").text
    for text in (
        "bound to patch group Production",
        "rule 1 approves 7 days after",
        "waits until 2026-",
        "DSA-6301-1",
        "CVE-2026-20418",
        "2026-11-21 04:10 UTC, 1 hour before the scan",
        "ApproveAfterDays counts from the day the .deb was published",
    ):
        assert text in body
    page.keys(Keys.ESCAPE)
    page.until(lambda: not page.one("dialog").is_displayed())
    assert page.run("document.activeElement.textContent") == "web-1.prod.example.com"


def test_the_first_patches_are_those_that_need_something(opened):
    page = opened()
    open_node(page, "web-2.prod.example.com")
    states = page.texts("dialog tbody td[data-label=State]")
    assert states[:5] == ["Missing", "Missing", "Failed", "Failed", "Installed otherWaiting"]
    assert "signature expired" in page.one("#drill-body").text
    assert "unattended-upgrades is running" in page.one("#drill-body").text


def test_patches_by_state_and_text(opened):
    page = opened()
    open_node(page, "web-1.prod.example.com")
    buttons = {one.get_attribute("data-facet"): one for one in page.all(".states button")}
    assert list(buttons) == ["All", "Needs attention", "Missing", "Installed", "Installed other", "Waiting"]
    page.focus("[data-facet=Waiting]")
    page.keys(Keys.SPACE)
    assert [title.partition(".")[0] for title in page.texts("dialog .title")] == ["linux-image-amd64", "tzdata"]
    assert buttons["Waiting"].get_attribute("aria-pressed") == "true"
    assert buttons["All"].get_attribute("aria-pressed") == "false"
    page.one("dialog input").send_keys("tzdata")
    page.until(lambda: page.texts("dialog [role=status]") == ["1 of 27 patches"])


def test_a_reboot_that_is_due_is_told(opened):
    page = opened()
    open_node(page, "db-1.prod.example.com")
    assert (
        "required: the running kernel is older than the installed one (kernel, openssl-libs)"
        in page.one("#drill-body").text
    )


def test_many_cve_ids_are_folded(opened):
    page = opened()
    open_node(page, "db-1.prod.example.com")
    assert page.all("dialog details") == []  # pending reboot: the record names no CVE ids
    page.one("#close").click()
    page = opened("hostile")
    page.run("document.querySelector('.open').click()")
    assert page.texts("dialog summary")[0].endswith(" and 5 more")


def test_hostile_names_stay_text(opened):
    page = opened("hostile")
    assert page.names() == [HOSTILE, f"silent {HOSTILE}"]
    page.run("document.querySelector('.open').click()")
    assert page.texts("#drill-title") == [HOSTILE]
    assert HOSTILE in page.texts("dialog .title")
    assert page.texts("dialog .reason .text")[0] == HOSTILE
    page.keys(Keys.ESCAPE)
    page.until(lambda: not page.one("dialog").is_displayed())
    Select(page.one("#by-group")).select_by_index(1)
    page.until(lambda: page.names() == [HOSTILE])
    assert page.all("img, script:not(#data):not(:last-of-type)") == []
    assert page.browser.title == HOSTILE  # the title given; its script would have set another


def test_a_large_fleet_is_shown_in_pages(opened):
    page = opened("large")
    assert (len(page.names()), page.texts("#page")) == (100, ["Page 1 of 10"])
    assert not page.one("#previous").is_enabled()
    page.one("#next").click()
    assert page.names()[0] == "node-0100.example.com"
    page.run("document.querySelector('th[data-key=missing] button').click()")
    assert (page.names()[0], page.texts("#page")) == ("node-0999.example.com", ["Page 1 of 10"])
    page.one("#needs").send_keys("package-249.amd64:1.3")
    page.until(lambda: page.texts("#count") == ["142 of 1,000 nodes"])


def test_the_patches_of_a_large_node_come_in_parts(opened):
    page = opened("large")
    page.run("document.querySelector('.open').click()")
    assert len(page.all("dialog tbody tr")) == 100
    for shown in (200, 250):
        page.one(".more").click()
        assert len(page.all("dialog tbody tr")) == shown
    assert not page.one(".more").is_displayed()


def test_without_scripts_the_table_is_whole(opened):
    page = opened("empty")
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page = opened("sample")
    table = page.one("#node-table").text
    assert "build-1.example.com" in table
    assert len(page.all("#node-table tbody tr")) == 14
    assert not page.one("#tools").is_displayed()
    assert "Scripts are off" in page.one("noscript").text
    assert page.all("button.open, button.sort") == []


def test_the_structure_that_screen_readers_use(opened):
    page = opened()
    assert [one.get_attribute("scope") for one in page.all("#node-table thead th")] == ["col"] * 11
    assert len(page.all("#node-table tbody th[scope=row]")) == 14
    assert page.all("label:not(:has(input, select))") == []
    assert page.all(":is(input, select):not(label *)") == []
    assert page.one("#count").get_attribute("role") == "status"
    assert page.one("html").get_attribute("lang") == "en"
    assert [len(page.all(name)) for name in ("main", "h1", "dialog[aria-labelledby]")] == [1, 1, 1]
    assert page.all("svg:not([aria-hidden=true])") == []
    assert page.run("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size") == len(
        page.all("[id]")
    )


@pytest.mark.parametrize("wide", [1600, 400])
def test_the_skip_link_comes_first_and_leads_to_the_nodes(opened, wide):
    page = opened(wide=wide)
    page.keys(Keys.TAB)
    assert page.run("document.activeElement.className") == "skip"
    page.keys(Keys.ENTER)
    assert page.run("document.activeElement.id") == "nodes"


def test_paper_shows_every_node_and_no_controls(opened):
    page = opened("large", media="print")
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert len(page.names()) == 1000
    assert not page.one("#tools").is_displayed()
    page.run("dispatchEvent(new Event('afterprint'))")
    assert len(page.names()) == 100
