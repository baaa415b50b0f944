//! HTML that nobody vouches for: made harmless, parsed once, read as lines.
//!
//! Promises: [`tame`] bounds depth, tags, attributes and open formatting elements in one linear pass, so that whatever parses the result takes time and
//! memory in proportion to the page; [`lines_of`] and [`for_library`] never recurse. Ordinary pages go through `tame` unchanged.
//!
//! Left to others: which element is the article ([`body`](super::body)), what the lines say.

use std::borrow::Cow;

use scraper::node::Element;
use scraper::{ElementRef, Html, Node, Selector};

/// Deeper nesting is flattened; browsers stop at 512, real pages stay under 60.
const MAX_DEPTH: usize = 256;
/// Start tags beyond this are dropped, their text stays.
const MAX_TAGS: usize = 150_000;
/// Open formatting elements are reopened in every later block by the HTML standard, so a few thousand unclosed `<font>` would blow up the tree.
const MAX_FORMATTING: usize = 16;
/// The parser compares each attribute with all before it.
const MAX_ATTRIBUTES: usize = 128;

const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "basefont",
    "bgsound", "keygen",
];
/// Elements that the next of their kind closes: unclosed ones do not nest.
const IMPLIED_END: &[&str] =
    &["p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "html", "head", "body"];
const FORMATTING: &[&str] = &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const RAW_TEXT: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// The page with nesting, tags and attributes bounded; borrowed when there was nothing to bound.
pub fn tame(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut drop = |from: usize, to: usize, copied: &mut usize| {
        let out = out.get_or_insert_with(|| String::with_capacity(html.len()));
        out.push_str(&html[*copied..from]);
        *copied = to;
    };
    let mut open: Vec<&str> = Vec::new();
    // Start tags that were dropped: their end tags must go too, or they would close something else.
    let mut flattened: Vec<&str> = Vec::new();
    let (mut formatting, mut tags, mut roots) = (0, 0, 0);
    let mut at = 0;
    while let Some(offset) = memchr(b'<', &bytes[at..]) {
        let start = at + offset;
        let rest = &html[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = comment.find("-->").map_or(html.len(), |e| start + 4 + e + 3);
            continue;
        }
        let closing = rest.as_bytes().get(1) == Some(&b'/');
        let name_at = start + 1 + usize::from(closing);
        let name_length =
            bytes[name_at..].iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'-' && *b != b':').unwrap_or(bytes.len() - name_at);
        if name_length == 0 || !bytes[name_at].is_ascii_alphabetic() {
            at = start + 1;
            continue;
        }
        let name = &html[name_at..name_at + name_length];
        let tag = Tag::scan(bytes, name_at + name_length);
        at = tag.end;
        let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        if closing {
            if let Some(i) = recent(&flattened, name) {
                flattened.swap_remove(i);
                drop(start, tag.end, &mut copied);
            } else if let Some(i) = recent(&open, name) {
                formatting -= open.drain(i..).filter(|n| FORMATTING.iter().any(|f| f.eq_ignore_ascii_case(n))).count();
            } else {
                // A stray `</p>` or `</br>` makes an element.
                tags += 1;
                if tags > MAX_TAGS {
                    drop(start, tag.end, &mut copied);
                }
            }
            continue;
        }
        tags += 1;
        let nests = !is(VOID) && !is(IMPLIED_END) && !is(RAW_TEXT) && !tag.self_closing_foreign;
        let formats = is(FORMATTING);
        // Later `<body>` tags add their attributes to the first.
        roots += usize::from(is(&["html", "body"]));
        let too_much = tags > MAX_TAGS
            || (roots > 8 && is(&["html", "body"]))
            || (nests && (open.len() >= MAX_DEPTH || (formats && formatting >= MAX_FORMATTING)));
        if too_much && !is(RAW_TEXT) {
            if nests && flattened.len() < 4096 {
                flattened.push(name);
            }
            drop(start, tag.end, &mut copied);
            continue;
        }
        if let Some(cut) = tag.cut_at {
            drop(cut, tag.end - 1, &mut copied);
        }
        if nests {
            open.push(name);
            formatting += usize::from(formats);
        }
        if is(RAW_TEXT) {
            let end = find_end_tag(bytes, at, name);
            if too_much {
                drop(start, end, &mut copied);
            }
            at = end;
        }
    }
    match out {
        None => Cow::Borrowed(html),
        Some(mut out) => {
            out.push_str(&html[copied..]);
            Cow::Owned(out)
        }
    }
}

/// Where `name` is among the last entries. Bounded, so that pages of stray end tags stay linear.
fn recent(names: &[&str], name: &str) -> Option<usize> {
    let from = names.len().saturating_sub(MAX_DEPTH);
    names[from..].iter().rposition(|n| n.eq_ignore_ascii_case(name)).map(|i| from + i)
}

fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == byte)
}

fn find_end_tag(bytes: &[u8], from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(offset) = memchr(b'<', &bytes[at..]) {
        let start = at + offset;
        let tail = &bytes[start + 1..];
        if tail.first() == Some(&b'/') && tail.get(1..1 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())) {
            return start;
        }
        at = start + 1;
    }
    bytes.len()
}

/// What one tag's attributes are like.
struct Tag {
    end: usize,
    /// Where the attributes beyond the limit begin.
    cut_at: Option<usize>,
    self_closing_foreign: bool,
}

impl Tag {
    fn scan(bytes: &[u8], from: usize) -> Tag {
        let mut attributes = 0;
        let mut cut_at = None;
        let mut at = from;
        loop {
            while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
                at += 1;
            }
            match bytes.get(at) {
                None => return Tag { end: bytes.len(), cut_at: None, self_closing_foreign: false },
                // `<path />` inside SVG does not nest; elsewhere the slash is ignored, and those elements are void or rare.
                Some(b'>') => return Tag { end: at + 1, cut_at, self_closing_foreign: bytes[at - 1] == b'/' },
                Some(_) => {}
            }
            attributes += 1;
            if attributes == MAX_ATTRIBUTES {
                cut_at = Some(at);
            }
            at += 1;
            while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/')) {
                at += 1;
            }
            let equals = at + bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            if bytes.get(equals) == Some(&b'=') {
                at = equals + 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                match bytes.get(at) {
                    Some(quote @ (b'"' | b'\'')) => at = memchr(*quote, &bytes[at + 1..]).map_or(bytes.len(), |e| at + 1 + e + 1),
                    _ => {
                        while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'>') {
                            at += 1;
                        }
                    }
                }
            }
        }
    }
}

/// Parses a page of any kind.
pub fn parse(html: &str) -> Html {
    Html::parse_document(&tame(html))
}

/// Whether an element shows nothing to a reader.
fn is_silent(element: &Element) -> bool {
    matches!(
        element.name(),
        "script"
            | "style"
            | "noscript"
            | "template"
            | "iframe"
            | "object"
            | "svg"
            | "math"
            | "button"
            | "select"
            | "textarea"
            | "input"
            | "head"
            | "title"
            | "audio"
            | "video"
            | "canvas"
            | "map"
            | "dialog"
            | "frameset"
            | "noframes"
    ) || element.attr("hidden").is_some()
        || element.attr("style").is_some_and(|style| {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
    )
}

/// The text below `element`, a line for each block element and `<br>`, without empty lines; `dropped` leaves out more than what is never shown.
pub fn lines_of(element: ElementRef, dropped: &dyn Fn(ElementRef) -> bool) -> String {
    let mut out = Lines::default();
    walk(element, &mut out, &|e| is_silent(e.value()) || dropped(e), |node, out| match node {
        Step::Text(text, preformatted) => out.text(text, preformatted),
        Step::Open(e) | Step::Close(e) => match e.value().name() {
            name if is_block(name) => out.end_line(),
            "td" | "th" => out.space(),
            _ => {}
        },
    });
    out.finish()
}

/// The page as the main-content library should see it: without scripts, styles and what is never shown, so that its many passes stay cheap.
pub fn for_library(document: &Html, dropped: &dyn Fn(ElementRef) -> bool) -> String {
    let mut out = String::new();
    let skip = |e: ElementRef| {
        let name = e.value().name();
        // The library reads the title from the head.
        (name != "head" && name != "title" && is_silent(e.value())) || dropped(e)
    };
    walk(document.root_element(), &mut out, &skip, |step, out| match step {
        Step::Text(text, _) => escape(text, out),
        Step::Open(e) => {
            let name = e.value().name();
            out.push('<');
            out.push_str(name);
            for (key, value) in e.value().attrs().filter(|(k, _)| {
                matches!(*k, "id" | "class" | "itemprop" | "itemtype" | "role" | "href" | "name" | "property" | "content" | "datetime")
            }) {
                out.push(' ');
                out.push_str(key);
                out.push_str("=\"");
                escape(value, out);
                out.push('"');
            }
            out.push('>');
        }
        Step::Close(e) => {
            let name = e.value().name();
            if !VOID.contains(&name) {
                out.push_str("</");
                out.push_str(name);
                out.push('>');
            }
        }
    });
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

enum Step<'a, 'b> {
    Open(ElementRef<'a>),
    Text(&'b str, bool),
    Close(ElementRef<'a>),
}

/// Depth first without recursion: a page may nest deeper than a stack.
fn walk<T>(root: ElementRef, out: &mut T, skip: &dyn Fn(ElementRef) -> bool, mut visit: impl FnMut(Step, &mut T)) {
    let mut preformatted = 0usize;
    let mut node = *root;
    loop {
        let mut descend = false;
        match node.value() {
            Node::Text(text) => visit(Step::Text(text, preformatted > 0), out),
            Node::Element(_) => {
                if let Some(element) = ElementRef::wrap(node)
                    && (node == *root || !skip(element))
                {
                    preformatted += usize::from(element.value().name() == "pre");
                    visit(Step::Open(element), out);
                    descend = true;
                }
            }
            _ => {}
        }
        if descend && let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        let mut leaving = descend;
        loop {
            if leaving && let Some(element) = ElementRef::wrap(node) {
                preformatted -= usize::from(element.value().name() == "pre");
                visit(Step::Close(element), out);
            }
            if node == *root {
                return;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return };
            node = parent;
            leaving = true;
        }
    }
}

#[derive(Default)]
struct Lines {
    done: String,
    line: String,
    gap: bool,
}

impl Lines {
    fn text(&mut self, text: &str, preformatted: bool) {
        for c in text.chars() {
            match c {
                '\n' if preformatted => self.end_line(),
                ' ' | '\n' | '\t' | '\r' | '\u{C}' | '\u{A0}' | '\u{3000}' => self.gap = true,
                _ => {
                    if self.gap && !self.line.is_empty() {
                        self.line.push(' ');
                    }
                    self.gap = false;
                    self.line.push(c);
                }
            }
        }
    }

    fn space(&mut self) {
        self.gap = true;
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            if !self.done.is_empty() {
                self.done.push('\n');
            }
            self.done.push_str(&self.line);
            self.line.clear();
        }
        self.gap = false;
    }

    fn finish(mut self) -> String {
        self.end_line();
        self.done
    }
}

/// Whether any of the selectors matches.
pub fn matches_any(element: ElementRef, selectors: &[Selector]) -> bool {
    selectors.iter().any(|s| s.matches(&element))
}

/// The text of an HTML fragment, or of text that merely may hold markup, by lines.
pub fn fragment_lines(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    let fragment = Html::parse_fragment(&tame(text));
    let mut whole = lines_of(fragment.root_element(), &|_| false);
    if !text.contains('<') && text.contains('\n') {
        // Entities only: the newlines are the author's own.
        whole = text.lines().map(|l| lines_of(Html::parse_fragment(l).root_element(), &|_| false)).collect::<Vec<_>>().join("\n");
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> String {
        lines_of(parse(html).root_element(), &|_| false)
    }

    #[test]
    fn blocks_and_breaks_make_lines() {
        assert_eq!(lines("<p>가 <b>나</b>\n다<br>라</p><div>마<span>바</span></div>사"), "가 나 다\n라\n마바\n사");
        assert_eq!(lines("<table><tr><td>가</td><td>나</td></tr><tr><td>다</td></tr></table>"), "가 나\n다");
        assert_eq!(
            lines("<script>가</script><style>나</style><p style='display: none'>다</p><p hidden>라</p><p>마&nbsp;&nbsp;바 &lt;사&gt;</p>"),
            "마 바 <사>"
        );
        assert_eq!(lines("<pre>가\n  나</pre>"), "가\n나");
        assert_eq!(lines(""), "");
        assert_eq!(lines("<frameset><frame src=a></frameset>"), "");
    }

    #[test]
    fn an_ordinary_page_is_not_touched() {
        let page = "<!doctype html><html><head><title>a<b</title><script>if (a<b) {}</script></head><body><p>가<p>나<ul><li>다<li>라</ul><!-- <div> --></body></html>";
        assert!(matches!(tame(page), Cow::Borrowed(_)));
    }

    #[test]
    fn nesting_is_bounded_and_keeps_the_text() {
        for open in ["<div>", "<b>", "<font size=1>", "<span><a>", "<table><tr><td>", "<ul><li>", "<svg><g>"] {
            let page = format!("<p>앞</p>{}속{}<p>뒤</p>", open.repeat(100_000), "</div>".repeat(100_000));
            let document = parse(&page);
            let text = lines_of(document.root_element(), &|_| false);
            assert!(text.contains('앞'), "{open}");
            let depth = document.tree.nodes().map(|n| n.ancestors().count()).max().unwrap();
            assert!(depth < 5 * MAX_DEPTH, "{open}: {depth}");
        }
    }

    #[test]
    fn formatting_attributes_and_tags_are_bounded() {
        let fonts: String = (0..2000).map(|i| format!("<font id={i}>")).collect();
        let document = parse(&format!("{fonts}{}", "<p>가".repeat(2000)));
        assert!(document.tree.nodes().count() < 2000 * 4 * MAX_FORMATTING);
        let attributes: String = (0..100_000).map(|i| format!(" a{i}='>'")).collect();
        let document = parse(&format!("<p{attributes}>가</p>"));
        assert_eq!(lines_of(document.root_element(), &|_| false), "가");
        let tags = "<p>가</p>".repeat(MAX_TAGS + 1000);
        assert!(parse(&tags).tree.nodes().count() < 3 * MAX_TAGS);
    }

    #[test]
    fn serialises_what_it_parsed() {
        let document =
            parse("<html><head><title>제&lt;목</title></head><body><p class='a\"b'>가<br>&amp;나</p><script>x</script></body></html>");
        let html = for_library(&document, &|_| false);
        assert_eq!(html, "<html><head><title>제&lt;목</title></head><body><p class=\"a&quot;b\">가<br>&amp;나</p></body></html>");
    }

    #[test]
    fn fragments() {
        assert_eq!(fragment_lines("가 &amp; 나\n다"), "가 & 나\n다");
        assert_eq!(fragment_lines("<p>가</p>나<br/>다"), "가\n나\n다");
        assert_eq!(fragment_lines("1 2\n3"), "1 2\n3");
    }
}
