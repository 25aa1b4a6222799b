# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SSM answers instead of a result."""

from __future__ import annotations

# Every operation may answer these, though the model declares them for none.
COMMON = ("AccessDeniedException", "SerializationException", "ThrottlingException", "ValidationException")


class SSMError(Exception):
    """An error by its code in the API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def invalid(message: str) -> SSMError:
    """What a request breaks that the model does not say."""
    return SSMError("ValidationException", message)


def unknown(what: str, identifier: str) -> SSMError:
    return SSMError("DoesNotExistException", f"{what} {identifier} does not exist")
