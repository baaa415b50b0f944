//! A walk over XML from outside: quick-xml's stream of events as elements opened and closed, within limits.
//!
//! It promises: nothing is expanded but the five entities of XML and numbers; a document type is passed over; nesting is bounded; what is
//! not well-formed, or breaks off, is an error that names the line. Namespaces are left out: an element goes by its local name.

use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

/// Sitemaps nest four deep, feeds a few more.
const MAX_DEPTH: usize = 64;

/// Why a document could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct XmlError {
    line: usize,
    message: String,
}

impl XmlError {
    /// The same where so many lines stand above the document.
    pub(super) fn moved_down(self, lines: usize) -> XmlError {
        XmlError { line: self.line + lines, ..self }
    }
}

/// What the walk comes to.
pub(super) enum Node<'a> {
    /// An element begins.
    Open,
    /// An element ends; `text` is what stood directly before that, all of it where the element holds nothing else.
    Close {
        /// Its text, without blanks around it.
        text: &'a str,
    },
}

/// Visits each element with the local names that lead to it, itself the last, until the end or until `visit` breaks off.
pub(super) fn walk(text: &str, mut visit: impl FnMut(&[String], Node<'_>) -> ControlFlow<()>) -> Result<(), XmlError> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    let error = |at: u64, message: String| {
        let before = text.as_bytes().get(..at as usize).unwrap_or(text.as_bytes());
        Err(XmlError { line: 1 + before.iter().filter(|b| **b == b'\n').count(), message })
    };
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(e) => return error(reader.error_position(), e.to_string()),
        };
        let flow = match event {
            Event::Start(start) => {
                if path.len() >= MAX_DEPTH {
                    return error(reader.buffer_position(), format!("elements are nested deeper than {MAX_DEPTH}"));
                }
                content.clear();
                path.push(start.local_name().as_ref().to_owned());
                visit(&path, Node::Open)
            }
            Event::Empty(start) => {
                content.clear();
                path.push(start.local_name().as_ref().to_owned());
                let flow = match visit(&path, Node::Open) {
                    ControlFlow::Continue(()) => visit(&path, Node::Close { text: "" }),
                    broken => broken,
                };
                path.pop();
                flow
            }
            Event::End(_) => {
                let flow = visit(&path, Node::Close { text: content.trim() });
                content.clear();
                path.pop();
                flow
            }
            Event::Text(text) => {
                content.push_str(&text.xml10_content());
                ControlFlow::Continue(())
            }
            Event::CData(data) => {
                content.push_str(&data.xml10_content());
                ControlFlow::Continue(())
            }
            Event::GeneralRef(reference) => {
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => content.push(c),
                    // An entity that the document declares itself stays as it is written.
                    _ => match resolve_xml_entity(&reference) {
                        Some(known) => content.push_str(known),
                        None => content.extend(["&", &reference, ";"]),
                    },
                }
                ControlFlow::Continue(())
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => ControlFlow::Continue(()),
            Event::Eof => break,
        };
        if flow.is_break() {
            return Ok(());
        }
    }
    match path.last() {
        Some(open) => error(text.len() as u64, format!("it breaks off before </{}>", open.escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Result<Vec<String>, XmlError> {
        let mut out = Vec::new();
        walk(text, |path, node| {
            if let Node::Close { text } = node {
                out.push(format!("{}={text}", path.join("/")));
            }
            ControlFlow::Continue(())
        })?;
        Ok(out)
    }

    #[test]
    fn elements_by_their_local_names() {
        let text = "<?xml version=\"1.0\"?><!-- a --><n:a xmlns:n=\"u\"><b> 가 &amp; <![CDATA[<나>]]> &#45796;&lt;</b>\n<c x=\"1\"/></n:a>";
        assert_eq!(leaves(text).unwrap(), ["a/b=가 & <나> 다<", "a/c=", "a="]);
    }

    #[test]
    fn a_document_type_is_passed_over() {
        let text =
            "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]><a><b>&y;</b><c>&f;</c></a>";
        assert_eq!(leaves(text).unwrap(), ["a/b=&y;", "a/c=&f;", "a="]);
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        for (text, line, part) in [
            ("<a>\n<b></a>", 2, "</a>"),
            ("<a>\n<b>\n", 3, "breaks off before </b>"),
            ("<a>\n<b", 2, "tag"),
            ("<a>\n\n<![CDATA[x</a>", 3, "CDATA"),
            (&"<a>\n".repeat(100), 65, "deeper than 64"),
        ] {
            let error = leaves(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")) && error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn it_can_be_left_early() {
        let mut seen = 0;
        let walked = walk("<a><b/><c></x>", |_, _| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((walked, seen), (Ok(()), 2));
    }
}
