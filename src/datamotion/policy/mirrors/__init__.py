"""Relationships one by one: peers and policies that they need, and updating, pausing, breaking off and resyncing."""
