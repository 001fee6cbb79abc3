"""SnapMirror relationships."""
