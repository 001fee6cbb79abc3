"""Whether the tests notice when a safety guard is switched off (`make mutants`, docs/soak.md)."""
