# Copyright: (c) 2026, the patchops.fleet contributors
"""x"""
from __future__ import annotations
def parse_failures(text):
    return {}
