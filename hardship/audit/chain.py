"""The hash chain and the Merkle tree over it: pure functions."""

import hashlib
from collections.abc import Iterable, Sequence

GENESIS = "0" * 64


def link(prev: str, body: str) -> str:
    """The hash of an event: SHA-256 over the previous hash (its 64 hexadecimal digits) and the body's bytes."""
    return hashlib.sha256(prev.encode("ascii") + body.encode()).hexdigest()


def head_message(seq: int, head: str) -> bytes:
    """What the head's keyed digest is over."""
    return f"audit head|{seq}|{head}".encode()


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
        self._carry(leaf, 1)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append many leaves, given as their hashes: whole subtrees at a time, which is faster than one by one."""
        at = 0
        while at < len(leaves):
            largest = 1 << ((len(leaves) - at).bit_length() - 1)
            aligned = self.size & -self.size or largest
            take = min(largest, aligned)
            self._carry(_perfect(leaves[at : at + take]), take)
            at += take

    def _carry(self, node: bytes, leaves: int) -> None:
        """Append a perfect subtree of `leaves` leaves at a place where it is aligned."""
        index = self.size // leaves
        while index & 1:
            node = node_hash(self._edge.pop(), node)
            index >>= 1
        self._edge.append(node)
        self.size += leaves

    def root(self) -> bytes:
        """The tree's root; of the empty tree, SHA-256 of nothing."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node


def _perfect(leaves: Sequence[bytes]) -> bytes:
    """The root over 2ⁿ leaves. Written out, not by `node_hash`: this is what a verification spends its time on."""
    sha256, level = hashlib.sha256, leaves
    while len(level) > 1:
        level = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def root_of(bodies: Iterable[bytes]) -> bytes:
    """The root over events' bodies in order."""
    tree = Tree()
    for body in bodies:
        tree.add(leaf_hash(body))
    return tree.root()
