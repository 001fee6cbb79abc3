"""Mirrors that end: unprotecting, forgetting a back end, and what is left over of either."""
