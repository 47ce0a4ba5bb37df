"""The immutable sharded map behaves like a dict that is copied at every change."""

from hypothesis import given
from hypothesis import strategies as st

from placet.access.table import Table

changes = st.lists(
    st.dictionaries(st.integers(0, 40), st.one_of(st.none(), st.integers())), max_size=20
)


@given(changes)
def test_it_holds_what_a_dict_holds(steps: list[dict[int, int | None]]) -> None:
    table: Table[int, int] = Table()
    model: dict[int, int] = {}
    for step in steps:
        table = table.updated(step)
        for key, value in step.items():
            if value is None:
                model.pop(key, None)
            else:
                model[key] = value
        assert dict(table.items()) == model
        assert len(table) == len(model)
        assert sorted(table) == sorted(model)


@given(changes)
def test_an_older_table_never_changes(steps: list[dict[int, int | None]]) -> None:
    table: Table[int, int] = Table()
    history = []
    for step in steps:
        history.append((table, dict(table.items())))
        table = table.updated(step)
    for older, held in history:
        assert dict(older.items()) == held


def test_it_keeps_everything_when_it_spreads_to_more_shards() -> None:
    table: Table[int, int] = Table()
    for start in range(0, 50_000, 1000):
        table = table.updated({number: number for number in range(start, start + 1000)})
    assert len(table) == 50_000
    assert all(table.get(number) == number for number in range(50_000))
