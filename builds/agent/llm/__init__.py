"""Connects the agent to language models."""
