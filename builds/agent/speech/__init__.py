"""What somebody said aloud, as text."""
