"""A mapping of bounded size."""

from evosearch.search.recent import Recent


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    """Looking something up is using it, and so is putting it anew."""
    kept: Recent[str, int] = Recent(3)
    for number, name in enumerate("abc"):
        assert kept.put(name, number) == number
    assert kept.get("a") == 0
    kept.put("b", 7)
    kept.put("d", 3)
    assert [kept.get(name) for name in "abcd"] == [0, 7, None, 3]
    assert len(kept) == 3


def test_what_is_dropped_is_gone() -> None:
    """And what was never there can be dropped too."""
    kept: Recent[str, int] = Recent(3)
    kept.put("a", 1)
    kept.drop("a")
    kept.drop("b")
    assert (kept.get("a"), len(kept)) == (None, 0)
