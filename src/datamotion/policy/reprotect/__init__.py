"""Turning mirrors round after a failover, without what only the old source holds being lost unseen."""
