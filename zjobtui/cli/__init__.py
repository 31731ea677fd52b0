"""The commands that print: a second front end over the same core, proof that no screen is needed."""
