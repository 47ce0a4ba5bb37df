"""Use cases: read facts, decide purely, commit once. Every method is authorized here."""
