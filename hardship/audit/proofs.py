"""Inclusion proofs of RFC 6962 §2.1.1: that one event is in the tree under a root. Pure functions."""

from collections.abc import Sequence

from hardship.audit.chain import Tree, node_hash


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at `index` (from 0) among the leaves' hashes, from the leaf up to the root.

    Raises `ValueError` when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    path: list[bytes] = []
    first, size = 0, len(leaves)
    while size > 1:
        left = 1 << ((size - 1).bit_length() - 1)  # the largest power of two below the size
        if index < left:
            path.append(_root(leaves[first + left : first + size]))
            size = left
        else:
            path.append(_root(leaves[first : first + left]))
            first, index, size = first + left, index - left, size - left
    return path[::-1]


def holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf at `index` of a tree of `size` leaves to `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, place, last = leaf, index, size - 1
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def _root(leaves: Sequence[bytes]) -> bytes:
    tree = Tree()
    tree.extend(leaves)
    return tree.root()
