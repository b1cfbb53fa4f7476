"""The hash chain and the Merkle tree over it: pure functions."""

import hashlib
from collections.abc import Iterable

GENESIS = "0" * 64


def link(prev: str, body: str) -> str:
    """The hash of an event: SHA-256 over the previous hash (its 64 hexadecimal digits) and the body's bytes."""
    return hashlib.sha256(prev.encode("ascii") + body.encode()).hexdigest()


def head_message(seq: int, head: str) -> bytes:
    """What the head's keyed digest is over."""
    return f"audit head|{seq}|{head}".encode("ascii")


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """An RFC 6962 Merkle tree that grows leaf by leaf and keeps only its right edge."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf, given as its hash."""
        node, index = leaf, self.size
        while index & 1:
            node = node_hash(self._edge.pop(), node)
            index >>= 1
        self._edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The tree's root; of the empty tree, SHA-256 of nothing."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node


def root_of(bodies: Iterable[bytes]) -> bytes:
    """The root over events' bodies in order."""
    tree = Tree()
    for body in bodies:
        tree.add(leaf_hash(body))
    return tree.root()
