"""What a cluster is made to do to its clients: faults, and the pace of its operations."""
