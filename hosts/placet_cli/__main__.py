"""`python -m placet_cli` is the `placet` command."""

from placet_cli import main

main()
