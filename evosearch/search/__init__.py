"""Evolves rules: configuration, mutations, evolution, where work runs, the store, the loop."""
