"""What other rooms may want to hear of."""

from django.dispatch import Signal

message_added = Signal()
"""A message was stored: ``message``. Sent in the transaction that stores it; a receiver may only insert rows."""
