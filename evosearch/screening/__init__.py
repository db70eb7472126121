"""What is learnt of a rule before training: probes, gates, fingerprint."""
