"""Words for people, the same on the screen and in print; pure, and without a word of colour."""
