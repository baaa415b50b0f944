//! An Atom feed (RFC 4287): an incident is an entry, so that any feed reader tells of new outages.
//!
//! An entry's id is a `tag:` URI (RFC 4151) of the incident's id, the same wherever the feed is made. It was `published` with the first report and
//! `updated` with the latest news, so a reader shows it again when there is more to know. An incident without any date is
//! [left out](super::Written::left_out). XML 1.0 has no place for control characters, not even escaped, so texts are without.

use std::io::Write;

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Out, ReportError, RowWriter, Sourced, Written, calendar, minutes, plain, rfc3339};
use crate::store::IncidentRow;
use crate::temporal::Moment;

const NAMESPACE: &str = "http://www.w3.org/2005/Atom";

/// Writes an Atom feed.
pub struct Writer<'a> {
    xml: quick_xml::Writer<Out<'a>>,
    updated: Option<Moment>,
    begun: bool,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Nothing is written before the first row, whose latest news stands for the feed's where `updated` is not given.
    pub fn new(out: Out<'a>, updated: Option<Moment>) -> Writer<'a> {
        Writer { xml: quick_xml::Writer::new_with_indent(out, b' ', 2), updated, begun: false, written: Written::default() }
    }

    fn begin(&mut self, first: Option<Moment>) -> Result<(), ReportError> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        self.xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        self.xml.write_event(Event::Start(BytesStart::new("feed").with_attributes([("xmlns", NAMESPACE)])))?;
        self.element("id", "tag:meoktong,2026:incidents")?;
        self.element("title", "meoktong: outages in Korean news")?;
        // A feed must have been updated some time; one without entries never was.
        let updated = self.updated.or(first).map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), rfc3339);
        self.element("updated", &updated)?;
        self.xml.create_element("author").write_inner_content(|xml| {
            xml.create_element("name").write_text_content(BytesText::new("meoktong"))?;
            Ok(())
        })?;
        self.xml
            .create_element("generator")
            .with_attribute(("version", env!("CARGO_PKG_VERSION")))
            .write_text_content(BytesText::new("meoktong"))?;
        Ok(())
    }

    fn element(&mut self, name: &str, text: &str) -> Result<(), ReportError> {
        self.xml.create_element(name).write_text_content(BytesText::new(text))?;
        Ok(())
    }
}

impl RowWriter<Sourced> for Writer<'_> {
    fn write(&mut self, incident: &Sourced) -> Result<(), ReportError> {
        let row = &incident.row;
        let Some(updated) = row.last_reported.or(row.first_reported).or(row.end).or(row.start) else {
            self.written.left_out += 1;
            return Ok(());
        };
        self.begin(Some(updated))?;
        self.xml.write_event(Event::Start(BytesStart::new("entry")))?;
        self.element("id", &format!("tag:meoktong,2026:incident/{}", plain(&row.id)))?;
        self.element("title", &plain(&title(row)))?;
        self.element("updated", &rfc3339(updated))?;
        if let Some(first) = row.first_reported {
            self.element("published", &rfc3339(first))?;
        }
        if let Some(url) = &row.url {
            self.link("alternate", url)?;
        }
        for url in incident.urls.iter().filter(|u| Some(*u) != row.url.as_ref()) {
            self.link("related", url)?;
        }
        for (scheme, term) in
            [("category", row.category.as_deref()), ("cause", row.cause.map(|c| c.as_str())), ("status", Some(row.status.as_str()))]
        {
            if let Some(term) = term {
                let scheme = format!("tag:meoktong,2026:{scheme}");
                self.xml.create_element("category").with_attributes([("scheme", scheme.as_str()), ("term", &plain(term))]).write_empty()?;
            }
        }
        self.xml
            .create_element("content")
            .with_attribute(("type", "text"))
            .write_text_content(BytesText::new(&plain(&calendar::description(incident))))?;
        self.xml.write_event(Event::End(BytesEnd::new("entry")))?;
        self.written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, ReportError> {
        self.begin(None)?;
        self.xml.write_event(Event::End(BytesEnd::new("feed")))?;
        let out = self.xml.get_mut();
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(self.written)
    }
}

impl Writer<'_> {
    fn link(&mut self, rel: &str, url: &str) -> Result<(), ReportError> {
        self.xml.create_element("link").with_attributes([("rel", rel), ("href", &plain(url))]).write_empty()?;
        Ok(())
    }
}

fn title(row: &IncidentRow) -> String {
    let when = match row.start {
        Some(start) => format!(" {}", start.to_string().trim_end_matches("+09:00").replace('T', " ")),
        None => String::new(),
    };
    let state = match (minutes(row), row.status) {
        (Some(minutes), _) => format!(" ({minutes} min)"),
        (None, crate::record::Status::Ongoing) => " (ongoing)".to_owned(),
        (None, _) => String::new(),
    };
    format!("{} outage{when}{state}", row.service)
}
