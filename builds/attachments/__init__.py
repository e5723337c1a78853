"""Files that people send: read by workers, and given to builds and to the agent as context."""
