"""What the agent asks for before it acts, and the one answer to it."""
