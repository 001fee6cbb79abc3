"""Serving a group from another copy: what was asked for (`choice`), where it goes (`goal`, `decision`), what it takes.

`takeover` does it; `planned` is what comes before where the source still answers, and `thaw` the way back from that.
"""
