# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Reads the advisories of an rpm repository from its own updateinfo.xml.

Runs on Python 3.6, alone: probes carry it to hosts. Values stay as the vendor wrote them; what they mean is decided
elsewhere.
"""

import collections
import importlib
import os
import re
import subprocess
import tempfile
import xml.parsers.expat

_CHUNK = 64 * 1024
_LONGEST_PROLOGUE = 16 * 1024
_LONGEST_HELD = 1024 * 1024  # an advisory that is longer is listened to whatever it lists

Module = collections.namedtuple("Module", "name stream version context arch")

# `epoch` is an int; `module` is None for packages outside of modules.
Package = collections.namedtuple("Package", "name epoch version release arch module")


class AdvisoryError(Exception):
    """A file of advisories cannot be read, or not to its end. The message names the file and what is wrong."""


class DecoderMissing(AdvisoryError):
    """Nothing on this host decompresses the file. `package` is what to install."""

    def __init__(self, path, package):
        AdvisoryError.__init__(self, "%s: nothing here decompresses it: install the package %s" % (path, package))
        self.package = package


def read_updateinfo(path, problems, names=None):
    """The advisories of the file at `path`, one dict at a time, in the file's order: see parse_updateinfo."""
    with open_updateinfo(path) as stream:
        yield from parse_updateinfo(stream, path, problems, names)


def parse_updateinfo(stream, name, problems, names=None):
    """The advisories of an updateinfo document, one dict at a time, in its order and in constant memory.

    `stream` is a binary file, `name` what errors call it. An advisory has id, type, severity, status, title (texts, or
    None where absent or empty), issued and updated (the text as written, an int if it is one, or None), cves and
    bugzillas (ids), packages (of Package) and reboot_suggested (bool). Where `names` (a set) is given, packages of
    other names are left out, and so are advisories that list none of these: most of them, which saves most of the time.

    A damaged document raises AdvisoryError, after all advisories that stand whole before the damage: a caller may keep
    those, but has to report that there were more. An entry that makes no sense on its own is left out, and `problems`
    (a list) gets a line that says so. Document type declarations are refused: no vendor has one, and entities would let
    a small file expand without limit.
    """
    return select(split_updateinfo(stream, name, whole=names is None), name, problems, names)


def _parser():
    """One that tells of an element as soon as it has it, where newer ones wait for more."""
    parser = xml.parsers.expat.ParserCreate()
    if hasattr(parser, "SetReparseDeferralEnabled"):
        parser.SetReparseDeferralEnabled(False)
    return parser


def split_updateinfo(stream, name, whole=False):
    """What select() makes the advisories of a document from, while the names that matter are not known.

    These parts are advisories as parse_updateinfo gives them, lines for its `problems`, and advisories that have not
    been read yet but stand whole in the document: all of them where vendors write as they do, none if `whole`. Damage
    is raised as parse_updateinfo does.
    """
    parser = _parser()
    document = _Document(name, parser)
    feed = _Feed(parser, document, whole)
    read = 0
    more = True
    while more:
        damage = None
        try:
            # Byte by byte up to the root element: expat stops at a document type before it has read what that declares.
            chunk = _read(stream, name, _CHUNK if document.begun else 1)
            more = bool(chunk)
            feed.add(chunk)
            read += len(chunk)
            if not document.begun and read > _LONGEST_PROLOGUE:
                damage = AdvisoryError("%s: is no updateinfo file: nothing but a prologue" % name)
        except (xml.parsers.expat.ExpatError, LookupError, ValueError) as error:  # the last two: of its encoding
            damage = AdvisoryError("%s: damaged or cut short: %s" % (name, error))
        except AdvisoryError as error:
            damage = error
        yield from document.take()
        if damage:
            raise damage


def select(parts, name, problems, names=None, offers=None):
    """The advisories, as parse_updateinfo gives them, from what split_updateinfo made of the document.

    Where `offers` (a container of the first five fields of Package) is given, other versions are left out as well.
    """
    parser = _parser()
    document = _Document(name, parser)
    parser.Parse(b"<updates>", False)
    encoded = None if names is None else frozenset(known.encode("utf-8", "surrogatepass") for known in names)
    for part in parts:
        if not isinstance(part, Unread):
            found = [part]
        elif encoded is not None and part.names is not None and part.names.isdisjoint(encoded):
            continue  # it would be left out without a word
        else:
            found = [read_plain(part, offers)]
            if found[0] is None:
                parser.Parse(part.beginning + part.body + b"</update>", False)
                found = document.take()
        for said in found:
            if isinstance(said, str):
                problems.append(said)
                continue
            if names is not None:
                said["packages"] = [
                    package
                    for package in said["packages"]
                    if package[0] in names and (offers is None or package[:5] in offers)
                ]
            if names is None or said["packages"]:
                yield said


def _read(stream, name, size):
    try:
        return stream.read(size)
    except AdvisoryError:
        raise
    except Exception as error:  # decoders have no common one: OSError, EOFError, zlib.error, LZMAError, ZstdError
        raise AdvisoryError("%s: damaged or cut short: %s" % (name, error or type(error).__name__)) from error


# How vendors write an advisory, as far as that has to be known to leave it unread.
_BEGINNING = re.compile(rb'<update(?: [\w:]+="[^"<>\t\r\n]*")* *>')
_ID_FIRST = re.compile(rb"\s*<id>\s*[!-%\'-;=-~]")
_CONFUSING = re.compile(rb"<(?:[!?]|update\b)")
_PACKAGE_NAME = re.compile(
    rb'<package name="([^"&]+)" (?:version="[^"]+" release="[^"]*" epoch="[0-9]{1,18}"'
    rb'|(?:arch="[^"]*" )?epoch="[0-9]{1,18}" version="[^"])'
)
_ENCODINGS = ("utf-8", "us-ascii")


class Unread(collections.namedtuple("Unread", "beginning body names")):
    """The bytes of an advisory that the parser found well-formed, without the text of its description.

    `names` are those of its packages, as bytes, or None where it may not make sense, or has another form.
    """


def unread(beginning, body):
    names = _PACKAGE_NAME.findall(body)
    identity = _ID_FIRST.match(body)
    plain = identity and body.find(b"<id", identity.end()) < 0 and len(names) == body.count(b"<package")
    return Unread(beginning, body, frozenset(names) if plain else None)


# The plainest form of an advisory, which is that of all vendors. What is of another the parser reads again.
_ATTRIBUTES = r'(?: [\w:]+="[^"<\n]*")*'
_CHILD = re.compile(r"\s*<((?!package\b)[a-z_]+)(%s) *(?:/>|>([^<]*)</\1>)" % _ATTRIBUTES, re.ASCII)
_REFERENCE_TAG = re.compile(r"\s*<reference(%s) */>" % _ATTRIBUTES, re.ASCII)
_LISTS = re.compile(  # \0 stands for the beginning of a package
    r"(?:\s*<collection%s>\s*(?:<name>[^<]*</name>|<name/>)?"
    r"(?:\s*\0%s(?: */>|>(?:\s*<(?!package\b)[a-z_]+%s(?: */>|>[^<]*</[a-z_]+>))*\s*</package>))*"
    r"\s*</collection>)*\s*" % (_ATTRIBUTES, _ATTRIBUTES, _ATTRIBUTES),
    re.ASCII,
)
_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"]*)"', re.ASCII)
_VALUES = {
    "name": r' name="([^"\s]+)"',
    "epoch": r' epoch="([0-9]{1,18})"',
    "version": r' version="([^"\s]+)"',
    "release": r' release="([^"\s]*)"',
    "arch": r' arch="([^"\s]*)"',
}
_ORDERS = [
    (
        re.compile("<package" + "".join(_VALUES[name] for name in order), re.ASCII),
        [order.index(name) for name in Package._fields[:5]],
    )
    for order in (
        ("name", "version", "release", "epoch", "arch"),
        ("name", "epoch", "version", "release", "arch"),
        ("name", "arch", "epoch", "version", "release"),
    )
]


def read_plain(part, offers=None):
    """The advisory, as the parser would read it, if it is written in the plainest form and makes sense; else None.

    It may lack packages that are not in `offers`.
    """
    text = part.body.decode("utf-8")
    beginning = part.beginning.decode("utf-8")
    if "&" in text or "\r" in text or "\t" in text or "reboot_suggested" in text or "&" in beginning:
        return None
    front, lists, after = _section(text, "pkglist")
    before, references, between = _section(front, "references")
    children = _all_of(_CHILD, before)
    tags = _all_of(_REFERENCE_TAG, references)
    packages = _plain_packages(lists, offers)
    if children is None or tags is None or packages is None or between.strip() or after.strip():
        return None
    advisory = _new_advisory(dict(_ATTRIBUTE.findall(beginning)))
    advisory["packages"] = packages
    for tag, attributes, inner in zip(*children):
        if tag in _TEXTS.values():
            advisory[tag] = (inner or "").strip() or None
        elif tag in _DATES.values():
            date = dict(_ATTRIBUTE.findall(attributes)).get("date", "")
            advisory[tag] = _number_or_text(date.strip() or (inner or "").strip())
    for attributes in tags[0]:
        _add_reference(advisory, dict(_ATTRIBUTE.findall(attributes)))
    return _finished(advisory) if advisory["id"] else None


def _section(text, tag):
    """What stands before, in and after the one element `tag`; all of it before where there is none."""
    before, _beginning, rest = text.partition("<%s>" % tag)
    inner, _end, after = rest.partition("</%s>" % tag)
    return before, inner, after


def _all_of(pattern, text):
    """For each group of `pattern` what it finds, if there is nothing else; else None."""
    pieces = pattern.split(text)
    step = pattern.groups + 1
    if "".join(pieces[::step]).strip():
        return None
    return [pieces[group::step] for group in range(1, step)]


def _plain_packages(text, offers):
    first = text.find("<package")
    if first < 0:
        return [] if _LISTS.fullmatch(text) else None
    order = next((order for order in _ORDERS if order[0].match(text, first)), None)
    if order is None:
        return None
    pattern, places = order
    pieces = pattern.split(text)
    if len(pieces) // 6 != text.count("<package") or not _LISTS.fullmatch("\0".join(pieces[::6])):
        return None
    name, epoch, version, release, arch = (pieces[place + 1 :: 6] for place in places)
    listed = zip(name, map(int, epoch), version, release, arch)
    return [Package(*fields, module=None) for fields in listed if offers is None or fields in offers]


class _Feed:
    """Hands a document to the parser, which checks all of it; nobody listens to an advisory that is left unread.

    That takes certainty, from its bytes, that what seems its end is: no comment, nothing quoted, no other advisory.
    """

    def __init__(self, parser, document, whole):
        self._parser = parser
        self._document = document
        self._whole = whole
        self._held = b""  # not given to the parser yet
        self._given = 0  # bytes

    def add(self, chunk):
        """The next bytes of the document; none are its end."""
        if self._whole or not self._document.begun or self._document.encoding not in _ENCODINGS:
            self._give(chunk)
        elif chunk:
            self._held += chunk
            self._pass_on()
        else:
            self._give(self._held)
        if not chunk:
            self._parser.Parse(b"", True)

    def _give(self, piece):
        self._parser.Parse(piece, False)
        self._given += len(piece)

    def _pass_on(self):
        """Give the parser all but an advisory whose end has not arrived."""
        held, done, at = self._held, 0, 0
        while True:
            beginning = _BEGINNING.search(held, at)
            if beginning is None:
                rest = max(held.rfind(b"<", at), at)  # a tag may have been cut in two
                break
            end = held.find(b"</update>", beginning.end())
            if end < 0:
                rest = beginning.start()
                break
            at = end
            body = without_description(held[beginning.end() : end])
            if not _CONFUSING.search(body):
                self._give(held[done : beginning.end()])
                # Not so where the tag stands in a comment.
                if self._document.opened == self._given - len(beginning.group()):
                    self._document.leave_unread(unread(beginning.group(), body))
                self._give(held[beginning.end() : end])
                self._document.listen()
                done = end
        if len(held) - rest > _LONGEST_HELD:
            rest = len(held)
        if rest > done:
            self._give(held[done:rest])
            done = rest
        self._held = held[done:]


def without_description(body):
    """`body` without the longest part of it."""
    start = body.find(b"<description>")
    end = body.find(b"<", start + 1)
    if start < 0 or not body.startswith(b"</description>", end):
        return body
    return body[:start] + body[end + len(b"</description>") :]


# The places of a document that are read, numbered: numbers hash faster than paths.
_UPDATE, _COLLECTION, _MODULE, _PACKAGE, _REFERENCE, _REBOOT, _ID, _TITLE, _SEVERITY, _ISSUED, _UPDATED = range(11)
_TEXTS = {_ID: "id", _TITLE: "title", _SEVERITY: "severity"}
_DATES = {_ISSUED: "issued", _UPDATED: "updated"}
_WITH_TEXT = frozenset([_REBOOT, *_TEXTS, *_DATES])


def _below(tag, *children, at=None):
    """An element: its tag, its place if it is read itself, and by tag what of its children matters."""
    return tag, (at, dict(children))


_NOTHING = (None, {})
_DOCUMENT = _below(
    "",
    _below(
        "updates",
        _below(
            "update",
            _below("id", at=_ID),
            _below("title", at=_TITLE),
            _below("severity", at=_SEVERITY),
            _below("issued", at=_ISSUED),
            _below("updated", at=_UPDATED),
            _below("reboot_suggested", at=_REBOOT),
            _below("references", _below("reference", at=_REFERENCE)),
            _below(
                "pkglist",
                _below(
                    "collection",
                    _below("module", at=_MODULE),
                    _below("package", _below("reboot_suggested", at=_REBOOT), at=_PACKAGE),
                    at=_COLLECTION,
                ),
            ),
            at=_UPDATE,
        ),
    ),
)[1]

_REFERENCES = {"cve": "cves", "bugzilla": "bugzillas"}
_is_number = re.compile("[0-9]{1,18}").fullmatch


class _Document:
    """Listens to the parser; keeps no more than the advisory being read and the parts not taken yet."""

    def __init__(self, name, parser):
        self.begun = False
        self.encoding = "utf-8"
        self.opened = None  # where the last advisory begins, in bytes
        self._name = name
        self._parser = parser
        self._element = _DOCUMENT
        self._above = []
        self._done = []
        self._advisory = None
        self._unread = None
        self._module = None
        self._date = None
        self._text = None
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        self.listen()

    def listen(self):
        self._parser.StartElementHandler = self.start
        self._parser.EndElementHandler = self.end

    def leave_unread(self, advisory):
        """Hear nothing of what stands in the advisory that has begun, but hand it out when it has ended."""
        self._parser.StartElementHandler = self._parser.EndElementHandler = None
        self._unread = advisory

    def take(self):
        done, self._done = self._done, []
        return done

    def declaration(self, version, encoding, standalone):
        self.encoding = (encoding or self.encoding).lower()

    def doctype(self, name, system_id, public_id, has_internal_subset):
        raise AdvisoryError("%s: has a document type declaration, which no updateinfo file needs" % self._name)

    def start(self, tag, attributes):
        element = self._element
        self._above.append(element)
        self._element = element = element[1].get(tag, _NOTHING)
        place = element[0]
        if place == _PACKAGE:
            self._add_package(attributes)
        elif place is None:
            if not self.begun:
                self._begin(tag)
        elif place == _REFERENCE:
            _add_reference(self._advisory, attributes)
        elif place in _WITH_TEXT:
            self._text = []
            self._date = attributes.get("date")
            self._parser.CharacterDataHandler = self._text.append
        elif place == _UPDATE:
            self._advisory = _new_advisory(attributes)
            self.opened = self._parser.CurrentByteIndex
        elif place == _COLLECTION:
            self._module = None
        elif place == _MODULE:
            self._module = Module(*[attributes.get(field) for field in Module._fields])

    def end(self, _tag):
        place = self._element[0]
        self._element = self._above.pop()
        if place is None or place == _PACKAGE:
            return
        if place in _WITH_TEXT:
            self._parser.CharacterDataHandler = None
            written = "".join(self._text).strip()
            if place in _TEXTS:
                self._advisory[_TEXTS[place]] = written or None
            elif place in _DATES:
                self._advisory[_DATES[place]] = _number_or_text((self._date or "").strip() or written)
            elif written.lower() not in ("false", "no", "0"):
                self._advisory["reboot_suggested"] = True
        elif place == _UPDATE:
            self._finish()

    def _begin(self, tag):
        if tag != "updates":
            raise AdvisoryError("%s: is no updateinfo file: it begins with <%.40s>, not <updates>" % (self._name, tag))
        self.begun = True

    def _add_package(self, attributes):
        epoch = attributes.get("epoch") or "0"
        name, version = attributes.get("name"), attributes.get("version")
        if not name or not version or not (epoch == "0" or _is_number(epoch)):
            self._problem("a package entry with name %r, epoch %r, version %r is left out" % (name, epoch, version))
            return
        release, arch = attributes.get("release", ""), attributes.get("arch", "")
        self._advisory["packages"].append(Package(name, int(epoch), version, release, arch, self._module))

    def _finish(self):
        unread, self._unread = self._unread, None
        if unread is not None:
            self._done.append(unread)
            return
        if self._advisory["id"]:
            self._done.append(_finished(self._advisory))
        else:
            self._problem("it has no id and is left out")
        self._advisory = None

    def _problem(self, what):
        self._done.append("%s: advisory %s: %s" % (self._name, self._advisory["id"], what))


def _new_advisory(attributes):
    return {
        "id": None,
        "type": attributes.get("type") or None,
        "status": attributes.get("status") or None,
        "severity": None,
        "issued": None,
        "updated": None,
        "title": None,
        "cves": [],
        "bugzillas": [],
        "packages": [],
        "reboot_suggested": False,
    }


def _add_reference(advisory, attributes):
    member = _REFERENCES.get(attributes.get("type", "").lower())
    if member and attributes.get("id"):
        advisory[member].append(attributes["id"])


def _finished(advisory):
    for member in _REFERENCES.values():
        advisory[member] = list(collections.OrderedDict.fromkeys(advisory[member]))
    return advisory


def _number_or_text(written):
    return int(written) if _is_number(written) else written or None


def open_updateinfo(path):
    """The document at `path` as a binary file that decompresses as it is read: plain, gz, xz, bz2, zst or zck.

    Its first bytes tell which, not its name. Raises DecoderMissing where neither this Python nor a command reads it,
    and AdvisoryError where the file cannot be opened.
    """
    try:
        with open(path, "rb") as stream:
            beginning = stream.read(6)
        for magic, module, command, package in _COMPRESSIONS:
            if beginning.startswith(magic):
                return _open_with_module(module, path) or _Decoder(path, command, package)
        return open(path, "rb")
    except OSError as error:
        raise AdvisoryError("%s: cannot be opened: %s" % (path, error.strerror or error)) from error


# How a file begins, the Python module that reads it, the command that does, and the package with the command.
_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip", ["gzip", "-dcq"], "gzip"),
    (b"\xfd7zXZ\x00", "lzma", ["xz", "-dcq"], "xz"),
    (b"BZh", "bz2", ["bzip2", "-dcq"], "bzip2"),
    (b"\x28\xb5\x2f\xfd", "compression.zstd", ["zstd", "-dcq"], "zstd"),  # the module: Python 3.14
    (b"\x00ZCK1", None, ["unzck", "--stdout", "/dev/stdin"], "zchunk"),
)


def _open_with_module(module, path):
    try:
        return importlib.import_module(module).open(path, "rb") if module else None
    except ImportError:
        return None


class _Decoder:
    """What a command makes of a file; reading to its end raises AdvisoryError if the command then fails."""

    def __init__(self, path, command, package):
        self._path = path
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        try:
            with open(path, "rb") as compressed:
                self._process = subprocess.Popen(
                    command,
                    stdin=compressed,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    env=dict(os.environ, LC_ALL="C"),
                )
        except FileNotFoundError as error:
            self._errors.close()
            raise DecoderMissing(path, package) from error

    def read(self, size):
        data = self._process.stdout.read(size)
        if not data and self._process.wait() != 0:
            self._errors.seek(0)
            said = self._errors.read(2000).decode("utf-8", "replace").strip()
            raise AdvisoryError("%s: damaged or cut short: %s" % (self._path, said or "the decoder failed"))
        return data

    def close(self):
        self._process.stdout.close()  # a decoder still writing ends on the broken pipe
        self._process.wait()
        self._errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()
