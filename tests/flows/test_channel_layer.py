"""What carries live updates: whoever listens hears, and whoever stops listening is gone."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer

pytestmark = pytest.mark.engine
_MOMENTS = range(40)
"""Turns of the event loop; over the broker a reader needs some 30 of them until it waits."""


async def _stop_after(layer: Any, turns: int) -> bool:
    reader = asyncio.create_task(layer.receive(await layer.new_channel()))
    for _ in range(turns):
        await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader], timeout=2)
    return reader.cancelled()


async def test_a_reader_ends_at_whatever_moment_it_is_told_to() -> None:
    layer = get_channel_layer()
    assert [turns for turns in _MOMENTS if not await _stop_after(layer, turns)] == []


async def test_who_came_after_a_reader_that_left_hears_everything() -> None:
    layer: Any = get_channel_layer()
    for turns in _MOMENTS:
        await _stop_after(layer, turns)
    channel = await layer.new_channel()
    await layer.group_add("a", channel)
    for number in range(3):
        await layer.group_send("a", {"type": "said", "number": number})
    heard = [(await asyncio.wait_for(layer.receive(channel), 5))["number"] for _ in range(3)]
    assert heard == [0, 1, 2]
