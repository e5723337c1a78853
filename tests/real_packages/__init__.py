"""Other people's packages and their own tests, through the toolchain and through plain pytest."""
