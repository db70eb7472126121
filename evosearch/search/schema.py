"""Defines the tables of a run's database, and the words that stand in them.

There is one SQLite file per run. Nothing in it depends on time or on the number of workers, so an
interrupted and resumed run ends in the same rows as an uninterrupted one.

`meta` holds by key: `format`, `config` (JSON), `start` (the rule's text), `state`, and
`circumstances`, a JSON list of versions, processor and digests of tasks: one record, and a further
one where the run was gone on with elsewhere. Older runs of format 3 lack that key.
"""

DATABASE = "run.sqlite"
FORMAT = 3

SEARCH, RANKING, REPORT = "search", "ranking", "report"
"""The stages of evaluation: during the search, and the two of the finals."""
BASELINE_ID = -1
"""The candidate number under which the baseline's trainings in the finals are filed."""
SEARCHING, DONE = "searching", "done"
"""The states of a run, in `meta`."""
HAS_RESULT = "outcome IN ('trained', 'retuned')"
"""The condition on `candidates` that one was trained."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE yardsticks (task TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE candidates (
    id INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    parent INTEGER,             -- the start rule has none
    mutations TEXT NOT NULL,    -- JSON list, in the order applied
    text TEXT NOT NULL,
    digest TEXT NOT NULL,       -- of the canonical form
    structure TEXT NOT NULL,    -- its digest
    outcome TEXT NOT NULL,      -- trained, retuned, duplicate or rejected
    gate TEXT,                  -- which rejected it
    twin INTEGER NOT NULL,      -- the first candidate of the structure, or that did the same
    round INTEGER,              -- of tuning, from 0; null where it was not tuned
    statements INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    update_size REAL,
    fitness REAL,               -- mean log2 speed-up of its own trainings, where it had
                                -- some, else of its class; null where rejected
    cleared INTEGER             -- 0 where a hurdle stopped it; null where not trained
);
CREATE TABLE settings (         -- what tuning chose
    candidate INTEGER NOT NULL,
    stage TEXT NOT NULL,
    task TEXT NOT NULL,
    rate REAL NOT NULL,         -- relative to the update size at these constants
    constants TEXT NOT NULL,    -- JSON list, in the order of the structure's
    spent INTEGER NOT NULL,     -- replica-steps
    ended TEXT NOT NULL,        -- measured; or hopeless or halted, and so given up
    PRIMARY KEY (candidate, stage, task)
);
CREATE TABLE evaluations (
    candidate INTEGER NOT NULL,
    stage TEXT NOT NULL,
    task TEXT NOT NULL,
    steps INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    rate REAL NOT NULL,         -- relative to the update size at these constants
    constants TEXT NOT NULL,    -- JSON list, in the order of the structure's
    loss REAL                   -- null where it diverged
);
CREATE TABLE rungs (
    candidate INTEGER NOT NULL,
    task TEXT NOT NULL,
    rung INTEGER NOT NULL,
    loss REAL                   -- recent training loss of the best setting; null where it diverged
);
CREATE INDEX rungs_of ON rungs (candidate);
CREATE INDEX evaluations_of ON evaluations (candidate, stage);
CREATE TABLE finalists (
    candidate INTEGER NOT NULL,
    stage TEXT NOT NULL,
    place INTEGER NOT NULL,
    speedup REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    per_task TEXT NOT NULL,
    PRIMARY KEY (candidate, stage)
);
"""
