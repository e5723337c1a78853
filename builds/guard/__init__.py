"""Finding personal data and secrets in text, and putting placeholders in their place; knows no Django."""
