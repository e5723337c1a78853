import pytest

from graph_search import breadth_first, depth_first, fewest_edges, shortest_path

ROADS = {
    "A": {"B": 1.0, "C": 7.0},
    "B": {"C": 2.0, "D": 9.0},
    "C": {"D": 3.0},
    "D": {"A": 1.0},
    "E": {"A": 1.0},
}


def test_breadth_first_visits_the_nearest_first() -> None:
    tree = {"A": {"B": 1, "C": 1}, "B": {"D": 1}, "C": {"E": 1}, "D": {"A": 1}}
    assert breadth_first(tree, "A") == ["A", "B", "C", "D", "E"]


def test_depth_first_follows_a_branch_to_its_end() -> None:
    tree = {"A": {"B": 1, "C": 1}, "B": {"D": 1}, "C": {"D": 1, "E": 1}}
    assert depth_first(tree, "A") == ["A", "B", "D", "C", "E"]


def test_nodes_out_of_reach_are_not_visited() -> None:
    assert sorted(breadth_first(ROADS, "B")) == ["A", "B", "C", "D"]
    assert sorted(depth_first(ROADS, "B")) == ["A", "B", "C", "D"]


def test_the_path_of_fewest_edges_ignores_weights() -> None:
    assert fewest_edges(ROADS, "A", "D") == ["A", "B", "D"]


def test_the_shortest_path_has_the_least_weight() -> None:
    assert shortest_path(ROADS, "A", "D") == (6.0, ["A", "B", "C", "D"])


def test_a_path_from_a_node_to_itself_is_that_node() -> None:
    assert fewest_edges(ROADS, "A", "A") == ["A"]
    assert shortest_path(ROADS, "A", "A") == (0.0, ["A"])


def test_there_is_no_path_to_a_node_out_of_reach() -> None:
    assert fewest_edges(ROADS, "A", "E") is None
    assert shortest_path(ROADS, "A", "E") is None
    assert fewest_edges(ROADS, "E", "A") == ["E", "A"]


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="negative weight from A to B"):
        shortest_path({"A": {"B": -1.0}}, "A", "B")


def test_an_unknown_start_is_refused() -> None:
    with pytest.raises(KeyError):
        breadth_first(ROADS, "X")
    with pytest.raises(KeyError):
        depth_first(ROADS, "X")
    with pytest.raises(KeyError):
        fewest_edges(ROADS, "X", "A")
    with pytest.raises(KeyError):
        shortest_path(ROADS, "X", "A")
