-- What merging asks of a record, beside its place in an incident: an article of a much-reported service is compared with hundreds of reports, which lay in
-- three tables and behind their indexes. wire is the group of an article whose text another prints too. They repeat outages, articles and
-- article_copies, and follow them in the transaction that changes these.
ALTER TABLE incident_outages ADD COLUMN service      TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_outages ADD COLUMN service_id   TEXT;
ALTER TABLE incident_outages ADD COLUMN operator     TEXT;
ALTER TABLE incident_outages ADD COLUMN category     TEXT;
ALTER TABLE incident_outages ADD COLUMN start        TEXT;
ALTER TABLE incident_outages ADD COLUMN "end"        TEXT;
ALTER TABLE incident_outages ADD COLUMN duration_min INTEGER;
ALTER TABLE incident_outages ADD COLUMN cause        TEXT;
ALTER TABLE incident_outages ADD COLUMN status       TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_outages ADD COLUMN role         TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_outages ADD COLUMN confidence   REAL NOT NULL DEFAULT 0;
ALTER TABLE incident_outages ADD COLUMN publisher    TEXT;
ALTER TABLE incident_outages ADD COLUMN published_at TEXT;
ALTER TABLE incident_outages ADD COLUMN wire         TEXT;
UPDATE incident_outages SET
    service = o.service, service_id = o.service_id, operator = o.operator, category = o.category, start = o.start, "end" = o."end",
    duration_min = o.duration_min, cause = o.cause, status = o.status, role = o.role, confidence = o.confidence,
    publisher = a.publisher, published_at = a.published_at,
    wire = (
        SELECT c.group_id FROM article_copies c WHERE c.article_id = a.id
            AND EXISTS (SELECT 1 FROM article_copies other WHERE other.group_id = c.group_id AND other.article_id <> c.article_id)
    )
FROM outages o JOIN articles a ON a.id = o.article_id
WHERE o.id = incident_outages.outage_id;
