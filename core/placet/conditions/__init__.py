"""The condition language: a documented subset of CEL, in pure Python (design section 5).

Text is parsed to a tree, and the tree compiled to closures, once; evaluation then costs about a
microsecond. Pure: no I/O, no clock; the time is the fact `now`. `docs/conditions.md` is the page
for those who write conditions.

==============================  ================================================================
`subject` `resource`            maps `{type, id, properties}`; `action` is `{name, properties}`
`context` `now`                 the map that came with the request; the present moment
`1 0x1F -1 1.5 'a' r'\\d'`       int (64 bits), double, string with CEL's escapes or raw
`true false null [1, 'a']`      bool, null, list
`a.b` `a['b']` `l[0]`           selection, from a name; an absent key is *missing*
`== !=`                         any two values; different types are unequal, int and double are not
`< <= > >=`                     numbers, strings, bools, timestamps, durations: each with its kind
`x in l` `'k' in m`             membership of a list, presence of a map's key
`! && ||` `c ? a : b`           bools only; what decides absorbs what is missing or wrong elsewhere
`has(a.b)`                      whether the last step is there
`size(x)`                       code points of a string, entries of a list or a map
`s.startsWith(t)`               also `endsWith`, `contains`
`timestamp(s)` `duration(s)`    RFC 3339 text; `1h30m`, `-1.5s`, units h m s ms us ns
==============================  ================================================================

Not in it: arithmetic, macros, regular expressions, unsigned ints, bytes, map literals, conversions.

>>> production = compile("resource.properties.environment == 'production'")
>>> production.evaluate({"resource": {"properties": {"environment": "production"}}}) is TRUE
True
>>> production.evaluate({"resource": {"properties": {}}})
Missing(names=('resource.properties.environment',))
"""

from placet.conditions.condition import Condition, compile
from placet.conditions.outcomes import FALSE, TRUE, Decided, Error, Missing, Outcome
from placet.conditions.parser import MAX_BYTES, MAX_DEPTH, MAX_NODES

__all__ = [
    "compile",
    "Condition",
    "Outcome",
    "Decided",
    "TRUE",
    "FALSE",
    "Missing",
    "Error",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
]
