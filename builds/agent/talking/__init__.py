"""The second, small workflow: what the agent does about a message of a conversation."""
