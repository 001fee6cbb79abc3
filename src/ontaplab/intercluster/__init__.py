"""What clusters say to each other, outside `/api`."""
