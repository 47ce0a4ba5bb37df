"""The `placet` command: serve, administer, ask and approve from a terminal.

- `app.py` is the command itself; one file for each family of commands: `bundles.py`,
  `questions.py`, `approvals.py`, `keys.py`, `audit.py`, `store.py`, `serve.py`, `demo.py`.
- `target.py` says where a command works: on a store (`embedded.py`) or through a server
  (`remote.py`), behind the one protocol of `backend.py`.
- `output.py` shows the answers: for a person, as plain text, or as JSON.
- `exits.py` has the exit codes.
"""

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process; what the script `placet` calls. Does not return."""
    from placet_cli.app import cli

    cli(prog_name="placet")
