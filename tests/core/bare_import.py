"""The core alone: `import placet` loads no extra, and works where none is installed.

    python tests/core/bare_import.py             # as `tox -e bare` runs it, without any extra
    python tests/core/bare_import.py --loaded    # judges only what the import loads

It is a script and no test module, because pytest itself is one of the extras.
"""

import sys
from importlib.util import find_spec

EXTRAS = (
    "argon2",
    "click",
    "falcon",
    "granian",
    "hypothesis",
    "jinja2",
    "prometheus_client",
    "psycopg",
    "pytest",
    "rich",
    "tinydb",
)
# In the standard library, but large: only the store, or the program, that needs it loads it.
LATE = ("asyncio", "sqlite3")


def main(arguments: list[str]) -> str:
    """One line that says what was found; it starts with "ok" where the core stands alone."""
    if "--loaded" not in arguments:
        installed = [name for name in EXTRAS if find_spec(name) is not None]
        if installed:
            return f"this environment is not bare: {', '.join(installed)} can be imported"

    import placet

    loaded = [name for name in (*EXTRAS, *LATE) if name in sys.modules]
    if loaded:
        return f"`import placet` loads {', '.join(loaded)}; the core needs pluggy and msgspec only"
    return f"ok: {placet.__name__} stands on pluggy and msgspec alone"


if __name__ == "__main__":
    verdict = main(sys.argv[1:])
    print(verdict)
    sys.exit(not verdict.startswith("ok"))
