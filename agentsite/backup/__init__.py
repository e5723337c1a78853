"""Everything an installation must not lose, in one folder, and back."""
