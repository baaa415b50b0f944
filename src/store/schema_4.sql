-- Full-text search. Articles are indexed as the words of their title and text: dictionary forms, without particles and endings, in order, so that a
-- stock tokenizer only has to cut at the blanks. The index holds no text.

-- Which articles are indexed. number is the row in article_words: the minute of publication (Unix time / 60; 0 where it is not known), times 2^20,
-- plus a number within the minute; so the index is in the order of time. hash is that of the title and text that were indexed.
CREATE TABLE search_articles (
    number     INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL UNIQUE REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE,
    publisher  TEXT,
    label      TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE article_words USING fts5 (
    title, text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER search_article_gone AFTER DELETE ON search_articles BEGIN
    DELETE FROM article_words WHERE rowid = old.number;
END;

-- Which articles are to be looked at: new ones and changed ones. The program takes them out again as it stores, or on the next search.
CREATE TABLE search_pending (
    number     INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL UNIQUE REFERENCES articles (id) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT;
CREATE TRIGGER search_article_new AFTER INSERT ON articles BEGIN
    DELETE FROM search_pending WHERE article_id = new.id;
    INSERT INTO search_pending (article_id) VALUES (new.id);
END;
CREATE TRIGGER search_article_changed AFTER UPDATE ON articles
WHEN old.hash <> new.hash OR old.label <> new.label OR old.publisher IS NOT new.publisher OR old.published_first IS NOT new.published_first
BEGIN
    DELETE FROM search_pending WHERE article_id = new.id;
    INSERT INTO search_pending (article_id) VALUES (new.id);
END;
INSERT INTO search_pending (article_id) SELECT id FROM articles ORDER BY published_first;

-- How the words were told and which articles were chosen when the index was made; no row before.
CREATE TABLE search_state (
    words TEXT NOT NULL,
    scope TEXT NOT NULL
) STRICT;
