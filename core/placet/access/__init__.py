"""May they? An immutable index of one account, and pure questions to it."""
