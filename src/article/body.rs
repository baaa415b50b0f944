//! Which part of a page is the article, and its text.
//!
//! Asked in this order: the publisher's rule, the layout of a known publishing system, JSON-LD `articleBody`, the main-content library, data in scripts,
//! and last the element with the most Korean prose. The first that gives enough wins, else the longest. Whatever gave it, boilerplate goes.
//!
//! Promises: no panic of the library gets out, and it never sees a page so large or deep that it could not finish.

use std::collections::HashMap;

use rs_trafilatura::page_type::PageType;
use scraper::selector::ToCss;
use scraper::{ElementRef, Html, Node, Selector};

use super::boilerplate;
use super::explain::{Dropped, Trail};
use super::html::{for_library, lines_of, matches_any, parse};
use super::normalize::normalize;
use super::publisher::Publisher;
use super::structured::script_body;
use super::words::words;

/// An article's body.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    /// The text, a paragraph a line.
    pub text: String,
    /// What gave it.
    pub by: Option<Trail<'a>>,
    /// As it was found, with its boilerplate.
    raw: String,
}

impl Body<'_> {
    /// What was left out: the elements that the selectors of rule, layout and `pages.toml` name, and boilerplate.
    pub fn dropped(&self, page: &Html, rule: Option<&Publisher>, layout: Option<&Publisher>) -> Vec<Dropped> {
        let mut out = Vec::new();
        let source = match self.by.map(|by| by.by) {
            Some("rule") => rule,
            Some("layout") => layout,
            _ => None,
        };
        if let Some((element, _)) = source.and_then(|s| chosen(page, s)) {
            elements_dropped(element, source.map_or(&[], |s| s.drop.as_slice()), &mut out);
        }
        let raw = normalize(&self.raw);
        out.extend(boilerplate::find(&raw).into_iter().map(|b| Dropped { by: b.kind.as_str().to_owned(), text: raw[b.range].to_owned() }));
        out
    }
}

/// The outermost elements below `root` that a selector names, each with the first that does.
fn elements_dropped(root: ElementRef, own: &[Selector], out: &mut Vec<Dropped>) {
    let selectors = || own.iter().chain(&words().drop);
    let mut inside: Option<ElementRef> = None;
    for element in root.descendants().filter_map(ElementRef::wrap).filter(|e| e.id() != root.id()) {
        // Descendants come in page order: those of a dropped element directly behind it.
        if inside.is_some_and(|i| element.ancestors().any(|a| a.id() == i.id())) {
            continue;
        }
        inside = None;
        let Some(selector) = selectors().find(|s| s.matches(&element)) else { continue };
        inside = Some(element);
        let text = lines_of(element, &|_| false);
        if !text.trim().is_empty() {
            out.push(Dropped { by: selector.to_css_string(), text });
        }
    }
}

/// The library goes over a page many times; beyond this size (without scripts) it is not worth the wait.
const LIBRARY_MAX: usize = 1024 * 1024;
/// It asks for an element's ancestors again and again, so what counts is the sum of all elements' depths: some 50,000 on an ordinary page.
const LIBRARY_MAX_DEPTHS: usize = 600_000;
/// The name of the way through the library.
const LIBRARY: &str = "library";
/// The library recurses into what is at most a few hundred levels deep.
const LIBRARY_STACK: usize = 32 * 1024 * 1024;

/// One way to the body; not tried when one before it gave enough.
type Attempt<'t, 'a> = &'t dyn Fn() -> Option<(String, Trail<'a>)>;

/// The body's text, a paragraph a line, and what gave it.
pub(super) fn extract<'a>(
    page: &Html,
    rule: Option<&'a Publisher>,
    layout: Option<&'a Publisher>,
    linked: Option<&str>,
    title: &str,
) -> Body<'a> {
    let enough = words().enough;
    let mut best = Body::default();
    // Whoever wrote a selector meant that element, even when breaking news fills it with one sentence.
    let linked = || Some((linked.filter(|b| !is_cut(b))?.to_owned(), Trail::at("json-ld", "articleBody")));
    let attempts: [(usize, Attempt<'_, 'a>); 6] = [
        (15, &|| by_rule("rule", page, rule?)),
        (40, &|| by_rule("layout", page, layout?)),
        (enough, &linked),
        (enough, &|| Some((by_library(page)?, Trail::of(LIBRARY)))),
        (enough, &|| Some((script_body(page)?, Trail::of("script")))),
        (enough, &|| Some((by_density(page)?, Trail::of("density")))),
    ];
    for (enough, attempt) in attempts {
        let Some((raw, by)) = attempt() else { continue };
        let text = finish(&raw, title);
        let length = text.chars().count();
        // A page rendered by its script has menus that look like a body to the library.
        let menus = by.by == LIBRARY && length >= enough && prose(&text) < 120;
        let wins = !menus && length >= enough && prose(&text) * 2 >= prose(&best.text);
        let body = Body { text, by: Some(by), raw };
        if wins {
            return body;
        }
        if length > best.text.chars().count() {
            best = body;
        }
    }
    // A few words without a sentence are a menu.
    let meant = best.by.is_some_and(|by| matches!(by.by, "rule" | "layout"));
    if prose(&best.text) == 0 && best.text.chars().count() < enough && !meant {
        return Body::default();
    }
    best
}

/// Hangul in lines that are sentences.
fn prose(text: &str) -> usize {
    text.lines()
        .filter(|l| l.contains("다.") || l.contains("요.") || l.contains("까?"))
        .map(|l| l.chars().filter(|c| ('가'..='힣').contains(c)).count())
        .sum()
}

/// Some systems put only the beginning into `articleBody`.
fn is_cut(text: &str) -> bool {
    text.chars().count() < 1000 && text.trim_end().ends_with(['…']) || text.trim_end().ends_with("...")
}

fn finish(text: &str, title: &str) -> String {
    let text = normalize(text);
    let text = boilerplate::clean(&text);
    // A page's lines are its paragraphs already: an empty line between some of them says nothing.
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
    // What stands above the headline is no body, unless it is one that ends in a line like the headline.
    let above = lines.iter().take(40).position(|l| !title.is_empty() && *l == title).filter(|at| prose(&lines[..*at].join("\n")) == 0);
    lines[above.map_or(0, |at| at + 1)..].join("\n")
}

fn by_rule<'a>(by: &'static str, page: &Html, rule: &'a Publisher) -> Option<(String, Trail<'a>)> {
    let (element, selector) = chosen(page, rule)?;
    let dropped = |e: ElementRef| matches_any(e, &rule.drop) || matches_any(e, &words().drop);
    Some((lines_of(element, &dropped), Trail::at(by, selector)))
}

/// The element that a rule's selectors find, and which of them: of the first that finds text, the element with the most.
fn chosen<'p, 'a>(page: &'p Html, rule: &'a Publisher) -> Option<(ElementRef<'p>, &'a str)> {
    let dropped = |e: ElementRef| matches_any(e, &rule.drop) || matches_any(e, &words().drop);
    rule.body.iter().find_map(|pick| {
        let texts = page.select(&pick.selector).take(50).map(|e| (lines_of(e, &dropped), e));
        let (text, element) = texts.max_by_key(|(text, _)| text.len())?;
        (!text.trim().is_empty()).then_some((element, pick.as_str()))
    })
}

/// Whether a layout is that of the page.
pub(super) fn has_layout(page: &Html, layout: &Publisher) -> bool {
    layout.body.iter().any(|pick| page.select(&pick.selector).next().is_some())
}

fn by_library(page: &Html) -> Option<String> {
    let mut depths = 0;
    for node in page.tree.root().descendants().filter(|n| n.value().is_element()) {
        depths += node.ancestors().count();
        if depths > LIBRARY_MAX_DEPTHS {
            return None;
        }
    }
    let html = for_library(page, &|e| matches_any(e, &words().drop));
    if html.len() > LIBRARY_MAX {
        return None;
    }
    let options = rs_trafilatura::Options {
        page_type: Some(PageType::Article),
        include_tables: true,
        min_extracted_size: words().enough,
        ..Default::default()
    };
    // A thread for its stack; a panic inside ends the thread, and joining it turns that into "nothing found".
    let run = move || rs_trafilatura::extract_with_options(&html, &options).ok();
    let result = std::thread::Builder::new().name("main-content".into()).stack_size(LIBRARY_STACK).spawn(run).ok()?.join().ok()??;
    let text = match &result.content_html {
        Some(html) => lines_of(parse(html).root_element(), &|_| false),
        None => result.content_text,
    };
    // Out of deep nesting it returns the same text many times over.
    let all = lines_of(page.root_element(), &|_| false);
    (!text.trim().is_empty() && text.len() <= all.len()).then_some(text)
}

/// The element in which the most Korean outside links stands: paragraphs count for their parent, half for its parent.
fn by_density(page: &Html) -> Option<String> {
    let mut scores = HashMap::new();
    for node in page.tree.root().descendants() {
        let Node::Text(text) = node.value() else { continue };
        let hangul = text.chars().filter(|c| ('가'..='힣').contains(c)).count();
        if hangul < 8 {
            continue;
        }
        let above: Vec<_> = node.ancestors().filter_map(ElementRef::wrap).take(12).collect();
        if above.iter().any(|e| {
            matches!(
                e.value().name(),
                "a" | "script" | "style" | "noscript" | "head" | "button" | "textarea" | "nav" | "footer" | "template"
            )
        }) {
            continue;
        }
        let mut weight = hangul * 4;
        for element in above.iter().skip_while(|e| matches!(e.value().name(), "span" | "b" | "strong" | "em" | "i" | "font" | "u")).take(3)
        {
            *scores.entry(element.id()).or_insert(0usize) += weight;
            weight /= 2;
        }
    }
    let (best, _) = scores.into_iter().max_by_key(|(id, score)| (*score, std::cmp::Reverse(*id)))?;
    let element = ElementRef::wrap(page.tree.get(best)?)?;
    let text = lines_of(element, &|e| matches_any(e, &words().drop));
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Publishers;

    const P1: &str =
        "예시톡이 17일 오후 2시부터 20분 동안 멈췄다고 운영사가 밝혔다. 이용자들은 메시지를 주고받지 못해 불편을 겪었다고 입을 모았다.";
    const P2: &str =
        "운영사는 네트워크 장비를 바꾸다가 오류가 났다고 설명했다. 서비스는 모두 되살아났고 보상은 아직 정해지지 않았다고 덧붙였다.";

    fn rules() -> Publishers {
        Publishers::parse(&[("t.toml", "[[publisher]]\nname='가'\ndomain='a.example'\nbody=['#none', '#body']\ndrop='.ad'\n")]).unwrap()
    }

    #[test]
    fn a_rule_wins_and_drops() {
        let page = parse(&format!(
            "<div id=body>{P1}<br><br><figure><img><figcaption>그림</figcaption></figure><p class=ad>광고다.</p>{P2}<p>홍길동 기자 a@example.com</p></div><p>{P1}{P1}</p>"
        ));
        let rules = rules();
        let Body { text, by, .. } = extract(&page, rules.by_host("a.example"), None, Some("다른 본문"), "제목");
        assert_eq!(text, format!("{P1}\n{P2}"));
        assert_eq!(by, Some(Trail::at("rule", "#body")));
    }

    #[test]
    fn the_general_ways_follow() {
        let menu = "<nav><a href=/>정치</a><a href=/>경제</a></nav>";
        let page = parse(&format!("<body>{menu}<div><h1>제목</h1><div class=x><p>{P1}</p><p>{P2}</p><p>{P1}</p></div></div></body>"));
        let Body { text, by, .. } = extract(&page, None, None, None, "제목");
        assert_eq!(text, format!("{P1}\n{P2}\n{P1}"));
        assert_eq!(by, Some(Trail::of(LIBRARY)));
        let Body { text, by, .. } = extract(&page, None, None, Some(&format!("{P1} {P2}")), "제목");
        assert_eq!((text, by), (format!("{P1} {P2}"), Some(Trail::at("json-ld", "articleBody"))));
        let script = format!(
            "<body>{menu}<div id=app></div><script>window.d={{\"article\":{{\"body\":\"{P1}\\n{P2}\"}}}};{}</script></body>",
            " ".repeat(100)
        );
        let Body { text, by, .. } = extract(&parse(&script), None, None, None, "제목");
        assert_eq!((text, by), (format!("{P1}\n{P2}"), Some(Trail::of("script"))));
        let density = by_density(&page).unwrap();
        assert!(density.contains(P1) && density.contains(P2) && !density.contains("정치"));
    }

    #[test]
    fn nothing_gives_nothing() {
        for html in ["", "<html></html>", "<frameset><frame></frameset>", "<script>x</script>", "<body><a href=/>목록</a></body>"] {
            let Body { text, .. } = extract(&parse(html), None, None, None, "");
            assert!(text.chars().count() < 5, "{html}: {text}");
        }
    }
}
