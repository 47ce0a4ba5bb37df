"""Policy as code: one TOML or JSON document an account; load, validate, diff, apply, test."""

from typing import Any

Bundle = Any
Plan = Any


def load(source: Any) -> Any:
    """Being written."""
    return source


def plan_of(*args: Any, **kwargs: Any) -> Any:
    """Being written."""


def apply(*args: Any, **kwargs: Any) -> Any:
    """Being written."""
