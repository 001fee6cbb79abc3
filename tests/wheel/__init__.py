"""The product as it is installed: `make wheel`."""
