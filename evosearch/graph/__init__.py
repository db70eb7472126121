"""The meaning of a program: its graph, identities, value ranges, digest, reference semantics."""
