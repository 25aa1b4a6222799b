# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. How far something is, as lines in a file that somebody else reads."""

from __future__ import annotations

import typing as t


def writer(path: t.Optional[str], warn: t.Callable[[str], None]) -> t.Callable[[str], None]:
    """What adds a line to the file, if there is one. A file that cannot be written is no failure."""

    def show(line: str) -> None:
        if path:
            try:
                with open(path, "a", encoding="utf-8") as progress:
                    progress.write(line + "\n")
            except OSError as error:
                warn("Progress cannot be written to %s: %s" % (path, error))

    return show
