"""One real tree, shared by the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks._tree import Tree


@pytest.fixture(scope="session")
def shared_tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    tree = Tree(tmp_path_factory.mktemp("tree") / "data")
    yield tree
    if tree.is_running:
        tree.stop()


@pytest.fixture
def tree(shared_tree: Tree) -> Tree:
    """Running and well, whatever the test before did to it."""
    if not shared_tree.is_running:
        shared_tree.start()
    return shared_tree


@pytest.fixture
def own_tree(tmp_path: Path) -> Iterator[Tree]:
    """Not shared with any other test."""
    with Tree(tmp_path / "data") as tree:
        yield tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"
