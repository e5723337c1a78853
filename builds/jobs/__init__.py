"""What the agent does about messages: jobs, on the same runs as builds."""
