"""Bytes through this host: one file, folder or block device becomes another, verified, and resumable after SIGKILL.

`copying.py` is the whole, `pieces.py` a big file, `carry.py` a range of bytes, `tree.py` a folder, `crew.py` who helps
with it, `journal.py` what is known after a kill, `attributes.py` what stands beside the bytes. `docs/copy.md` says what
is guaranteed.
"""

from __future__ import annotations

from datamotion.hostcopy.asked import Asked, Verify
from datamotion.hostcopy.copying import copy
from datamotion.hostcopy.tally import CopyReport, Tally

__all__ = ["Asked", "CopyReport", "Tally", "Verify", "copy"]
