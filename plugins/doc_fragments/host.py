# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that asks a host's package manager."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  name:
    description:
      - Name of the node in records and reports. By default C(inventory_hostname).
    type: str
  run_id:
    description:
      - Names the run that a record belongs to, so that a report can tell records of the present run from older ones.
      - By default one for each run of C(ansible-playbook) or C(ansible); in AWX the number of the job.
    type: str
  refresh:
    description:
      - When to fetch the package lists (on SUSE the metadata of repositories) first.
      - V(auto) does so when a list is older than O(cache_valid_time), or was never fetched.
      - Never done in check mode, nor without root, which is a warning when it was due. A repository that fails is a
        warning too, and the older list of it is used.
      - Package lists are what C(apt-get update), C(dnf makecache) or C(dnf5 makecache) fetches.
    type: str
    choices: [auto, always, never]
    default: auto
  cache_valid_time:
    description:
      - How old, in seconds, package lists may be before O(refresh=auto) fetches them.
    type: int
    default: 21600
  lock_timeout:
    description:
      - How long to wait, in seconds, while another process fetches package lists; on SUSE, while it works on packages
        at all, because zypper then answers nobody.
    type: int
    default: 60
  apt_pins:
    description:
      - What the pins of apt_preferences(5) mean, on Debian and Ubuntu.
      - V(honour) takes a newer version that apt's policy ranks below the installed one, or below its own candidate, for
        no candidate, and says so.
      - V(ignore) considers every version on offer, as Patch Manager does.
    type: str
    choices: [honour, ignore]
    default: honour
  release_dates:
    description:
      - Where delays and cut-off dates of a baseline count from, on Debian and Ubuntu, whose metadata dates no package.
      - V(ignored) has no dates, and approves at once, as Patch Manager does.
      - V(published) asks the archive when the file of each newer version was last modified. No credentials are sent;
        proxies are those of apt.
      - V(first_seen) counts from the moment at which this node first saw the version on offer, or from its publication
        where the archive told.
      - Both keep what they learn in C(/var/lib/patchops/first-seen.json), which needs root, and not in check mode.
    type: str
    choices: [ignored, published, first_seen]
    default: ignored
  install_dependencies:
    description:
      - Whether to install the Python bindings of apt (C(python3-apt)) where they are missing. Not in check mode.
      - Those of dnf 4 (C(python3-dnf)) come with dnf itself, those of dnf5 (C(python3-libdnf5)) are not needed; neither
        is ever installed by this.
    type: bool
    default: false
  bindings_interpreter:
    description:
      - Path of the Python that has the bindings of the package manager. By default the system's own is found, on EL 8
        C(/usr/libexec/platform-python).
    type: str
"""
