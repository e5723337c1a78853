"""An event emitter: callers subscribe to names and are called when they are emitted."""

from collections.abc import Callable
from typing import Any

Listener = Callable[..., Any]


class EventEmitter:
    """Call listeners by event name, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[tuple[Listener, bool]]] = {}

    def on(self, event: str, listener: Listener) -> Callable[[], None]:
        """Subscribe to an event; calling the result ends the subscription."""
        return self._add(event, listener, once=False)

    def once(self, event: str, listener: Listener) -> Callable[[], None]:
        """Subscribe to the next occurrence of an event only."""
        return self._add(event, listener, once=True)

    def off(self, event: str, listener: Listener) -> bool:
        """End the oldest subscription of a listener; tell whether there was one."""
        for entry in self._listeners.get(event, []):
            if entry[0] == listener:
                return self._remove(event, entry)
        return False

    def emit(self, event: str, *args: Any, **kwargs: Any) -> int:
        """Call the listeners of an event with the arguments; return how many.

        Listeners that are added or removed meanwhile count from the next time on.
        """
        entries = list(self._listeners.get(event, []))
        for entry in entries:
            listener, once = entry
            if once:
                self._remove(event, entry)
            listener(*args, **kwargs)
        return len(entries)

    def listener_count(self, event: str) -> int:
        """Tell how many subscriptions an event has."""
        return len(self._listeners.get(event, []))

    def _add(self, event: str, listener: Listener, *, once: bool) -> Callable[[], None]:
        entry = (listener, once)
        self._listeners.setdefault(event, []).append(entry)

        def unsubscribe() -> None:
            self._remove(event, entry)

        return unsubscribe

    def _remove(self, event: str, entry: tuple[Listener, bool]) -> bool:
        entries = self._listeners.get(event, [])
        positions = [at for at, existing in enumerate(entries) if existing is entry]
        if not positions:
            return False
        del entries[positions[0]]
        return True
