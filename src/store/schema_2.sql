-- The crawl's memory: what is to be fetched when, how hosts and sources are, what an article said before.
-- next_due is Korean time to the second, written in one form, so that text sorts as time does.

-- What was fetched last from a URL, and when it is asked next (never, where next_due is NULL). What is due is what has a next_due that has passed.
-- state: found (not asked yet), fetched (the body gave a new or changed article, or a feed), unchanged, gone, failed, disallowed (by robots.txt).
-- host is scheme, name and port. body is the raw body, compressed with zstd; a failure keeps the body of the last success, and fetched_at is
-- when that body, or the failure, came. failures counts from the last success on.
CREATE TABLE pages_2 (
    url              TEXT PRIMARY KEY NOT NULL,
    kind             TEXT NOT NULL,
    host             TEXT NOT NULL,
    state            TEXT NOT NULL,
    next_due         TEXT,
    failures         INTEGER NOT NULL DEFAULT 0,
    found_at         TEXT NOT NULL,
    first_fetched_at TEXT,
    fetched_at       TEXT,
    final_url        TEXT,
    article_id       TEXT REFERENCES articles (id) ON DELETE SET NULL ON UPDATE CASCADE,
    status           INTEGER,
    content_type     TEXT,
    etag             TEXT,
    last_modified    TEXT,
    reason           TEXT,
    body             BLOB
) STRICT;
INSERT INTO pages_2 (url, kind, host, state, next_due, failures, found_at, first_fetched_at, fetched_at, final_url, article_id, status,
    content_type, etag, last_modified, reason, body)
SELECT url, kind,
    substr(url, 1, instr(url, '://') + 2)
        || substr(substr(url, instr(url, '://') + 3), 1, instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1),
    state,
    CASE WHEN kind = 'article' AND state = 'failed' THEN fetched_at END,
    state = 'failed',
    fetched_at,
    CASE WHEN body IS NOT NULL THEN fetched_at END,
    fetched_at, final_url, article_id, status, content_type, etag, last_modified, reason, body
FROM pages;
DROP TABLE pages;
ALTER TABLE pages_2 RENAME TO pages;
CREATE INDEX pages_article ON pages (article_id);
CREATE INDEX pages_due ON pages (host, next_due, url) WHERE next_due IS NOT NULL;

-- Which source listed a page, and what it said of it.
CREATE TABLE page_sources (
    url            TEXT NOT NULL,
    source_id      TEXT NOT NULL,
    published_at   TEXT,
    published_last INTEGER,
    title          TEXT,
    publisher      TEXT,
    PRIMARY KEY (url, source_id)
) STRICT, WITHOUT ROWID;

-- A host that fails again and again, or asks for patience, is left alone until next_due. A host that is well has no row.
CREATE TABLE hosts (
    host     TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    next_due TEXT,
    reason   TEXT
) STRICT;

-- The last answer to a request for robots.txt that says what the rules are. body is compressed with zstd.
CREATE TABLE robots (
    host       TEXT PRIMARY KEY NOT NULL,
    status     INTEGER NOT NULL,
    body       BLOB,
    fetched_at TEXT NOT NULL
) STRICT;

-- failures counts from last_ok on; next_due is set while a source that fails again and again is left alone.
CREATE TABLE source_state (
    source_id TEXT PRIMARY KEY NOT NULL,
    last_read TEXT NOT NULL,
    last_ok   TEXT,
    failures  INTEGER NOT NULL,
    next_due  TEXT,
    reason    TEXT
) STRICT;

-- What an article said before it was changed; what it says now is in articles. seen_at is when that version was first seen, where that is known.
CREATE TABLE article_versions (
    article_id   TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    number       INTEGER NOT NULL,
    seen_at      TEXT,
    replaced_at  TEXT NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    published_at TEXT,
    modified_at  TEXT,
    PRIMARY KEY (article_id, number)
) STRICT;
