-- The raw archive, which texts are copies of one another, and how far long work had come.

-- Bodies by their content: equal ones are stored once. hash is the SHA-256 of the body, bytes the body compressed with zstd.
CREATE TABLE bodies (
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL UNIQUE,
    size  INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

-- Every answer that gave a page another body than the one before. headers is as in HTTP (a line a header, latin 1), compressed with zstd;
-- via is a JSON array of the addresses between url and final_url. is_last marks what the page says now; read_by is the version of the rules
-- that read it last.
CREATE TABLE captures (
    id         INTEGER PRIMARY KEY,
    url        TEXT NOT NULL,
    final_url  TEXT,
    via        TEXT NOT NULL,
    status     INTEGER,
    protocol   TEXT,
    headers    BLOB NOT NULL,
    fetched_at TEXT NOT NULL,
    body_id    INTEGER NOT NULL REFERENCES bodies (id),
    is_last    INTEGER NOT NULL,
    read_by    TEXT
) STRICT;
CREATE INDEX captures_url ON captures (url, fetched_at);
CREATE INDEX captures_age ON captures (is_last, fetched_at);
CREATE INDEX captures_time ON captures (fetched_at, id);
CREATE INDEX captures_body ON captures (body_id);

-- How many bytes the archive takes: one row, kept by the triggers, since a sum over all bodies would read them.
CREATE TABLE archive (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL
) STRICT;
INSERT INTO archive (id, size) VALUES (1, 0);
CREATE TRIGGER bodies_in AFTER INSERT ON bodies BEGIN UPDATE archive SET size = size + new.size; END;
CREATE TRIGGER bodies_out AFTER DELETE ON bodies BEGIN UPDATE archive SET size = size - old.size; END;
CREATE TRIGGER captures_in AFTER INSERT ON captures BEGIN UPDATE archive SET size = size + length(new.headers); END;
CREATE TRIGGER captures_out AFTER DELETE ON captures BEGIN UPDATE archive SET size = size - length(old.headers); END;

-- pages.body is a list's only from now on; an article's page has its bodies in the archive. body_hash is the last body's, kept or not.
ALTER TABLE pages ADD COLUMN body_hash BLOB;

-- The sentences of each article's text as numbers. is_key marks those by which copies are found.
CREATE TABLE article_sentences (
    hash       INTEGER NOT NULL,
    is_key     INTEGER NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (hash, is_key, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_sentences_article ON article_sentences (article_id);

-- Which articles are copies of one text: they have one group, the smallest id among them. An article without copies is its own group.
CREATE TABLE article_copies (
    article_id TEXT PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    group_id   TEXT NOT NULL,
    sentences  INTEGER NOT NULL,
    letters    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX article_copies_group ON article_copies (group_id, article_id);

-- How far work came that goes over much: an import's place in its file, a pass over the articles. Gone when it is done.
CREATE TABLE progress (
    task     TEXT PRIMARY KEY NOT NULL,
    position TEXT NOT NULL
) STRICT;

-- Numbers about the database itself. fingerprints: the version of the numbers in article_sentences.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
