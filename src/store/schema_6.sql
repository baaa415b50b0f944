-- Incidents: one outage, once, out of the records of many articles. All but incident_edits, incident_aliases and incident_families is a function of
-- the articles' records and of the edits, and is brought up to date in the transaction that changes these.

-- The chosen values. first_at and last_at bound the whole outage as far as it is known; what goes on lasts until the latest news of it.
-- articles and publishers count them (copies of one wire text are one publisher). background: no article has it as its news. service_key is
-- 'id:' and the dictionary's id, else 'name:' and the name without spaces, marks and case; uppers (a JSON array) are the keys of the companies
-- above it. edited and derived are JSON arrays of the fields that a person gave or that were computed from others.
CREATE TABLE incidents (
    id             TEXT PRIMARY KEY NOT NULL,
    root_id        TEXT,
    service        TEXT NOT NULL,
    service_id     TEXT,
    service_key    TEXT NOT NULL,
    uppers         TEXT NOT NULL,
    provider       INTEGER NOT NULL,
    operator       TEXT,
    category       TEXT,
    start          TEXT,
    start_first    INTEGER,
    start_last     INTEGER,
    "end"          TEXT,
    end_first      INTEGER,
    end_last       INTEGER,
    first_at       INTEGER,
    last_at        INTEGER,
    duration_min   INTEGER,
    cause          TEXT,
    status         TEXT NOT NULL,
    confidence     REAL NOT NULL,
    articles       INTEGER NOT NULL,
    publishers     INTEGER NOT NULL,
    background     INTEGER NOT NULL,
    first_reported TEXT,
    first_reported_at INTEGER,
    last_reported  TEXT,
    last_reported_at INTEGER,
    edited         TEXT NOT NULL,
    derived        TEXT NOT NULL,
    near_first     INTEGER,
    digest         TEXT NOT NULL
) STRICT;
-- Each filter with the bounds of time and the order, so that a list is read in order and only as far as it is shown.
CREATE INDEX incidents_time ON incidents (first_at, last_at, id);
CREATE INDEX incidents_service_key ON incidents (service_key, first_at, last_at);
CREATE INDEX incidents_operator ON incidents (operator, first_at, last_at);
CREATE INDEX incidents_category ON incidents (category, first_at, last_at);
CREATE INDEX incidents_cause ON incidents (cause, first_at, last_at);
CREATE INDEX incidents_status ON incidents (status, first_at, last_at);
CREATE INDEX incidents_duration ON incidents (duration_min, id);
CREATE INDEX incidents_end ON incidents (end_first, id);
CREATE INDEX incidents_articles ON incidents (articles, id);
CREATE INDEX incidents_service ON incidents (service, first_at);
CREATE INDEX incidents_reported ON incidents (first_reported_at, id);
CREATE INDEX incidents_root ON incidents (root_id) WHERE root_id IS NOT NULL;
CREATE INDEX incidents_near ON incidents (service_key, near_first, start);

-- The companies above each incident's service. near_first is where the days begin on which another outage of the same cause may lie.
CREATE TABLE incident_uppers (
    upper       TEXT NOT NULL,
    near_first  INTEGER,
    incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    first_at    INTEGER,
    start       TEXT
) STRICT;
CREATE INDEX incident_uppers_near ON incident_uppers (upper, near_first, start);
CREATE INDEX incident_uppers_time ON incident_uppers (upper, first_at, incident_id);
CREATE INDEX incident_uppers_incident ON incident_uppers (incident_id);

-- Which records an incident is made of, in order, and the fields whose chosen value each supports or disputes (JSON arrays). alias is the id that the incident
-- would have if this record were its first, and leads to it. The rest is what merging needs to know of a record beyond its own fields: the
-- ends of the window in which it can touch others, and span, the class of the window's length.
CREATE TABLE incident_outages (
    number       INTEGER PRIMARY KEY,
    outage_id    TEXT NOT NULL UNIQUE REFERENCES outages (id) ON DELETE CASCADE,
    article_id   TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    incident_id  TEXT,
    position     INTEGER NOT NULL DEFAULT 0,
    supports     TEXT NOT NULL DEFAULT '[]',
    disputes     TEXT NOT NULL DEFAULT '[]',
    alias        TEXT NOT NULL,
    ordinal      INTEGER NOT NULL,
    service_key  TEXT NOT NULL,
    uppers       TEXT NOT NULL,
    provider     INTEGER NOT NULL,
    official     INTEGER NOT NULL,
    window_first INTEGER,
    window_last  INTEGER,
    span         INTEGER
) STRICT;
CREATE INDEX incident_outages_incident ON incident_outages (incident_id, position);
CREATE INDEX incident_outages_article ON incident_outages (article_id);
CREATE INDEX incident_outages_alias ON incident_outages (alias);
CREATE INDEX incident_outages_window ON incident_outages (service_key, span, window_first, window_last, outage_id);

CREATE TABLE outage_uppers (
    upper        TEXT NOT NULL,
    span         INTEGER NOT NULL,
    window_first INTEGER NOT NULL,
    window_last  INTEGER NOT NULL,
    outage_id    TEXT NOT NULL REFERENCES incident_outages (outage_id) ON DELETE CASCADE,
    PRIMARY KEY (upper, span, window_first, window_last, outage_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_uppers_outage ON outage_uppers (outage_id);

-- Outages of several services with one cause. head is the part that the others stand on.
CREATE TABLE incident_roots (
    id       TEXT PRIMARY KEY NOT NULL,
    head     TEXT,
    parts    TEXT NOT NULL,
    cause    TEXT,
    start    TEXT,
    "end"    TEXT,
    status   TEXT NOT NULL,
    articles INTEGER NOT NULL
) STRICT;

-- A person's corrections, as JSON.
CREATE TABLE incident_edits (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    edit   TEXT NOT NULL UNIQUE
) STRICT;

-- Where ids lead whose record is gone.
CREATE TABLE incident_aliases (
    alias TEXT PRIMARY KEY NOT NULL,
    leads_to TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the dictionaries said of companies and their services when the keys above were made, as JSON.
CREATE TABLE incident_families (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    digest TEXT NOT NULL,
    body   TEXT NOT NULL
) STRICT;

-- The words of an incident's records (service, operator, words of failure, the article's title) as overlapping pairs of letters, so that any piece of text is
-- found as a phrase.
CREATE VIRTUAL TABLE incident_text USING fts5 (pairs, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0");
CREATE TRIGGER incident_outages_text AFTER DELETE ON incident_outages BEGIN
    DELETE FROM incident_text WHERE rowid = old.number;
END;
