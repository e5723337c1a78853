"""What somebody used and where the money went."""
