"""Who gains and who loses what by a change: a function of the account before it and after it."""

from placet.access.changes.change import AccessChange, AccessChanges, Asking
from placet.access.changes.comparison import access_changes
from placet.access.changes.places import Place

__all__ = ["AccessChange", "AccessChanges", "Asking", "Place", "access_changes"]
