"""Defines the tables of a run's database, and the words that stand in them.

There is one SQLite file per run. Nothing in it depends on time or on the number of workers, so an
interrupted and resumed run ends in the same rows as an uninterrupted one. The tables in `STATE` are
all that a search remembers, changed in the transactions that commit its blocks: a run that is
resumed reads them and goes on, however old it is.

The comments in `SCHEMA` say what each table and column holds. SQLite keeps them in the file, and
`python -m scripts.write_schema_page` makes the page SCHEMA.md of them.

`circumstances` in `meta` is a JSON list of versions, processor and digests of tasks: one record,
and a further one where the run was gone on with elsewhere.
"""

DATABASE = "run.sqlite"
FORMAT = 5

MICRO, SEARCH = "micro", "search"
"""The stages of evaluation during the search."""
RANKING, SELECT = "ranking", "select"
"""Those in which the best are tuned again, on the tasks of the search and on others."""
REPORT, SELECT_REPORT = "report", "select report"
"""Those in which the best of these are trained on fresh seeds, on the same tasks."""
TUNING_STAGES = MICRO, SEARCH, RANKING, SELECT
"""The stages in which settings are tuned."""
STAGES = *TUNING_STAGES, REPORT, SELECT_REPORT
"""All in which something is trained, in their order."""
BASELINE_ID = -1
"""The candidate number under which the baseline's trainings in the finals are filed."""
SEARCHING, DONE = "searching", "done"
"""The states of a run, in `meta`."""
HAS_RESULT = "outcome IN ('trained', 'retuned')"
"""The condition on `candidates` that one was trained."""

SCHEMA = """
CREATE TABLE meta (             -- facts about the run as a whole
    key TEXT PRIMARY KEY,       -- format, config, start, state, circumstances, progress
    value TEXT NOT NULL         -- in that order: a number, JSON, the texts of the rules that
                                -- the run started from, searching or done, JSON, JSON
);
CREATE TABLE yardsticks (       -- how fast tuned AdamW is, which speed-ups are read off
    task TEXT PRIMARY KEY,      -- the task's name
    record TEXT NOT NULL        -- JSON object: the losses, rates and constants at each number of
                                -- steps
);
CREATE TABLE candidates (       -- every program that was bred, rejected ones and duplicates too
    id INTEGER PRIMARY KEY,     -- from 0, in the order of breeding; the start rules first
    block INTEGER NOT NULL,     -- the block in which it was bred and committed, from 0; it is of
                                -- the population of that number, modulo that of populations
    parent INTEGER,             -- which was mutated or is retuned; a start rule has none
    mutations TEXT NOT NULL,    -- JSON list of names, in the order applied
    text TEXT NOT NULL,         -- the program as it was bred
    digest TEXT NOT NULL,       -- of the canonical form
    structure TEXT NOT NULL,    -- the digest of its structure, in which constants are left open
    outcome TEXT NOT NULL,      -- trained, retuned, duplicate or rejected
    gate TEXT,                  -- which rejected it
    twin INTEGER NOT NULL,      -- the first candidate of the structure, or that did the same
    round INTEGER,              -- of tuning, from 0; null where it was not tuned
    micro REAL,                 -- mean log2 speed-up on the tasks of micro; null where not tried
    passed INTEGER,             -- 0 where micro stopped it; 1 where it was good enough for the
                                -- search, or for a further round; 2 where a lot let it pass, and
                                -- null where nothing was asked
    statements INTEGER NOT NULL, -- the size of the program's graph
    slots INTEGER NOT NULL,     -- its states that live from step to step
    update_size REAL,           -- of the direction on the probe; 0 where rejected
    fitness REAL,               -- mean log2 speed-up of its own trainings, where it had
                                -- some, else of its class; null where rejected
    cleared INTEGER             -- 0 where a hurdle stopped it; null where not trained
);
CREATE TABLE settings (         -- what tuning chose
    candidate INTEGER NOT NULL, -- whose; -1 is AdamW, tuned again in the finals
    stage TEXT NOT NULL,        -- micro, search, or ranking or select (measured again)
    task TEXT NOT NULL,         -- on which it was tuned
    rate REAL NOT NULL,         -- relative to the update size at these constants
    constants TEXT NOT NULL,    -- JSON list, in the order of the structure's
    spent INTEGER NOT NULL,     -- replica-steps
    ended TEXT NOT NULL,        -- measured; or hopeless or halted, and so given up
    PRIMARY KEY (candidate, stage, task)
);
CREATE TABLE evaluations (      -- trainings that ran to the end or diverged, in order
    candidate INTEGER NOT NULL, -- which was trained; -1 is AdamW
    stage TEXT NOT NULL,        -- micro, search; ranking, select (measured again); report,
                                -- select report (the last measurement)
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
    stage TEXT NOT NULL,        -- ranking or select; report or select report, whose seeds
                                -- nothing was chosen by
    place INTEGER NOT NULL,     -- from 0, in all stages the order of select, or of ranking where
                                -- there is none
    speedup REAL NOT NULL,      -- over tuned AdamW, the geometric mean over tasks and seeds
    low REAL NOT NULL,          -- the lower end of its 95% interval
    high REAL NOT NULL,         -- the upper end
    per_task TEXT NOT NULL,     -- JSON object: task to speed-up
    PRIMARY KEY (candidate, stage)
);
CREATE TABLE checks (           -- when the best candidates were measured again
    candidate INTEGER PRIMARY KEY, -- which; AdamW is measured with the first
    block INTEGER,              -- after whose commit it was chosen; null for the end of the search
    tuned INTEGER NOT NULL,     -- how many structures were tuned by then, further rounds counted
    fitness REAL NOT NULL       -- its fitness then, by which it was chosen
);
"""

STATE = """
CREATE TABLE forms (            -- the canonical forms that the search met
    digest TEXT PRIMARY KEY,    -- of the form
    twin INTEGER NOT NULL,      -- the representative of its class; where rejected, who had it first
    gate TEXT,                  -- which rejects it
    statements INTEGER NOT NULL, -- the size of its graph
    slots INTEGER NOT NULL,     -- its states that live from step to step
    update_size REAL NOT NULL   -- of the direction on the probe; 0 where rejected
) WITHOUT ROWID;
CREATE TABLE structures (       -- the structures of which a member passed the gates
    structure TEXT PRIMARY KEY, -- its digest
    twin INTEGER NOT NULL,      -- the representative of its class
    digest TEXT NOT NULL        -- of the form of the first member that passed
) WITHOUT ROWID;
CREATE TABLE fingerprints (     -- where to look for rules that may do the same
    first INTEGER NOT NULL,     -- the cell of the fingerprint
    second INTEGER NOT NULL,    -- likewise, on the other axis
    twin INTEGER NOT NULL,      -- the representative of its class
    text TEXT NOT NULL          -- a program that has the fingerprint
);
CREATE INDEX fingerprints_in ON fingerprints (first, second);
CREATE TABLE classes (          -- the classes that are tuned or were
    twin INTEGER PRIMARY KEY,   -- the representative
    text TEXT NOT NULL,         -- its program as it was bred
    rounds INTEGER NOT NULL,    -- of tuning, that are committed
    fitness REAL NOT NULL,      -- of the latest round; 0 before the first
    cleared INTEGER NOT NULL,   -- 0 where a hurdle stopped it
    lot INTEGER NOT NULL,       -- 1 where a lot takes it to its second round
    best TEXT NOT NULL,         -- JSON object: task to the best setting, as rate and constants
    others TEXT NOT NULL        -- JSON list of such objects, which later members brought
);
CREATE INDEX classes_by_fitness ON classes (fitness DESC, twin, rounds, cleared);
CREATE INDEX classes_by_rounds ON classes (rounds);
CREATE INDEX classes_by_lot ON classes (twin) WHERE lot AND cleared AND rounds = 1;
CREATE TABLE population (       -- who is alive since the last restart; the others are founders
    island INTEGER NOT NULL,    -- which population, from 0
    place INTEGER NOT NULL,     -- in the order of birth
    candidate INTEGER NOT NULL, -- who it is
    PRIMARY KEY (island, place)
) WITHOUT ROWID;
CREATE TABLE in_flight (        -- candidates that are bred and not committed yet
    id INTEGER PRIMARY KEY,     -- as in candidates
    block INTEGER NOT NULL,     -- the block in which it was bred
    record TEXT NOT NULL        -- JSON object: what the candidate is, and how it is to be tuned
);
"""
