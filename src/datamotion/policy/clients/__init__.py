"""What clients come in by: how they are kept out (`fence`), let in again, and given what they had elsewhere."""
