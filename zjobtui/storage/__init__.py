"""Everything that is kept on disk: where it lies, how it is read, how it is written."""
