"""The configuration as one frozen tree. Every key is documented here; the reference page is printed from it."""
