# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Instants, as the record writes them and as people read them; always UTC."""

from __future__ import annotations

import datetime


def parsed(text: str) -> datetime.datetime:
    """The instant that ISO 8601 text names, UTC when it names no zone; ValueError for other text."""
    instant = datetime.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        return instant.replace(tzinfo=datetime.timezone.utc)
    try:
        return instant.astimezone(datetime.timezone.utc)
    except OverflowError as error:
        raise ValueError(f"{text} is out of range") from error


def parsed_or_none(text: str | None) -> datetime.datetime | None:
    try:
        return parsed(text) if text else None
    except ValueError:
        return None


def written(instant: datetime.datetime) -> str:
    """For documents: 2026-11-21T05:40:00Z."""
    return instant.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(instant: datetime.datetime | None) -> str:
    """For people: 2026-11-21 05:40 UTC."""
    return instant.strftime("%Y-%m-%d %H:%M UTC") if instant else ""
