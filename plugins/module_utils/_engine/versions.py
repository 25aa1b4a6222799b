# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Sort keys for package versions: compare two keys to learn what the package manager thinks.

A key is one text, built once per version, so that sorting thousands of them costs no more than sorting texts.
Keys of different makers (rpm, dpkg) must not be compared with each other.
"""

from __future__ import annotations

import functools
import re
import string
import typing as t

# What the parts of an rpm version begin with, in rpm's order: `1~rc1` < `1` < `1^git1` < `1a` < `1.1`.
_TILDE = "\x01"
_END = "\x02"
_CARET = "\x03"
_LETTERS = "\x04"
_NUMBER = 5

# Below every letter, so that a text sorts before the longer texts that begin with it.
_LETTERS_END = "\x00"

_MOST_DIGITS = 0x10FFFF - _NUMBER  # what one character can count

_split_rpm = re.compile("[0-9]+|[A-Za-z]+|~|\\^").findall
_split_dpkg = re.compile("([^0-9]*)([0-9]*)").findall

# dpkg's order of the characters between numbers: tilde, the end, letters, everything else.
_DPKG_ORDER = {code: code + 0x80 for code in range(0x100) if chr(code) not in string.ascii_letters}
_DPKG_ORDER[ord("~")] = ord(_TILDE)


def _number(digits: str) -> str:
    """Orders numbers of any size: leading zeros aside the longer one is greater, equally long ones compare as text."""
    digits = digits.lstrip("0")
    return chr(_NUMBER + min(len(digits), _MOST_DIGITS)) + digits


@functools.lru_cache(maxsize=1024)  # a fleet's versions are made of the same few numbers and words
def _rpm_part(part: str) -> str:
    if part == "~":
        return _TILDE
    if part == "^":
        return _CARET
    if part[0] <= "9":
        return _number(part)
    return _LETTERS + part + _LETTERS_END


def generic_key(version: str) -> str:
    """Sort key by rpm's rule for one label; serves every numbering without a rule of its own, such as macOS's.

    Separators only separate (`1.0` = `1_0` = `1.0.`), numbers beat letters, more beats less.
    """
    return "".join([_rpm_part(part) for part in _split_rpm(version)]) + _END


def _epoch_digits(epoch: t.Union[int, str, None]) -> str:
    digits = "0" if epoch in (None, "", "(none)") else str(epoch)
    if not (digits.isdigit() and digits.isascii()):
        raise ValueError("the epoch of a package version must be a number, not %r" % (epoch,))
    return digits.lstrip("0")


def rpm_key(epoch: t.Union[int, str, None], version: str, release: t.Optional[str]) -> str:
    """Sort key of an rpm version: keys compare as rpm's labelCompare does.

    No epoch means 0 and no release means an empty one. Raises ValueError for an epoch that is no number.
    """
    return _number(_epoch_digits(epoch)) + generic_key(version) + generic_key(release or "")


def rpm_text(epoch: t.Union[int, str, None], version: str, release: t.Optional[str]) -> str:
    """`[epoch:]version[-release]`, the way rpm's users write it: an epoch of 0 is left out."""
    text = "%s-%s" % (version, release) if release else version
    digits = _epoch_digits(epoch)
    return "%s:%s" % (digits, text) if digits else text


def rpm_parts(text: str) -> t.Tuple[int, str, t.Optional[str]]:
    """Epoch, version and release of what `rpm_text` wrote."""
    epoch, colon, rest = text.rpartition(":")
    version, dash, release = rest.rpartition("-")
    if not dash:
        version, release = rest, ""
    return (int(epoch) if colon and epoch.isdigit() else 0), version, release or None


@functools.lru_cache(maxsize=1024)
def _dpkg_part(text: str, digits: str) -> str:
    return text.translate(_DPKG_ORDER) + _END + _number(digits)


def _dpkg_fragment(fragment: str) -> str:
    """dpkg reads alternately a text and a number; a missing number is 0, hence an absent revision equals `-0`."""
    return "".join([_dpkg_part(text, digits) for text, digits in _split_dpkg(fragment or "0")])


def dpkg_key(version: str) -> str:
    """Sort key of `[epoch:]upstream[-revision]`: keys compare as dpkg and apt do."""
    if not version.isascii():
        version = version.encode("utf-8", "surrogatepass").decode("latin-1")  # dpkg sees bytes
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return _dpkg_fragment(epoch) + _dpkg_fragment(upstream) + _dpkg_fragment(revision)
