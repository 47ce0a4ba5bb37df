"""Who says so? Pure evaluation of requirements, and the transitions of approvals and grants."""
