"""What this surface asks for, as permissions: to check a profile out, of a cloud or of a resource.

Who may ask, who says yes and what that yields is for the policies of an account: there is no
default, so that nothing can be requested before somebody says who decides.
"""

import msgspec

from placet.catalogue import Catalogue
from placet.errors import Invalid
from placet.model import Permission, Role

__all__ = ["CATALOGUE", "CONSUMERS", "PROFILE", "RESOURCE_PROFILE", "Consumer"]


class Consumer(msgspec.Struct, frozen=True):
    """A part of the vendor's product that has approvals decided: its name, and what it asks for."""

    name: str
    permission: str
    resource_type: str

    def resource(self, profile: str, target: str) -> str:
        """The resource that a profile in an environment, or on a resource, is.

        Raises Invalid for a name with a slash: which one separated would be a guess.

        >>> PROFILE.resource("admin", "prod")
        'profile:admin/prod'
        """
        for name in (profile, target):
            if "/" in name:
                raise Invalid(f"{name!r} holds '/', which stands between a profile and its target")
        return f"{self.resource_type}:{profile}/{target}"


PROFILE = Consumer("papservice", "profile.checkout", "profile")
"""Profiles of cloud applications, in an environment."""
RESOURCE_PROFILE = Consumer("resourceprofile", "resource.profile.checkout", "resource_profile")
"""Profiles of resources (servers, databases), on one of them."""

CONSUMERS = {consumer.name: consumer for consumer in (PROFILE, RESOURCE_PROFILE)}
"""Every consumer, by its name."""

CATALOGUE = Catalogue(
    permissions=tuple(
        Permission(id=consumer.permission, resource_type=consumer.resource_type, action="checkout")
        for consumer in CONSUMERS.values()
    ),
    roles=tuple(
        Role(
            id=f"_britive_{consumer.resource_type}_checkout",
            name=f"Check out {consumer.resource_type}s",
            description="For approval policies to yield, for a time.",
            permissions=(consumer.permission,),
            managed=True,
        )
        for consumer in CONSUMERS.values()
    ),
)
