"""The Merkle tree and its proofs, against the vectors of RFC 6962's reference implementation."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from hardship.audit.chain import Tree, leaf_hash, root_of
from hardship.audit.proofs import holds, inclusion_path

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATH_0_OF_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]


def test_the_roots_are_those_of_the_reference() -> None:
    """The tree of nothing, and of the first one to eight leaves."""
    assert root_of([]).hex() == hashlib.sha256(b"").hexdigest()
    assert [root_of(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


def test_a_path_is_that_of_the_reference() -> None:
    """The audit path of the first of eight leaves."""
    path = inclusion_path([leaf_hash(leaf) for leaf in LEAVES], 0)
    assert [step.hex() for step in path] == PATH_0_OF_8


@given(st.lists(st.integers(0, 70), min_size=1, max_size=6))
def test_leaves_added_many_at_a_time_give_the_same_tree(parts: list[int]) -> None:
    """However the leaves are cut into parts, the root is that of adding them one by one."""
    leaves = [leaf_hash(str(number).encode()) for number in range(sum(parts))]
    tree, at = Tree(), 0
    for part in parts:
        tree.extend(leaves[at : at + part])
        at += part
    assert tree.size == len(leaves)
    assert tree.root() == root_of(str(number).encode() for number in range(len(leaves)))


@given(st.integers(1, 90), st.data())
def test_a_proof_holds_for_its_leaf_and_for_no_other(size: int, data: st.DataObject) -> None:
    """The path proves its leaf at its place, and neither another leaf, place, size, root nor a bent path."""
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root = root_of(str(number).encode() for number in range(size))
    path = inclusion_path(leaves, index)
    assert holds(leaves[index], index, size, path, root)
    assert not holds(leaf_hash(b"other"), index, size, path, root)
    assert not holds(leaves[index], index, size, [*path, root], root)
    assert not holds(leaves[index], index, size, path, leaf_hash(b"root"))
    if path:
        bent = data.draw(st.integers(0, len(path) - 1))
        wrong = [leaf_hash(b"bent") if at == bent else step for at, step in enumerate(path)]
        assert not holds(leaves[index], index, size, wrong, root)
        assert not holds(leaves[index], (index + 1) % size, size, path, root)
        assert not holds(leaves[index], index, size, path[:-1], root)
    assert not holds(leaves[index], size, size, path, root)
    assert not holds(leaves[index], -1, size, path, root)
