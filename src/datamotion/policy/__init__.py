"""The planners: what was seen and what is wanted in, a plan or a refusal out; no client, no clock, no store, no logger.

A folder for each thing that they are about; beside them what all share: `situation` in, `steps` and `obstacles` out.
"""
