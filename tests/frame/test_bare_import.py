"""`import placet` loads no framework, no driver and no test tool, even where they are installed."""

import subprocess
import sys
from pathlib import Path


def test_importing_placet_loads_no_extra(checkout: Path) -> None:
    script = checkout / "tests" / "core" / "bare_import.py"
    run = subprocess.run(
        [sys.executable, str(script), "--loaded"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout[:3], run.stderr) == (0, "ok:", "")
