"""Learns about a rule before training: by probes, gates and a fingerprint."""
