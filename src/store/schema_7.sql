-- The index of the search once more. facts holds what is known of an article besides its words, as words that no text has ('p' and a hash of the
-- publisher), so that a filter narrows the search by the index. recent_words is a second index, of the newest articles only: a word of half of all
-- articles is answered from it without counting them all. Every indexed article whose number is above search_floor (in facts) is in it.
DROP TRIGGER search_article_gone;
DROP TABLE article_words;
CREATE VIRTUAL TABLE article_words USING fts5 (
    title, text, facts, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE recent_words USING fts5 (
    title, text, facts, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
DELETE FROM search_articles;
CREATE TRIGGER search_article_gone AFTER DELETE ON search_articles BEGIN
    DELETE FROM article_words WHERE rowid = old.number;
    DELETE FROM recent_words
    WHERE rowid = old.number AND old.number > (SELECT coalesce(max(value), -1) FROM facts WHERE name = 'search_floor');
    UPDATE facts SET value = value - 1
    WHERE name = 'search_recent' AND old.number > (SELECT coalesce(max(value), -1) FROM facts WHERE name = 'search_floor');
END;
DELETE FROM search_state;
DELETE FROM search_pending;
INSERT INTO search_pending (article_id) SELECT id FROM articles ORDER BY published_first;
