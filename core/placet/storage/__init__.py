"""Storage: the port that stores implement, the declared kinds, sealing, the memory store."""
