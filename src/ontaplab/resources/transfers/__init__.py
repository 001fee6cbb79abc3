"""SnapMirror transfers, and what carries them out."""
