"""The project's pages, and what writes those that are made from code."""
