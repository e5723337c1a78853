"""The offline default "model": small, tested recipes shipped with the product, chosen by retrieval."""
