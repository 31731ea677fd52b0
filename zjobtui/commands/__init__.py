"""The commands, a file for each family; each imports what it needs only when it runs."""
