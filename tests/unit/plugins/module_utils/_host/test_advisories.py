# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python 3.6 and pytest 7.0: these tests run wherever a probe does."""

import bz2
import gzip
import io
import lzma
import pathlib
import subprocess
import sys
import tracemalloc

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import advisories
from ansible_collections.patchops.fleet.plugins.module_utils._host.advisories import Module, Package

FILES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "updateinfo"

UPDATE = (
    '<update from="x" status="final" type="security" version="1"><id>EXSA-%d</id><title>A title</title>'
    '<issued date="2025-01-02"/><severity>Low</severity><description>%s</description><references>'
    '<reference id="CVE-2025-%d" type="cve"/></references><pkglist><collection><package name="lantern" epoch="0" '
    'version="1" release="%d" arch="x86_64"><filename>lantern.rpm</filename></package></collection></pkglist></update>'
)


def read(path):
    """The advisories of a file in which nothing is wrong."""
    problems = []
    found = list(advisories.read_updateinfo(str(path), problems))
    assert problems == []
    return found


def parse(text, problems=None):
    encoded = text.encode("utf-8") if isinstance(text, str) else text
    return list(advisories.parse_updateinfo(io.BytesIO(encoded), "the file", [] if problems is None else problems))


def one(inner, attributes=""):
    (advisory,) = parse("<updates><update %s><id>A</id>%s</update></updates>" % (attributes, inner))
    return advisory


def document(count, filler=""):
    return "<updates>%s</updates>" % "".join(UPDATE % (number, filler, number, number) for number in range(count))


def test_everything_an_advisory_says():
    assert read(FILES / "rocky9-baseos.xml")[0] == {
        "id": "RLSA-2022:7513",
        "type": "security",
        "status": "final",
        "severity": "Important",
        "issued": "2022-11-08 09:19:42",
        "updated": "2023-02-02 12:53:50",
        "title": "Important: xz security update",
        "cves": ["CVE-2022-1271"],
        "bugzillas": [],
        "packages": [Package("xz", 0, "5.2.5", "8.el9_0", "x86_64", None)],
        "reboot_suggested": False,
    }


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        pytest.param(
            "almalinux9-baseos.xml",
            [("security", "Important", 1), ("bugfix", "None", 1)],
            id="AlmaLinux writes the severity None",
        ),
        pytest.param("amazonlinux2-core.xml", [("security", "critical", 1)], id="Amazon Linux 2 in lower case"),
        pytest.param("amazonlinux2023-core.xml", [("security", "Important", 61)], id="Amazon Linux 2023"),
        pytest.param("fedora43-everything.xml", [("bugfix", "Low", 6)], id="Fedora 43"),
        pytest.param(
            "made-suse-epoch-dates.xml",
            [("recommended", "moderate", 1), ("security", "important", 1)],
            id="SUSE's types",
        ),
    ],
)
def test_type_severity_and_number_of_packages(name, facts):
    found = [(advisory["type"], advisory["severity"], len(advisory["packages"])) for advisory in read(FILES / name)]
    assert found == facts


@pytest.mark.parametrize(
    ("name", "dates"),
    [
        pytest.param("amazonlinux2-core.xml", ("2018-01-11 21:05", "2018-01-16 01:28"), id="without seconds"),
        pytest.param("amazonlinux2023-core.xml", ("2023-02-17 20:41:00", "2023-02-22 23:22:00"), id="with seconds"),
        pytest.param("made-suse-epoch-dates.xml", (1718000000, None), id="epoch seconds, never updated"),
    ],
)
def test_dates_stay_as_written(name, dates):
    first = read(FILES / name)[0]
    assert (first["issued"], first["updated"]) == dates


@pytest.mark.parametrize(
    ("element", "date"),
    [
        pytest.param('<issued date="2025-01-02 03:04:05"/>', "2025-01-02 03:04:05", id="attribute"),
        pytest.param("<issued> 2025-01-02 </issued>", "2025-01-02", id="text"),
        pytest.param('<issued date="">2025-01-02</issued>', "2025-01-02", id="empty attribute and text"),
        pytest.param('<issued date="2025-01-02">2024-01-01</issued>', "2025-01-02", id="the attribute wins"),
        pytest.param("<issued>1718000000</issued>", 1718000000, id="epoch seconds as text"),
        pytest.param('<issued date="soon"/>', "soon", id="nonsense is not judged here"),
        pytest.param("<issued/>", None, id="empty"),
        pytest.param("", None, id="absent"),
        pytest.param('<pkglist><issued date="2025-01-02"/></pkglist>', None, id="elsewhere"),
    ],
)
def test_issued(element, date):
    assert one(element)["issued"] == date


@pytest.mark.parametrize(
    ("element", "severity"),
    [
        pytest.param("<severity>Important</severity>", "Important", id="as written"),
        pytest.param("<severity>\n  moderate </severity>", "moderate", id="surrounding space is none of it"),
        pytest.param("<severity>None</severity>", "None", id="None is a severity of its own"),
        pytest.param("<severity/>", None, id="empty"),
        pytest.param("<severity>  </severity>", None, id="blank"),
        pytest.param("", None, id="absent"),
    ],
)
def test_severity(element, severity):
    assert one(element)["severity"] == severity


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        pytest.param('type="newpackage"', "newpackage", id="newpackage"),
        pytest.param('type="Unheard-of"', "Unheard-of", id="unknown"),
        pytest.param('type=""', None, id="empty"),
        pytest.param("", None, id="absent"),
    ],
)
def test_types_are_kept_as_they_are(attributes, kind):
    assert one("", attributes)["type"] == kind


def test_modular_advisories_without_packages():
    found = read(FILES / "fedora29-modular.xml")
    assert len(found) == 28
    assert {advisory["type"] for advisory in found} == {"enhancement", "bugfix", "newpackage", "security"}
    assert [advisory for advisory in found if advisory["packages"]] == []


def test_each_package_knows_the_module_of_its_collection():
    (advisory,) = read(FILES / "made-two-modules.xml")
    virt = Module("virt", "rhel", "8100020250301", "489197e6", "x86_64")
    devel = Module("virt-devel", "rhel", "8100020250302", "489197e6", "x86_64")
    assert advisory["packages"] == [
        Package("qemu-kvm", 15, "6.2.0", "53.module+el8", "x86_64", virt),
        Package("qemu-kvm-tests", 15, "6.2.0", "53.module+el8", "x86_64", devel),
        Package("seabios-bin", 0, "1.16.0", "4.el8", "noarch", None),
    ]


@pytest.mark.parametrize(
    ("place", "suggested"),
    [
        pytest.param("<reboot_suggested>True</reboot_suggested>", True, id="of the advisory"),
        pytest.param("<reboot_suggested/>", True, id="without a word"),
        pytest.param("<reboot_suggested>1</reboot_suggested>", True, id="as a number"),
        pytest.param("<reboot_suggested>False</reboot_suggested>", False, id="denied"),
        pytest.param(
            '<pkglist><collection><package name="kernel" version="6"><reboot_suggested>true</reboot_suggested>'
            "</package></collection></pkglist>",
            True,
            id="of a package",
        ),
        pytest.param("<relogin_suggested>True</relogin_suggested>", False, id="only to log in again"),
        pytest.param("", False, id="absent"),
    ],
)
def test_reboot_suggested(place, suggested):
    assert one(place)["reboot_suggested"] is suggested


def test_references_by_type_in_order_and_once():
    advisory = one(
        "<references><reference type='cve' id='CVE-2'/><reference type='bugzilla' id='7'/>"
        "<reference type='self' id='A'/>"
        "<reference type='CVE' id='CVE-1'/><reference type='cve' id='CVE-2'/><reference type='cve'/><reference/>"
        "</references>"
    )
    assert (advisory["cves"], advisory["bugzillas"]) == (["CVE-2", "CVE-1"], ["7"])


def test_text_is_decoded():
    title = "<title>caf\xe9 &amp; t&#233;</title>"
    text = "<?xml version='1.0' encoding='ISO-8859-1'?><updates><update><id>A</id>%s</update></updates>" % title
    assert parse(text.encode("latin-1"))[0]["title"] == "caf\xe9 & t\xe9"


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        pytest.param("<package version='1'/>", "a package entry with name None, epoch '0', version '1'", id="no name"),
        pytest.param("<package name='a'/>", "a package entry with name 'a', epoch '0', version None", id="no version"),
        pytest.param(
            "<package name='a' version='1' epoch='x'/>",
            "a package entry with name 'a', epoch 'x', version '1'",
            id="the epoch is no number",
        ),
    ],
)
def test_a_package_entry_that_makes_no_sense_is_left_out_and_named(inner, problem):
    problems = []
    (advisory,) = parse(
        "<updates><update><id>A</id><pkglist><collection>%s<package name='b' version='2'/></collection></pkglist>"
        "</update></updates>" % inner,
        problems,
    )
    assert advisory["packages"] == [Package("b", 0, "2", "", "", None)]
    assert problems == ["the file: advisory A: %s is left out" % problem]


def test_an_advisory_without_id_is_left_out_and_named():
    problems = []
    found = parse("<updates><update><title>x</title></update><update><id>B</id></update></updates>", problems)
    assert [advisory["id"] for advisory in found] == ["B"]
    assert problems == ["the file: advisory None: it has no id and is left out"]


def test_elements_in_the_wrong_place_mean_nothing():
    found = parse(
        "<updates><id>no</id><package name='a' version='1'/><update><id>A</id><x><update><id>B</id></update></x>"
        "<package name='a' version='1'/></update></updates>"
    )
    assert [(advisory["id"], advisory["packages"]) for advisory in found] == [("A", [])]


def updates(*inner):
    return "<updates>%s</updates>" % "".join('<update type="security">%s</update>' % text for text in inner)


def listing(name, identifier="A", attributes='epoch="0" version="1" release="1" arch="x86_64"'):
    return '<id>%s</id><pkglist><collection><package name="%s" %s/></collection></pkglist>' % (
        identifier,
        name,
        attributes,
    )


OURS, OTHER = listing("lantern", "OURS"), listing("anvil", "OTHER")
REFERENCES = (
    '<references><reference type="cve" id="CVE-1" title="a > b"/> <reference type="bugzilla" id="1"/>'
    '<reference type="CVE" id="CVE-1"/><reference type="cve"/><reference type="self" id="x"/></references>'
)
TEXTS = '<title> A title </title><severity>Low</severity><issued date="2025-01-02"/><updated>1718000000</updated><x/>'


class Slowly(io.BytesIO):
    """Gives a few bytes at a time."""

    def __init__(self, content, size):
        io.BytesIO.__init__(self, content)
        self._size = size

    def read(self, size=-1):
        return io.BytesIO.read(self, min(size, self._size))


@pytest.mark.parametrize("size", [1, 7, 100, 65536])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(updates(OTHER, OURS, OTHER, OURS), id="plain"),
        pytest.param(updates("\n " + OTHER, OURS).replace("><", ">\n  <"), id="indented"),
        pytest.param(updates(OTHER, OURS).replace("/>", "></package>"), id="elements with an end"),
        pytest.param(
            updates(listing("anvil", attributes='version="1" release="1" epoch="0" arch="noarch"'), OURS), id="Fedora's"
        ),
        pytest.param(
            updates(listing("anvil", attributes='arch="noarch" epoch="0" version="1" release="1"'), OURS), id="Rocky's"
        ),
        pytest.param(updates(listing("anvil", attributes='version="1"'), OURS), id="without an epoch"),
        pytest.param(updates(OTHER, listing("&#108;antern"), OTHER), id="a name in references to characters"),
        pytest.param(updates(OTHER, OURS.replace('"', "'"), OTHER), id="single quotes"),
        pytest.param(updates(OTHER, OURS).replace("<update ", "<update title='>' "), id="the end of a tag in quotes"),
        pytest.param(updates(OTHER, OURS).replace('name="', 'src="name" name = "'), id="space around equals signs"),
        pytest.param(updates(listing(""), OURS), id="a package without name"),
        pytest.param(updates(listing("anvil", attributes='epoch="x" version="1"'), OURS), id="a senseless epoch"),
        pytest.param(updates(listing("anvil", attributes='epoch="0" version=""'), OURS), id="an empty version"),
        pytest.param(updates(OTHER + "<pkglist><package/></pkglist>", OURS), id="a package in the wrong place"),
        pytest.param(updates(OTHER.replace("<id>OTHER</id>", ""), OURS), id="no id"),
        pytest.param(updates(OTHER.replace("<id>OTHER</id>", "<id> </id>"), OURS), id="a blank id"),
        pytest.param(updates(OTHER + "<id/>", OURS), id="a second id, empty"),
        pytest.param(updates("<title>T</title>" + OTHER, OURS), id="the id is not first"),
        pytest.param(updates("<x>%s</x>" % OTHER, OURS), id="the id is elsewhere"),
        pytest.param(updates(OTHER + "<update>%s</update>" % OURS, OURS), id="an advisory in another"),
        pytest.param(updates(OTHER + "<!-- </update> -->" + OURS, OURS), id="an end in a comment"),
        pytest.param(updates("<!-- --> <update>" + OTHER, OURS), id="an advisory in another, never ended"),
        pytest.param(updates(OTHER + "<![CDATA[</update>]]>" + OURS, OURS), id="an end in a text"),
        pytest.param(updates(OTHER + "<?x </update> ?>" + OURS, OURS), id="an end in an instruction"),
        pytest.param(
            updates(OURS).replace("<updates>", '<updates><!-- <update type="x"> -->%s</x>' % OTHER), id="damage"
        ),
        pytest.param(
            updates(OURS).replace("<updates>", '<updates><!-- <update type="x">%s -->' % OTHER), id="all in a comment"
        ),
        pytest.param(
            updates(OTHER + '<!-- </update><update type="x"> -->' + OURS, OURS),
            id="an end and a beginning in a comment",
        ),
        pytest.param(
            "<updates><update><!-- </update><update>%s --><id>A</id>%s</update></updates>" % (OTHER, OURS),
            id="a whole advisory in the comment of another",
        ),
        pytest.param(updates(OURS + "<!-- </update><update><id>x -->"), id="a beginning in the comment of ours"),
        pytest.param(
            updates(OURS + "<references><reference type='cve' id='C'/></references>"), id="references at the end"
        ),
        pytest.param(updates(OURS.replace("<pkglist>", REFERENCES + "<pkglist>")), id="references"),
        pytest.param(updates(OURS.replace("<pkglist>", "<x>%s</x><pkglist>" % REFERENCES)), id="references elsewhere"),
        pytest.param(updates(OURS.replace("<pkglist>", REFERENCES * 2 + "<pkglist>")), id="references twice"),
        pytest.param(updates(OURS.replace("<pkglist>", "<references/><pkglist>")), id="no references"),
        pytest.param(updates(OURS.replace("<pkglist>", TEXTS + "<pkglist>")), id="texts and dates"),
        pytest.param(updates(OURS.replace("<pkglist>", TEXTS + "<title/><issued/><pkglist>")), id="texts again, empty"),
        pytest.param(updates(OURS + TEXTS), id="texts at the end"),
        pytest.param(updates(OURS.replace("<pkglist>", TEXTS.replace(" ", "\r\n") + "<pkglist>")), id="ends of lines"),
        pytest.param(updates(OURS.replace("<pkglist>", "<title>A &amp; B</title><pkglist>")), id="an entity"),
        pytest.param(updates(OURS.replace("<pkglist>", '<issued date="&#49;"/><pkglist>')), id="an entity in quotes"),
        pytest.param(updates(OURS).replace(" type", "\n type"), id="the first tag on two lines"),
        pytest.param(updates(OURS).replace("security", "a\nb"), id="a line in the first tag"),
        pytest.param(updates(OURS).replace('"security"', '"&#115;ecurity"'), id="an entity in the first tag"),
        pytest.param(
            updates(OURS.replace("<pkglist>", "<title>A<b>B</b></title><pkglist>")), id="an element in a text"
        ),
        pytest.param(updates(OURS.replace("<pkglist>", "A<pkglist>")), id="text between elements"),
        pytest.param(updates(OURS.replace("<pkglist>", '<issued date="2025\n01"/><pkglist>')), id="a line in quotes"),
        pytest.param(
            updates(OURS.replace("/>", "><filename>x</filename><sum type='a'>b</sum></package>")), id="a file"
        ),
        pytest.param(updates(OURS.replace("/>", '><sum type="a">b</sum><x/></package>')), id="more elements"),
        pytest.param(
            updates(OURS.replace("/>", '><x><package name="lantern" version="9"/></x></package>')), id="nested"
        ),
        pytest.param(
            updates(OURS.replace("/>", '><package name="lantern" epoch="0" version="9">x</package></package>')),
            id="a package in a package",
        ),
        pytest.param(
            updates(OURS.replace("/>", "><reboot_suggested/></package>")), id="a package that asks for a reboot"
        ),
        pytest.param(updates(OURS + "<reboot_suggested>1</reboot_suggested>"), id="an advisory that does"),
        pytest.param(updates(OURS.replace("<collection>", '<collection short="c"><name>c</name>')), id="a named list"),
        pytest.param(updates(OURS.replace("</pkglist>", "<collection/></pkglist>")), id="an empty list"),
        pytest.param(
            updates(OURS.replace("</pkglist>", "<collection></collection></pkglist>")), id="another empty list"
        ),
        pytest.param(updates(OURS.replace("collection>", "x>")), id="packages in no list"),
        pytest.param(updates(OURS.replace("collection>", "collection><module name='m'/>", 1)), id="a module"),
        pytest.param(updates(OURS + OURS.replace("<id>OURS</id>", "")), id="two lists of packages"),
        pytest.param(updates(OURS.replace("</pkglist>", "x</pkglist>")), id="text among the packages"),
        pytest.param(updates(OURS.replace('version="1"', 'version="1 "')), id="a space in a version"),
        pytest.param(updates(OURS.replace('version="1"', 'version="&lt;"')), id="an entity in a version"),
        pytest.param(updates(OURS.replace('epoch="0"', 'epoch="1111111111111111111"')), id="an epoch that is too long"),
        pytest.param(updates(OURS.replace('epoch="0"', 'epoch="007"')), id="an epoch with zeros"),
        pytest.param(updates(OURS.replace('arch="x86_64"', "")), id="no architecture"),
        pytest.param(updates(OURS.replace('arch="x86_64"', 'arch="x86_64" src="a>b"')), id="more attributes"),
        pytest.param(updates(OURS.replace("lantern", "l\xe4ntern"), OURS), id="a name beyond ASCII"),
        pytest.param(updates("<description>x > y &amp; z\n</description>" + OURS), id="the description comes first"),
        pytest.param(updates(OURS + "<description>x<b/></description>"), id="an element in the description"),
        pytest.param(
            updates(OURS + "<x><description>%s</description></x>" % OURS), id="an advisory in the description"
        ),
        pytest.param(updates(OTHER, OTHER + "&wrong;", OURS), id="damage in one that is passed over"),
        pytest.param(updates(OTHER + "</pkglist>", OURS), id="an end too many"),
        pytest.param(updates(OTHER + "<x>", OURS), id="an end too few"),
        pytest.param(updates(OTHER, OURS)[:-30], id="cut short"),
        pytest.param(updates(OTHER, OURS).encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + updates(OTHER, OURS).encode("utf-8"), id="a byte order mark"),
        pytest.param(
            '<?xml version="1.0" encoding="iso-8859-1"?>' + updates(OTHER + "\xe4", OURS + "\xe4"), id="declared UTF-8"
        ),
        pytest.param(
            ('<?xml version="1.0" encoding="iso-8859-1"?>' + updates(OTHER + "\xe4", OURS)).encode("latin-1"),
            id="Latin-1",
        ),
    ],
)
def test_what_is_passed_over_makes_no_difference(text, size):
    content = text.encode("utf-8") if isinstance(text, str) else text
    every, problems, damage = outcome(content, size, None)
    ours = [dict(one, packages=[package for package in one["packages"] if package.name == "lantern"]) for one in every]
    assert outcome(content, size, {"lantern"}) == ([one for one in ours if one["packages"]], problems, damage)


def outcome(content, size, names):
    found, problems = [], []
    try:
        found.extend(iter(advisories.parse_updateinfo(Slowly(content, size), "the file", problems, names)))
    except advisories.AdvisoryError as error:
        return found, problems, str(error)
    return found, problems, None


@pytest.mark.parametrize("name", ["", "l\xe4ntern", "\udce4"])
def test_names_of_any_kind_are_looked_for(name):
    content = updates(OTHER, OURS).encode("utf-8")
    assert [one["id"] for one in outcome(content, 65536, {name, "lantern"})[0]] == ["OURS"]


@pytest.mark.parametrize("filler", [1000, 3000000])
def test_advisories_of_any_length(filler):
    content = updates(OTHER + "x" * filler, OURS + "x" * filler, OTHER, OURS).encode("utf-8")
    assert [one["id"] for one in outcome(content, 65536, {"lantern"})[0]] == ["OURS", "OURS"]


@pytest.mark.parametrize("names", [{"unheard-of"}, {"xz", "python-boto3", "lantern"}], ids=["others", "theirs"])
@pytest.mark.parametrize(
    "name", ["almalinux9-baseos.xml", "fedora43-everything.xml", "made-suse-epoch-dates.xml", "rocky9-baseos.xml"]
)
def test_nobody_listens_to_advisories_in_the_form_of_vendors(name, names):
    """What the time goes into: calls from the parser for each element."""
    calls = []

    def note(frame, event, _argument):
        if event == "call":
            calls.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        found = list(advisories.read_updateinfo(str(FILES / name), [], names))
    finally:
        sys.setprofile(None)
    assert bool(found) == ("unheard-of" not in names)
    assert calls.count("start") == 2 + (FILES / name).read_text(encoding="utf-8").count("<update ")


def test_versions_that_are_not_on_offer_are_left_out():
    text = updates(OURS, OURS.replace('"1"', '"2"'), "<reboot_suggested/>" + OURS.replace('"1"', '"2"'), OTHER)
    parts = list(advisories.split_updateinfo(io.BytesIO(text.encode("utf-8")), "the file"))
    offers = {("lantern", 0, "2", "2", "x86_64"), ("anvil", 0, "1", "1", "x86_64")}
    found = list(advisories.select(parts, "the file", [], {"lantern"}, offers))
    expected = [Package("lantern", 0, "2", "2", "x86_64", None)]
    assert [one["packages"] for one in found] == [expected, expected]


def command_output(*command):
    def compress(data, path):
        path.write_bytes(data)
        return subprocess.run(list(command) + [str(path)], stdout=subprocess.PIPE, check=True).stdout

    return compress


def zchunk(data, path):
    path.write_bytes(data)
    compressed = path.with_suffix(".zck")
    subprocess.run(["zck", "-o", str(compressed), str(path)], check=True)
    return compressed.read_bytes()


COMPRESSIONS = [
    pytest.param(lambda data, path: data, id="plain"),
    pytest.param(lambda data, path: gzip.compress(data), id="gz"),
    pytest.param(lambda data, path: lzma.compress(data), id="xz"),
    pytest.param(lambda data, path: bz2.compress(data), id="bz2"),
    pytest.param(command_output("zstd", "-qc"), id="zst", marks=pytest.mark.needs("zstd")),
    pytest.param(zchunk, id="zck", marks=pytest.mark.needs("zchunk")),
]


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_compressed_files_read_the_same(compress, tmp_path):
    original = FILES / "amazonlinux2023-core.xml"
    compressed = tmp_path / "whatever-updateinfo"
    compressed.write_bytes(compress(original.read_bytes(), tmp_path / "original"))
    assert read(compressed) == read(original)


@pytest.mark.needs("dpkg-dev")  # it brings xz and bzip2
@pytest.mark.parametrize(
    ("module", "compress"),
    [
        pytest.param("gzip", gzip.compress, id="gz"),
        pytest.param("lzma", lzma.compress, id="xz"),
        pytest.param("bz2", bz2.compress, id="bz2"),
    ],
)
def test_a_command_serves_where_python_was_built_without(module, compress, tmp_path, monkeypatch):
    original = FILES / "amazonlinux2023-core.xml"
    compressed = tmp_path / "updateinfo"
    compressed.write_bytes(compress(original.read_bytes()))
    monkeypatch.setitem(sys.modules, module, None)
    assert read(compressed) == read(original)
    compressed.write_bytes(compress(original.read_bytes())[:-20])
    with pytest.raises(advisories.AdvisoryError, match="^%s: damaged or cut short: ." % compressed):
        read(compressed)


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_file_cut_short_is_an_error_that_names_it(compress, tmp_path):
    cut = tmp_path / "cut"
    whole = compress(document(3000, "x").encode("utf-8"), tmp_path / "original")
    cut.write_bytes(whole[: len(whole) * 9 // 10])
    found = []
    with pytest.raises(advisories.AdvisoryError, match="^%s: damaged or cut short: ." % cut):
        found.extend(iter(advisories.read_updateinfo(str(cut), [])))


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_reader_may_stop_early(compress, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(compress(document(5000).encode("utf-8"), tmp_path / "original"))
    reader = advisories.read_updateinfo(str(large), [])
    assert next(reader)["id"] == "EXSA-0"
    reader.close()


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_advisories_before_the_damage_are_handed_out_whole(whole):
    intact = document(3)
    cut = len("<updates>") + (len(intact) - len("<updates></updates>")) // 3 * whole + 100
    reader = advisories.parse_updateinfo(io.BytesIO(intact[:cut].encode("utf-8")), "the file", [])
    found = []
    with pytest.raises(advisories.AdvisoryError, match=r"^the file: damaged or cut short: "):
        found.extend(iter(reader))
    assert found == parse(intact)[:whole]


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE updates [<!ENTITY a "%s">%s]><updates><update><id>&z;</id></update></updates>'
    % (
        "ha" * 50,
        "".join('<!ENTITY %s "%s">' % (this, ("&%s;" % last) * 50) for last, this in zip("abcdefgh", "bcdefghz")),
    )
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param("", "damaged or cut short: no element found", id="empty"),
        pytest.param("nonsense", "damaged or cut short: syntax error", id="no XML"),
        pytest.param("<html><body>Log in</body></html>", "begins with <html>, not <updates>", id="a log-in page"),
        pytest.param("<!--%s--><updates/>" % (" " * 20000), "nothing but a prologue", id="long prologue"),
        pytest.param("<!--" + " " * 10000000, "nothing but a prologue", id="endless prologue"),
        pytest.param(b"\x00" * 30000, "damaged or cut short: ", id="zeros"),
        pytest.param("<?xml version='1.0' encoding='wobble'?><updates/>", "encoding: wobble", id="unknown encoding"),
        pytest.param("<?xml version='1.0' encoding='shift_jis'?><updates/>", "multi-byte", id="multi-byte encoding"),
        pytest.param("<updates><update><id>&x;</id></update></updates>", "undefined entity", id="undeclared entity"),
        pytest.param("<!DOCTYPE updates><updates/>", "document type declaration", id="document type"),
        pytest.param(
            '<!DOCTYPE updates SYSTEM "file:///etc/passwd"><updates/>', "document type declaration", id="external DTD"
        ),
        pytest.param(
            '<!DOCTYPE updates [<!ENTITY x SYSTEM "file:///etc/passwd">]><updates>&x;</updates>',
            "document type declaration",
            id="external entity",
        ),
        pytest.param(BILLION_LAUGHS, "document type declaration", id="entities that expand without end"),
        pytest.param(BILLION_LAUGHS.encode("utf-16"), "document type declaration", id="the same in UTF-16"),
        pytest.param("<updates><!DOCTYPE updates></updates>", "damaged or cut short: ", id="document type inside"),
    ],
)
def test_files_that_are_refused(content, why):
    with pytest.raises(advisories.AdvisoryError, match="^the file: .*%s" % why):
        parse(content)


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(advisories.AdvisoryError, match=r"missing\.xml: cannot be opened: No such file or directory"):
        read(tmp_path / "missing.xml")


@pytest.mark.parametrize(
    ("magic", "package"),
    [
        pytest.param(
            b"\x28\xb5\x2f\xfd",
            "zstd",
            id="zst",
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads zstd itself"),
        ),
        pytest.param(b"\x00ZCK1", "zchunk", id="zck"),
    ],
)
def test_without_a_decoder_the_error_names_the_package_to_install(magic, package, tmp_path, monkeypatch):
    compressed = tmp_path / "updateinfo"
    compressed.write_bytes(magic + b"data")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(advisories.DecoderMissing, match="updateinfo: .*install the package %s$" % package) as caught:
        advisories.open_updateinfo(str(compressed))
    assert caught.value.package == package


class GeneratedFile:
    """An updateinfo document that never is in memory as a whole."""

    def __init__(self, count):
        self.given = 0
        self._pieces = self._generate(count)
        self._rest = b""

    @staticmethod
    def _generate(count):
        yield b"<updates>"
        for number in range(count):
            yield (UPDATE % (number, "long " * 200, number, number)).encode("utf-8")
        yield b"</updates>"

    def read(self, size):
        while len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(data)
        return data


def peak_memory(count):
    tracemalloc.start()
    try:
        read_through = sum(1 for _advisory in advisories.parse_updateinfo(GeneratedFile(count), "generated", []))
        return read_through, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file():
    few, few_bytes = peak_memory(500)
    many, many_bytes = peak_memory(10000)  # 14 MB
    assert (few, many) == (500, 10000)
    assert many_bytes < few_bytes + 200000


def test_the_first_advisory_comes_before_the_rest_is_read():
    stream = GeneratedFile(1000)
    next(advisories.parse_updateinfo(stream, "generated", []))
    assert stream.given < 100000


def test_an_advisory_with_thousands_of_packages():
    packages = "".join(
        '<package name="package-%d" epoch="1" version="%d" release="1" arch="x86_64"/>' % (number, number)
        for number in range(7000)
    )
    advisory = one("<pkglist><collection>%s</collection></pkglist>" % packages)
    assert len(advisory["packages"]) == 7000
    assert advisory["packages"][-1] == Package("package-6999", 1, "6999", "1", "x86_64", None)
