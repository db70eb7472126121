"""Defines the tables of a run's database, and the words that stand in them.

There is one SQLite file per run. Nothing in it depends on time or on the number of workers, so an
interrupted and resumed run ends in the same rows as an uninterrupted one.

The comments in `SCHEMA` say what each table and column holds. SQLite keeps them in the file, and
`python -m scripts.write_schema_page` makes the page SCHEMA.md of them.

`circumstances` in `meta` is a JSON list of versions, processor and digests of tasks: one record,
and a further one where the run was gone on with elsewhere. Older runs of format 3 lack that key.
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
CREATE TABLE meta (             -- facts about the run as a whole
    key TEXT PRIMARY KEY,       -- format, config, start, state, circumstances
    value TEXT NOT NULL         -- in that order: a number, JSON, the text of the rule that the
                                -- run started from, searching or done
);
CREATE TABLE yardsticks (       -- how fast tuned AdamW is, which speed-ups are read off
    task TEXT PRIMARY KEY,      -- the task's name
    record TEXT NOT NULL        -- JSON object: the losses, rates and constants at each number of
                                -- steps
);
CREATE TABLE candidates (       -- every program that was bred, rejected ones and duplicates too
    id INTEGER PRIMARY KEY,     -- from 0, which is the start rule, in the order of breeding
    block INTEGER NOT NULL,     -- the block in which it was bred and committed, from 0
    parent INTEGER,             -- which was mutated or is retuned; the start rule has none
    mutations TEXT NOT NULL,    -- JSON list of names, in the order applied
    text TEXT NOT NULL,         -- the program as it was bred
    digest TEXT NOT NULL,       -- of the canonical form
    structure TEXT NOT NULL,    -- the digest of its structure, in which constants are left open
    outcome TEXT NOT NULL,      -- trained, retuned, duplicate or rejected
    gate TEXT,                  -- which rejected it
    twin INTEGER NOT NULL,      -- the first candidate of the structure, or that did the same
    round INTEGER,              -- of tuning, from 0; null where it was not tuned
    statements INTEGER NOT NULL, -- the size of the program's graph
    slots INTEGER NOT NULL,     -- its states that live from step to step
    update_size REAL,           -- of the direction on the probe; 0 where rejected
    fitness REAL,               -- mean log2 speed-up of its own trainings, where it had
                                -- some, else of its class; null where rejected
    cleared INTEGER             -- 0 where a hurdle stopped it; null where not trained
);
CREATE TABLE settings (         -- what tuning chose
    candidate INTEGER NOT NULL, -- whose; -1 is AdamW, tuned again in the finals
    stage TEXT NOT NULL,        -- search, or ranking (the first of the finals)
    task TEXT NOT NULL,         -- on which it was tuned
    rate REAL NOT NULL,         -- relative to the update size at these constants
    constants TEXT NOT NULL,    -- JSON list, in the order of the structure's
    spent INTEGER NOT NULL,     -- replica-steps
    ended TEXT NOT NULL,        -- measured; or hopeless or halted, and so given up
    PRIMARY KEY (candidate, stage, task)
);
CREATE TABLE evaluations (      -- trainings that ran to the end or diverged, in order
    candidate INTEGER NOT NULL, -- which was trained; -1 is AdamW
    stage TEXT NOT NULL,        -- search, ranking or report (the second of the finals)
    task TEXT NOT NULL,         -- on which it was trained
    steps INTEGER NOT NULL,     -- the length of the training
    seed INTEGER NOT NULL,      -- of initial weights and data
    rate REAL NOT NULL,         -- relative to the update size at these constants
    constants TEXT NOT NULL,    -- JSON list, in the order of the structure's
    loss REAL                   -- at the end of the schedule; null where it diverged
);
CREATE TABLE rungs (            -- how a candidate's first generation of settings came along
    candidate INTEGER NOT NULL, -- which was trained
    task TEXT NOT NULL,         -- on which it was trained
    rung INTEGER NOT NULL,      -- from 0: a step at which laggards stop
    loss REAL                   -- recent training loss of the best setting; null where it diverged
);
CREATE INDEX rungs_of ON rungs (candidate);
CREATE INDEX members_of ON candidates (twin);
CREATE INDEX evaluations_of ON evaluations (candidate, stage);
CREATE TABLE finalists (        -- the best candidates, measured again on other seeds
    candidate INTEGER NOT NULL, -- which was measured
    stage TEXT NOT NULL,        -- ranking, or report, whose seeds nothing was chosen by
    place INTEGER NOT NULL,     -- from 0; in the report too, the order of the ranking
    speedup REAL NOT NULL,      -- over tuned AdamW, the geometric mean over tasks and seeds
    low REAL NOT NULL,          -- the lower end of its 95% interval
    high REAL NOT NULL,         -- the upper end
    per_task TEXT NOT NULL,     -- JSON object: task to speed-up
    PRIMARY KEY (candidate, stage)
);
"""
