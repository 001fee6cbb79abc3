"""What the lab answers: one folder a resource."""
