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
    bugzillas (ids), packages (of Package) and reboot_suggested (bool). Where `names` is given, packages of other names
    are left out, and so are advisories that list none of these names: most of them, which saves most of the time.

    A damaged document raises AdvisoryError, after all advisories that stand whole before the damage: a caller may keep
    those, but has to report that there were more. An entry that makes no sense on its own is left out, and `problems`
    (a list) gets a line that says so. Document type declarations are refused: no vendor has one, and entities would let
    a small file expand without limit.
    """
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    document = _Document(name, problems, parser, names)
    read = 0
    more = True
    while more:
        damage = None
        try:
            # Byte by byte up to the root element: expat stops at a document type before it has read what that declares.
            chunk = _read(stream, name, _CHUNK if document.begun else 1)
            more = bool(chunk)
            parser.Parse(chunk, not more)
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


def _read(stream, name, size):
    try:
        return stream.read(size)
    except AdvisoryError:
        raise
    except Exception as error:  # decoders have no common one: OSError, EOFError, zlib.error, LZMAError, ZstdError
        raise AdvisoryError("%s: damaged or cut short: %s" % (name, error or type(error).__name__)) from error


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
    """Listens to the parser; keeps no more than the advisory being read and those not taken yet."""

    def __init__(self, name, problems, parser, names):
        self.begun = False
        self._name = name
        self._problems = problems
        self._parser = parser
        self._names = names
        self._element = _DOCUMENT
        self._above = []
        self._done = []
        self._advisory = None
        self._module = None
        self._date = None
        self._text = None
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end

    def take(self):
        done, self._done = self._done, []
        return done

    def doctype(self, name, system_id, public_id, has_internal_subset):
        raise AdvisoryError("%s: has a document type declaration, which no updateinfo file needs" % self._name)

    def start(self, tag, attributes):
        element = self._element
        self._above.append(element)
        self._element = element = element[1].get(tag, _NOTHING)
        place = element[0]
        if place is None:
            if not self.begun:
                self._begin(tag)
        elif place == _PACKAGE:
            self._add_package(attributes)
        elif place == _REFERENCE:
            self._add_reference(attributes)
        elif place in _WITH_TEXT:
            self._text = []
            self._date = attributes.get("date")
            self._parser.CharacterDataHandler = self._text.append
        elif place == _UPDATE:
            self._advisory = _new_advisory(attributes)
        elif place == _COLLECTION:
            self._module = None
        elif place == _MODULE:
            self._module = Module(*[attributes.get(field) for field in Module._fields])

    def end(self, _tag):
        place = self._element[0]
        self._element = self._above.pop()
        if place is None:
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
        if self._names is not None and name not in self._names:
            return
        release, arch = attributes.get("release", ""), attributes.get("arch", "")
        self._advisory["packages"].append(Package(name, int(epoch), version, release, arch, self._module))

    def _add_reference(self, attributes):
        member = _REFERENCES.get(attributes.get("type", "").lower())
        if member and attributes.get("id"):
            self._advisory[member].append(attributes["id"])

    def _finish(self):
        for member in _REFERENCES.values():
            self._advisory[member] = list(collections.OrderedDict.fromkeys(self._advisory[member]))
        if self._advisory["id"]:
            if self._names is None or self._advisory["packages"]:
                self._done.append(self._advisory)
        else:
            self._problem("it has no id and is left out")
        self._advisory = None

    def _problem(self, what):
        self._problems.append("%s: advisory %s: %s" % (self._name, self._advisory["id"], what))


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
