"""Compiles the models of a search before anything is trained."""

from __future__ import annotations

from evosearch.search.observer import Observer
from evosearch.search.store_reader import StoreReader
from proxies.training.gradients import gradients


def compile_models(store: StoreReader, observer: Observer) -> None:
    """Compiles each task's step in this process, which leaves it on disk for the workers."""
    config = store.config
    if not config.compile:
        return
    observer.phase("compiling models", len(config.all_tasks))
    for done, task in enumerate(config.training_tasks, start=1):
        gradients(task, config.engine)
        observer.advance(done, store)
