# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays over Windows hosts that take longer, run with one ansible-core: the fixtures are those of tests/integration."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.integration.conftest import ansible, fleet

__all__ = ["ansible", "fleet"]
