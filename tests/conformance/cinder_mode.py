"""Where datamotion-cinder is, and how Cinder runs: to be imported before anything else of it, as cinder-volume does.

The script's first two arguments say so: the folder of the distribution, and `native` or `eventlet`.
"""

from __future__ import annotations

import os
import sys

from cinder import monkey_patch

sys.path.append(sys.argv[1])
IS_PATCHED = sys.argv[2] == "eventlet"
os.environ["OS_CINDER_DISABLE_EVENTLET_PATCHING"] = str(not IS_PATCHED).lower()
monkey_patch.patch()

from cinder import objects  # noqa: E402  # patched

objects.register_all()
