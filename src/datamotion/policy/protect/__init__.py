"""What the configuration wants of mirrors against what is there: `protect` of the group, `converge` of a volume."""
