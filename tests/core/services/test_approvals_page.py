"""The page about approvals is true: its story runs, and its table names every key of a policy."""

import re
from pathlib import Path

import pytest

from placet.bundle import loads
from placet.bundle.document import PolicyEntry, RequirementEntry

PAGE = Path(__file__).parents[3] / "docs" / "approvals.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_story_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    policy, *_ = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    Path("releases.toml").write_text(policy, "utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 9
    exec(compile("\n".join(blocks), str(PAGE), "exec"), {})


def test_every_block_of_policy_is_one(page: str) -> None:
    for policy in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        assert loads(policy, "toml").approval_policies


def test_the_table_names_every_key_of_a_policy(page: str) -> None:
    table = page.partition("| key | what it says |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    named = set(re.findall(r"`(\w+)`", "\n".join(cells)))
    keys = {*PolicyEntry.__struct_fields__, "escalate_after", "escalate_to"}
    assert {"escalate_after", "escalate_to"} <= set(RequirementEntry.__struct_fields__)
    plain = {"id", "scope", "name", "description", "applies_to", "allow_self_review",
             "allow_unattributed", "decide_within", "use_within"}  # fmt: skip
    assert named == keys - plain
