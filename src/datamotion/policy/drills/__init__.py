"""Rehearsals: clones that are served beside the mirrors, and their end."""
