"""The mechanisms by which volumes are migrated, a module each; the cheapest first."""
