"""Files that belong to messages: what is taken, how it is kept, and what was read in it."""
