-- Times are ISO 8601 text at the precision that is known, with the first and last second they may mean (Unix time) beside them.
-- Lists (authors, keywords) are JSON arrays.

CREATE TABLE articles (
    id                TEXT PRIMARY KEY NOT NULL,
    url               TEXT,
    canonical_url     TEXT,
    publisher         TEXT,
    title             TEXT NOT NULL,
    authors           TEXT NOT NULL,
    published_at      TEXT,
    published_first   INTEGER,
    published_last    INTEGER,
    published_from    TEXT,
    modified_at       TEXT,
    modified_first    INTEGER,
    modified_last     INTEGER,
    text              TEXT NOT NULL,
    hash              TEXT NOT NULL,
    label             TEXT NOT NULL,
    score             REAL NOT NULL,
    extractor_version TEXT NOT NULL
) STRICT;
CREATE INDEX articles_published ON articles (published_first);

-- Every URL that led to an article.
CREATE TABLE article_urls (
    url        TEXT PRIMARY KEY NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX article_urls_article ON article_urls (article_id);

-- One row an article and event. first_at and last_at bound the whole outage as far as its start and end are known.
CREATE TABLE outages (
    id           TEXT PRIMARY KEY NOT NULL,
    article_id   TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    position     INTEGER NOT NULL,
    service      TEXT NOT NULL,
    service_id   TEXT,
    operator     TEXT,
    category     TEXT,
    start        TEXT,
    start_first  INTEGER,
    start_last   INTEGER,
    "end"        TEXT,
    end_first    INTEGER,
    end_last     INTEGER,
    first_at     INTEGER,
    last_at      INTEGER,
    duration_min INTEGER,
    cause        TEXT,
    status       TEXT NOT NULL,
    role         TEXT NOT NULL,
    keywords     TEXT NOT NULL,
    confidence   REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX outages_article ON outages (article_id, position);
CREATE INDEX outages_time ON outages (first_at, last_at);
CREATE INDEX outages_service ON outages (service, first_at);
CREATE INDEX outages_service_id ON outages (service_id, first_at);
CREATE INDEX outages_operator ON outages (operator, first_at);
CREATE INDEX outages_category ON outages (category, first_at);
CREATE INDEX outages_cause ON outages (cause, first_at);
CREATE INDEX outages_status ON outages (status, first_at);

CREATE TABLE evidence (
    outage_id TEXT NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    field     TEXT NOT NULL,
    "in"      TEXT NOT NULL,
    quote     TEXT NOT NULL,
    "from"    INTEGER NOT NULL,
    "to"      INTEGER NOT NULL,
    PRIMARY KEY (outage_id, position)
) STRICT, WITHOUT ROWID;

-- What was fetched last from a URL. body is the raw body, compressed with zstd; a failure keeps the body of the last success.
CREATE TABLE pages (
    url           TEXT PRIMARY KEY NOT NULL,
    kind          TEXT NOT NULL,
    state         TEXT NOT NULL,
    final_url     TEXT,
    article_id    TEXT REFERENCES articles (id) ON DELETE SET NULL ON UPDATE CASCADE,
    status        INTEGER,
    content_type  TEXT,
    etag          TEXT,
    last_modified TEXT,
    fetched_at    TEXT NOT NULL,
    reason        TEXT,
    body          BLOB
) STRICT;
CREATE INDEX pages_article ON pages (article_id);

CREATE TABLE crawl_runs (
    id          INTEGER PRIMARY KEY,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    new         INTEGER NOT NULL DEFAULT 0,
    updated     INTEGER NOT NULL DEFAULT 0,
    unchanged   INTEGER NOT NULL DEFAULT 0,
    outages     INTEGER NOT NULL DEFAULT 0,
    disallowed  INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0
) STRICT;
