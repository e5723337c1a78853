"""Search a graph: breadth first, depth first and the cheapest path (Dijkstra)."""

import heapq
from collections import deque
from collections.abc import Mapping
from itertools import count

Graph = Mapping[str, Mapping[str, float]]
"""Node → its neighbours with the weight of the edge to each."""


def breadth_first(graph: Graph, start: str) -> list[str]:
    """List the nodes that can be reached, the nearest first.

    :raises KeyError: the start is not in the graph.
    """
    _require(graph, start)
    order = [start]
    waiting = deque(order)
    while waiting:
        for neighbour in graph.get(waiting.popleft(), {}):
            if neighbour not in order:
                order.append(neighbour)
                waiting.append(neighbour)
    return order


def depth_first(graph: Graph, start: str) -> list[str]:
    """List the nodes that can be reached, following each branch to its end.

    :raises KeyError: the start is not in the graph.
    """
    _require(graph, start)
    order: dict[str, None] = {}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in order:
            order[node] = None
            waiting.extend(reversed(list(graph.get(node, {}))))
    return list(order)


def fewest_edges(graph: Graph, start: str, goal: str) -> list[str] | None:
    """Find a path with as few edges as possible, by breadth-first search.

    None means that there is no path.

    :raises KeyError: the start is not in the graph.
    """
    _require(graph, start)
    came_from = {start: start}
    waiting = deque([start])
    while waiting and goal not in came_from:
        node = waiting.popleft()
        for neighbour in graph.get(node, {}):
            if neighbour not in came_from:
                came_from[neighbour] = node
                waiting.append(neighbour)
    return _path(came_from, start, goal) if goal in came_from else None


def shortest_path(
    graph: Graph, start: str, goal: str
) -> tuple[float, list[str]] | None:
    """Find the path of least total weight and its weight, by Dijkstra's algorithm.

    None means that there is no path.

    :raises KeyError: the start is not in the graph.
    :raises ValueError: an edge has a negative weight.
    """
    _require(graph, start)
    order = count()
    heap = [(0.0, next(order), start, start)]
    came_from: dict[str, str] = {}
    while heap:
        distance, _, node, previous = heapq.heappop(heap)
        if node in came_from:
            continue
        came_from[node] = previous
        if node == goal:
            return distance, _path(came_from, start, goal)
        for neighbour, weight in graph.get(node, {}).items():
            if weight < 0:
                raise ValueError(f"negative weight from {node} to {neighbour}")
            heapq.heappush(heap, (distance + weight, next(order), neighbour, node))
    return None


def _require(graph: Graph, start: str) -> None:
    if start not in graph:
        raise KeyError(start)


def _path(came_from: Mapping[str, str], start: str, goal: str) -> list[str]:
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]
