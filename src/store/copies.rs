//! Which articles are copies of one text: the wire story that many papers print.
//!
//! It promises: the groups are a function of the stored texts alone, whatever order they came in: two articles are in one group when
//! [`same_text`] holds between them or leads from one to the other through others, and a group goes by the smallest id in it. They are right
//! after every change. A new text is compared only with those that share a key, and of a group no further than to its first copy; keys are its rarest
//! sentences, so that a note below every article of a publisher costs nothing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Inner, fact, set_fact};
use crate::article::{FEW_SENTENCES, FEW_SENTENCES_LETTERS, FINGERPRINT_VERSION, Fingerprint, fingerprint, same_text};

/// A sentence of so many articles is common.
const COUNTED: i64 = 32;

/// Brings an article's sentences, and the groups, up to date with its text; adds to `regrouped` the other articles whose group is another now.
pub(super) fn put(db: &Connection, id: &str, title: &str, text: &str, regrouped: &mut BTreeSet<String>) -> Inner<()> {
    let mut new = fingerprint(Some(title), text);
    // As the shorter text it is too short to be a copy, and no text that would be shorter still can be of more sentences.
    if new.sentences().len() < FEW_SENTENCES && new.letters() < FEW_SENTENCES_LETTERS {
        new = Fingerprint::default();
    }
    let is_known: bool =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM article_copies WHERE article_id = ?1)")?.query_row([id], |r| r.get(0))?;
    if is_known {
        if load(db, id)? == new {
            return Ok(());
        }
        remove(db, id, regrouped)?;
    }
    let keys = keys(db, &new)?;
    let group = join(db, id, &new, &keys, regrouped)?;
    db.prepare_cached("INSERT INTO article_copies (article_id, group_id, sentences, letters) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, group, count(new.sentences().len()), count(new.letters())])?;
    for sentence in new.sentences() {
        db.prepare_cached("INSERT INTO article_sentences (hash, is_key, article_id) VALUES (?1, ?2, ?3)")?.execute(params![
            sentence.cast_signed(),
            keys.contains(sentence),
            id
        ])?;
    }
    Ok(())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The keys that fewest articles have: those of the reporter's notes below each text ("무단 전재 금지") would lead to all articles of the archive.
/// Which sentences they are depends on what is stored; what they find does not.
fn keys(db: &Connection, new: &Fingerprint) -> Inner<Vec<u64>> {
    let mut often = BTreeMap::new();
    for sentence in new.sentences() {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM article_sentences WHERE hash = ?1 LIMIT ?2)";
        let n: i64 = db.prepare_cached(sql)?.query_row(params![sentence.cast_signed(), COUNTED], |r| r.get(0))?;
        often.insert(*sentence, usize::try_from(n).unwrap_or_default());
    }
    Ok(new.keys(|s| often.get(&s).copied().unwrap_or_default()))
}

/// The group that a text belongs to, after all groups that it is a copy in have become one.
fn join(db: &Connection, id: &str, new: &Fingerprint, keys: &[u64], regrouped: &mut BTreeSet<String>) -> Inner<String> {
    let json = |numbers: &[u64]| serde_json::Value::from(numbers.iter().map(|n| n.cast_signed()).collect::<Vec<_>>()).to_string();
    let mut candidates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    {
        let mut statement = db.prepare_cached(
            "SELECT c.group_id, c.article_id FROM (
                SELECT s.article_id FROM json_each(?1) k CROSS JOIN article_sentences s ON s.hash = k.value
                UNION
                SELECT s.article_id FROM json_each(?2) k CROSS JOIN article_sentences s ON s.hash = k.value AND s.is_key = 1
             ) found JOIN article_copies c ON c.article_id = found.article_id",
        )?;
        let mut rows = statement.query([json(keys), json(new.sentences())])?;
        while let Some(row) = rows.next()? {
            candidates.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
    }
    let mut smallest = id.to_owned();
    let mut groups = Vec::new();
    for (group, members) in candidates {
        for member in members {
            if same_text(new, &load(db, &member)?) {
                smallest = smallest.min(group.clone());
                groups.push(group);
                break;
            }
        }
    }
    for group in &groups {
        // One of many that keep their group's name goes on as before.
        let alone: bool = db
            .prepare_cached("SELECT count(*) < 2 FROM (SELECT 1 FROM article_copies WHERE group_id = ?1 LIMIT 2)")?
            .query_row([group], |r| r.get(0))?;
        if *group != smallest || alone {
            regrouped.extend(members(db, group)?);
        }
    }
    for group in groups.iter().filter(|g| **g != smallest) {
        db.prepare_cached("UPDATE article_copies SET group_id = ?2 WHERE group_id = ?1")?.execute([group, &smallest])?;
    }
    Ok(smallest)
}

fn load(db: &Connection, id: &str) -> Inner<Fingerprint> {
    let mut statement = db.prepare_cached("SELECT hash FROM article_sentences WHERE article_id = ?1")?;
    let hashes = statement.query_map([id], |r| r.get::<_, i64>(0).map(i64::cast_unsigned))?.collect::<Result<Vec<u64>, _>>()?;
    Ok(Fingerprint::from(hashes))
}

/// Takes an article out of its group, which may fall apart without it; adds to `regrouped` those of it whose group is another then.
pub(super) fn remove(db: &Connection, id: &str, regrouped: &mut BTreeSet<String>) -> Inner<()> {
    let Some(group) = group(db, id)? else { return Ok(()) };
    db.prepare_cached("DELETE FROM article_sentences WHERE article_id = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM article_copies WHERE article_id = ?1")?.execute([id])?;
    let mut left: Vec<(String, Fingerprint)> =
        members(db, &group)?.into_iter().map(|id| load(db, &id).map(|f| (id, f))).collect::<Inner<_>>()?;
    // Members come sorted, so that the first of each part is its smallest.
    while !left.is_empty() {
        let mut part = vec![left.remove(0)];
        let mut at = 0;
        while let Some((_, text)) = part.get(at).cloned() {
            let (copies, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, other)| same_text(&text, other));
            part.extend(copies);
            left = others;
            at += 1;
        }
        let Some(smallest) = part.iter().map(|(id, _)| id.clone()).min() else { continue };
        if smallest != group || part.len() == 1 {
            regrouped.extend(part.iter().map(|(id, _)| id.clone()));
        }
        for (id, _) in part {
            db.prepare_cached("UPDATE article_copies SET group_id = ?2 WHERE article_id = ?1 AND group_id <> ?2")?
                .execute([&id, &smallest])?;
        }
    }
    Ok(())
}

/// An article has another id now: its group may have another name. Gives the articles of it.
pub(super) fn renamed(db: &Connection, id: &str) -> Inner<Vec<String>> {
    let Some(old) = group(db, id)? else { return Ok(Vec::new()) };
    db.prepare_cached(
        "UPDATE article_copies SET group_id = (SELECT min(article_id) FROM article_copies WHERE group_id = ?1) WHERE group_id = ?1",
    )?
    .execute([old])?;
    group(db, id)?.map_or(Ok(Vec::new()), |new| members(db, &new))
}

/// The group of an article; none where there is no such article.
pub(super) fn group(db: &Connection, id: &str) -> Inner<Option<String>> {
    Ok(db.prepare_cached("SELECT group_id FROM article_copies WHERE article_id = ?1")?.query_row([id], |r| r.get(0)).optional()?)
}

/// The group of an article whose text another prints too.
pub(super) fn shared_group(db: &Connection, id: &str) -> Inner<Option<String>> {
    let sql = "SELECT c.group_id FROM article_copies c WHERE c.article_id = ?1
        AND EXISTS (SELECT 1 FROM article_copies other WHERE other.group_id = c.group_id AND other.article_id <> c.article_id)";
    Ok(db.prepare_cached(sql)?.query_row([id], |r| r.get(0)).optional()?)
}

/// The other articles that print an article's text, sorted.
pub(super) fn beside(db: &Connection, id: &str) -> Inner<Vec<String>> {
    let Some(group) = group(db, id)? else { return Ok(Vec::new()) };
    Ok(members(db, &group)?.into_iter().filter(|member| member != id).collect())
}

/// The articles whose text others print too.
pub(super) fn all(db: &Connection) -> Inner<Vec<String>> {
    let mut statement = db.prepare(
        "SELECT article_id FROM article_copies WHERE group_id IN (SELECT group_id FROM article_copies GROUP BY group_id HAVING count(*) > 1)",
    )?;
    Ok(statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// The articles of a group, sorted.
pub(super) fn members(db: &Connection, group: &str) -> Inner<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT article_id FROM article_copies WHERE group_id = ?1 ORDER BY article_id")?;
    Ok(statement.query_map([group], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// Whether every article's numbers are there, and of this version.
pub(super) fn are_current(db: &Connection) -> Inner<bool> {
    Ok(fact(db, "fingerprints")? == Some(FINGERPRINT_VERSION.into()))
}

/// Makes up to `limit` of the numbers that are missing; `true`: none is any more. Numbers of another version go first.
pub(super) fn catch_up(db: &Connection, limit: usize) -> Inner<bool> {
    if are_current(db)? {
        return Ok(true);
    }
    if fact(db, "fingerprints under way")? != Some(FINGERPRINT_VERSION.into()) {
        db.execute_batch("DELETE FROM article_sentences; DELETE FROM article_copies; DELETE FROM facts WHERE name = 'fingerprints'")?;
        set_fact(db, "fingerprints under way", FINGERPRINT_VERSION.into())?;
    }
    let todo: Vec<(String, String, String)> = db
        .prepare_cached(
            "SELECT id, title, text FROM articles a WHERE NOT EXISTS (SELECT 1 FROM article_copies c WHERE c.article_id = a.id) LIMIT ?1",
        )?
        .query_map([count(limit)], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (id, title, text) in &todo {
        // All are looked at again once all groups are there.
        put(db, id, title, text, &mut BTreeSet::new())?;
    }
    if todo.len() < limit {
        set_fact(db, "fingerprints", FINGERPRINT_VERSION.into())?;
        return Ok(true);
    }
    Ok(false)
}
