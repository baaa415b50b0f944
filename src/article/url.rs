//! One name for one page, however the link to it was written.
//!
//! Two questions: what is a URL's canonical form ([`canonical`]), and is the URL that a page names as its own to be believed ([`doubt`])?
//! What only a publisher's rule can know (its main host, what its addresses mean) is data in `publishers.toml`; tracking parameters, AMP's marks and
//! index pages are data in `pages.toml`.
//!
//! Promises: the canonical form of a canonical form is itself; text that is no `http` or `https` URL stays as it is; a parameter that may matter stays.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::Publishers;
use super::words::words;

/// More rewriting than this is a rule that never comes to an end.
const MAX_STEPS: usize = 64;

/// The URL without what does not say which page it is: fragment, credentials, default port, tracking parameters (where the publisher's rule lists the
/// parameters that matter, `keep_params`, all others), AMP and mobile forms, index pages; percent-encoding written one way.
pub fn canonical(url: &str, publishers: &Publishers) -> String {
    let Ok(mut parsed) = Url::parse(url.trim()) else { return url.trim().to_owned() };
    if !is_web(&parsed) {
        return parsed.into();
    }
    for _ in 0..MAX_STEPS {
        let next = step(parsed.clone(), publishers);
        if next == parsed {
            break;
        }
        parsed = next;
    }
    parsed.into()
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn step(mut url: Url, publishers: &Publishers) -> Url {
    url.set_fragment(None);
    // These fail only for URLs without a host, which web URLs have.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Some(host) = url.host_str().and_then(|h| h.strip_suffix('.')).filter(|h| !h.is_empty()).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    let rule = url.host_str().and_then(|host| publishers.by_host(host));
    if let Some(rule) = rule {
        if let Some(rewritten) = rule.rewritten(url.as_str()).and_then(|u| Url::parse(&u).ok()).filter(is_web) {
            url = rewritten;
        }
        if let Some(home) = rule.home.as_deref().filter(|_| url.host_str().is_some_and(|h| is_twin_of_home(h, &rule.domains))) {
            let _ = url.set_host(Some(home));
        }
    }
    let path = even_percent(url.path());
    let path = words().rewrite.iter().fold(path, |path, (pattern, to)| match pattern.replace(&path, to) {
        std::borrow::Cow::Owned(new) => new,
        std::borrow::Cow::Borrowed(_) => path,
    });
    url.set_path(&path);
    let query = url.query().map(|q| kept(&even_percent(q), rule.and_then(|r| r.keep_params.as_deref())));
    url.set_query(query.as_deref().filter(|q| !q.is_empty()));
    // With a query it may be the program that finds the article.
    if url.query().is_none()
        && let Some((folder, last)) = url.path().rsplit_once('/')
        && words().index.iter().any(|i| i.eq_ignore_ascii_case(last))
    {
        let folder = format!("{folder}/");
        url.set_path(&folder);
    }
    url
}

/// Whether a host is another door to a publisher's main one: its bare domain, or that with a mobile or AMP label before it.
fn is_twin_of_home(host: &str, domains: &[String]) -> bool {
    let bare = without_twin_label(host);
    domains.iter().any(|d| d == host || (bare != host && (bare == d || bare == format!("www.{d}"))))
}

/// A host without the label that only says on what device it is read: `m.`, `mobile.`, `amp.`.
fn without_twin_label(host: &str) -> &str {
    match host.split_once('.') {
        Some((label, rest)) if rest.contains('.') && words().twins.iter().any(|t| t == label) => rest,
        _ => host,
    }
}

/// The pieces of a query that are kept; those of a rule in the rule's order. Raw pieces, not decoded ones: re-encoding could change what the server sees.
fn kept(query: &str, keep: Option<&[String]>) -> String {
    let name = |part: &str| part.split('=').next().unwrap_or_default().to_owned();
    let mut parts: Vec<&str> = query.split('&').filter(|p| !p.is_empty()).collect();
    match keep {
        Some(keep) => {
            let place = |part: &&str| keep.iter().position(|k| *k == name(part));
            parts.retain(|p| place(p).is_some());
            parts.sort_by_key(place);
        }
        None => parts.retain(|p| !words().tracking.iter().any(|t| if t.contains('=') { p == t } else { is_like(&name(p), t) })),
    }
    parts.join("&")
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Percent-encoding as RFC 3986 wants it: hexadecimal digits in upper case, no letter, digit, `-`, `.`, `_` or `~` encoded.
fn even_percent(text: &str) -> String {
    let is_hex = |after: &str| after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    // Behind a bare `%`, a digit that is no longer encoded would make a code of it.
    let sound = text.split('%').skip(1).all(is_hex);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = after;
        let hex = after.get(..2).filter(|_| is_hex(after));
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok().map(|byte| (h, byte))) {
            Some((hex, byte)) => {
                if sound && (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
                    out.push(char::from(byte));
                } else {
                    out.push('%');
                    out.push_str(&hex.to_ascii_uppercase());
                }
                rest = &after[2..];
            }
            None => out.push('%'),
        }
    }
    out + rest
}

/// Why the URL that a page names as its own is not believed; `None` where it is.
///
/// Templates name the front page on every page, or the page that was copied from; a canonical link to another site would give that site's article our text.
pub(super) fn doubt(named: &Url, page: Option<&Url>, publishers: &Publishers) -> Option<&'static str> {
    if !is_web(named) {
        return Some("no web address");
    }
    let tail = |url: &Url| format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let last = named.path().rsplit('/').next().unwrap_or_default();
    let folder = named.path().trim_matches('/');
    let index = words().index.iter().any(|i| i.eq_ignore_ascii_case(last));
    if named.query().is_none() && (folder.is_empty() || (index && !folder.contains('/'))) {
        return Some("the front page");
    }
    let page = page?;
    if !same_site(named, page, publishers) {
        return Some("another site");
    }
    // An article's address has its number or its day.
    let number = |url: &Url| tail(url).split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 4);
    if number(page) && !tail(named).contains(|c: char| c.is_ascii_digit()) {
        return Some("no article: the page's address has a number, this has none");
    }
    None
}

/// Whether two URLs are of one publisher: the same registrable domain, or two domains of one rule.
fn same_site(a: &Url, b: &Url, publishers: &Publishers) -> bool {
    let site = |url: &Url| match url.host() {
        Some(Host::Domain(host)) => psl::domain_str(host.trim_end_matches('.')).unwrap_or(host).to_owned(),
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).to_string(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).to_string(),
        None => String::new(),
    };
    if site(a) == site(b) {
        return true;
    }
    let rule = |url: &Url| url.host_str().and_then(|h| publishers.by_host(h));
    matches!((rule(a), rule(b)), (Some(a), Some(b)) if std::ptr::eq(a, b))
}

/// An article's id from its canonical URL. `http` and `https`, `www.` and `m.` are the same page.
pub(super) fn id_of_url(canonical: &str) -> String {
    let rest = canonical.split_once("://").map_or(canonical, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    let bare = without_twin_label(host);
    let bare = bare.strip_prefix("www.").filter(|b| b.contains('.')).unwrap_or(bare);
    short_hash(&[bare, &rest[host.len()..]])
}

/// An article's id where there is no URL.
pub(super) fn id_of_text(title: &str, text: &str) -> String {
    short_hash(&[title, "\0", text])
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> Publishers {
        let toml = "[[publisher]]
name='가'
domain='rule.example'
home='www.rule.example'
keep_params=['no', 'page']
rewrite=[['^https?://m\\.rule\\.example/v/(\\d+).*', 'https://www.rule.example/view?no=$1']]
[[publisher]]
name='나'
domain=['new.example', 'old.example']
";
        Publishers::parse(&[("t.toml", toml)]).unwrap()
    }

    #[test]
    fn table() {
        let rules = rules();
        for (from, to) in [
            ("HTTP://News.Example.COM:80/a/B?x=1&utm_source=feed&fbclid=2#top", "http://news.example.com/a/B?x=1"),
            ("https://example.com:443/a?utm_medium=x", "https://example.com/a"),
            ("https://example.com:8443/a", "https://example.com:8443/a"),
            ("https://example.com./a", "https://example.com/a"),
            ("https://example.com/a?gclid=1&from=rss&ref=main&NaPm=x", "https://example.com/a"),
            ("https://example.com/a?&&b=1&", "https://example.com/a?b=1"),
            ("https://example.com/a?b=2&a=1&b=3", "https://example.com/a?b=2&a=1&b=3"),
            ("https://user:pw@example.com/", "https://example.com/"),
            ("  https://예시.example/기사 ", "https://xn--vv4b11d.example/%EA%B8%B0%EC%82%AC"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
            ("file:///a.html#x", "file:///a.html#x"),
            ("no url", "no url"),
            ("mailto:a@example.com", "mailto:a@example.com"),
            // Percent-encoding; Korean in EUC-KR stays as it is.
            ("https://example.com/a?b=%ea%b0%80&a=1&from=rss", "https://example.com/a?b=%EA%B0%80&a=1"),
            ("https://example.com/%7Ea/%41%2db?q=%c1%f6", "https://example.com/~a/A-b?q=%C1%F6"),
            ("https://example.com/a?utm%5Fsource=x&c=%2F", "https://example.com/a?c=%2F"),
            ("https://example.com/100%/%zz/%7e", "https://example.com/100%/%zz/%7E"),
            ("https://example.com/a/%2e%2E/b", "https://example.com/b"),
            // AMP.
            ("https://example.com/amp/news/12", "https://example.com/news/12"),
            ("https://example.com/news/12/amp/", "https://example.com/news/12"),
            ("https://example.com/news/12/amp", "https://example.com/news/12"),
            ("https://example.com/news/12?amp=1", "https://example.com/news/12"),
            ("https://example.com/news/12?outputType=amp&id=3", "https://example.com/news/12?id=3"),
            ("https://example.com/news/12?amp", "https://example.com/news/12"),
            ("https://example.com/news/articleViewAmp.html?idxno=12", "https://example.com/news/articleView.html?idxno=12"),
            ("https://example.com/amplifier/champ", "https://example.com/amplifier/champ"),
            ("https://example.com/amp", "https://example.com/amp"),
            // Index pages.
            ("https://example.com/news/index.html", "https://example.com/news/"),
            ("https://example.com/INDEX.php?from=x", "https://example.com/"),
            ("https://example.com/index.php?id=12", "https://example.com/index.php?id=12"),
            // A publisher's rule.
            ("https://www.rule.example/v?no=12&section=3&ref=x", "https://www.rule.example/v?no=12"),
            ("https://www.rule.example/v?page=2&no=12", "https://www.rule.example/v?no=12&page=2"),
            ("https://rule.example/v?section=3", "https://www.rule.example/v"),
            ("https://m.rule.example/view?no=1", "https://www.rule.example/view?no=1"),
            ("https://amp.rule.example/view?no=1", "https://www.rule.example/view?no=1"),
            ("http://m.rule.example/v/34?x=1", "https://www.rule.example/view?no=34"),
            ("https://it.rule.example/view?no=1", "https://it.rule.example/view?no=1"),
            ("https://m.it.rule.example/view?no=1", "https://m.it.rule.example/view?no=1"),
            ("https://m.unknown.example/a/1", "https://m.unknown.example/a/1"),
        ] {
            let found = canonical(from, &rules);
            assert_eq!(found, to, "{from}");
            assert_eq!(canonical(&found, &rules), found, "{from} twice");
        }
    }

    /// The forms that publishers' own links have: mobile, AMP, of older systems.
    #[test]
    fn one_name_for_a_publishers_page() {
        let rules = Publishers::built_in();
        for (name, forms) in [
            (
                "https://n.news.naver.com/mnews/article/001/0014000001",
                &[
                    "https://n.news.naver.com/article/001/0014000001?cds=news_media_pc",
                    "https://n.news.naver.com/mnews/article/001/0014000001?sid=105#comment",
                    "https://news.naver.com/main/read.naver?mode=LSD&mid=shm&sid1=105&oid=001&aid=0014000001",
                    "https://news.naver.com/main/read.nhn?aid=0014000001&mode=LSD&oid=001",
                    "http://m.news.naver.com/read.nhn?oid=001&aid=0014000001",
                    "https://n.news.naver.com/article/comment/001/0014000001",
                ][..],
            ),
            (
                "https://v.daum.net/v/20250121104512345",
                &["http://news.v.daum.net/v/20250121104512345?f=m", "https://v.daum.net/v/20250121104512345?x_trkm=t"],
            ),
            (
                "https://www.yna.co.kr/view/AKR20260109012300017",
                &[
                    "https://m.yna.co.kr/view/AKR20260109012300017?section=industry",
                    "http://yna.co.kr/view/AKR20260109012300017",
                    "https://www.yna.co.kr/amp/view/AKR20260109012300017",
                ],
            ),
            (
                "https://www.newsis.com/view/NISX20231117_0002525001",
                &[
                    "https://mobile.newsis.com/view/NISX20231117_0002525001",
                    "https://www.newsis.com/view/?id=NISX20231117_0002525001&cID=10201&pID=10200",
                    "https://mobile.newsis.com/view_amp.html?ar_id=x&id=NISX20231117_0002525001",
                ],
            ),
            (
                "https://www.joongang.co.kr/article/25300001",
                &[
                    "https://news.joins.com/article/25300001",
                    "https://mnews.joins.com/article/25300001#home",
                    "https://joongang.co.kr/article/25300001",
                ],
            ),
            (
                "https://www.khan.co.kr/article/202311171830001",
                &[
                    "https://m.khan.co.kr/article/202311171830001/?utm_source=naver",
                    "http://news.khan.co.kr/kh_news/khan_art_view.html?artid=202311171830001&code=940100",
                ],
            ),
            (
                "https://news.mt.co.kr/mtview.php?no=2024051518301234567",
                &[
                    "https://m.mt.co.kr/renew/view.html?no=2024051518301234567&type=1",
                    "https://m.mt.co.kr/renew/view_amp.html?no=2024051518301234567",
                ],
            ),
            (
                "https://www.asiae.co.kr/article/2023111716011234567",
                &[
                    "https://view.asiae.co.kr/article/2023111716011234567",
                    "http://cm.asiae.co.kr/article/2023111716011234567",
                    "https://www.asiae.co.kr/article/view/2023111716011234567",
                ],
            ),
            (
                "https://www.edaily.co.kr/News/Read?newsId=01234566642101234",
                &[
                    "https://m.edaily.co.kr/news/read?newsId=01234566642101234&mediaCodeNo=257&gtrack=sok",
                    "https://www.edaily.co.kr/news/read?newsid=01234566642101234",
                ],
            ),
            (
                "https://zdnet.co.kr/view/?no=20250303161234",
                &[
                    "https://m.zdnet.co.kr/view/?no=20250303161234&from=mobile",
                    "http://www.zdnet.co.kr/news/news_view.asp?artice_id=20250303161234",
                ],
            ),
            ("https://www.inews24.com/view/1920001", &["https://m.inews24.com/v/1920001", "https://inews24.com/view/1920001?rrf=nv"]),
            (
                "https://www.bloter.net/news/articleView.html?idxno=630001",
                &[
                    "https://m.bloter.net/news/articleView.html?idxno=630001",
                    "https://www.bloter.net/news/articleViewAmp.html?idxno=630001",
                ],
            ),
            (
                "https://news.kbs.co.kr/news/pc/view/view.do?ncd=7960001",
                &[
                    "https://news.kbs.co.kr/news/view.do?ncd=7960001&ref=A",
                    "https://news.kbs.co.kr/news/mobile/view/view.do?ncd=7960001",
                    "http://m.news.kbs.co.kr/news/view.do?ncd=7960001",
                ],
            ),
            (
                "https://news.sbs.co.kr/news/endPage.do?news_id=N1007960001",
                &[
                    "https://news.sbs.co.kr/news/endPage.do?plink=ORI&news_id=N1007960001",
                    "https://m.news.sbs.co.kr/news/endpage.do?newsId=N1007960001",
                ],
            ),
            ("https://www.ytn.co.kr/_ln/0103_202311171712345678", &["https://m.ytn.co.kr/_ln/0103_202311171712345678?ems=1"]),
            (
                "https://www.etnews.com/20241122000045",
                &["https://m.etnews.com/20241122000045?mc=ns_001", "http://etnews.com/20241122000045"],
            ),
            (
                "https://www.chosun.com/economy/tech_it/2024/11/22/ABCD/",
                &[
                    "https://m.chosun.com/economy/tech_it/2024/11/22/ABCD/?utm_source=naver",
                    "https://www.chosun.com/economy/tech_it/2024/11/22/ABCD/?outputType=amp",
                ],
            ),
            (
                "https://biz.heraldcorp.com/article/10490001",
                &["https://m.heraldcorp.com/article/10490001", "https://biz.heraldcorp.com/article/10490001?ref=naver"],
            ),
            (
                "https://www.kmib.co.kr/article/view.asp?arcid=0028500001",
                &[
                    "https://m.kmib.co.kr/view.asp?arcid=0028500001",
                    "https://news.kmib.co.kr/article/view.asp?arcid=0028500001&code=61151111",
                ],
            ),
        ] {
            assert_eq!(canonical(name, rules), name);
            for form in forms {
                let found = canonical(form, rules);
                assert_eq!((found.replacen("http://", "https://", 1).as_str(), id_of_url(&found)), (name, id_of_url(name)), "{form}");
            }
        }
    }

    #[test]
    fn the_built_in_rules_come_to_an_end() {
        let rules = Publishers::built_in();
        let tails = [
            "",
            "/",
            "/index.html",
            "/view/1?no=20250303161234",
            "/amp/view/AKR20260109012300017",
            "/article/202311171830001/",
            "/news/view.do?ncd=1",
            "/main/read.nhn?oid=1&aid=2",
            "/view/?id=NISX20231117_0002525001",
            "/v/123?from=x",
            "/News/Read?newsId=1",
            "/news/news_view.asp?artice_id=20250303161234",
        ];
        for domain in rules.iter().flat_map(|p| &p.domains) {
            for host in
                [domain.clone(), format!("m.{domain}"), format!("www.{domain}"), format!("m.www.{domain}"), format!("mobile.{domain}")]
            {
                for tail in tails {
                    let once = canonical(&format!("http://{host}{tail}"), rules);
                    assert_eq!(canonical(&once, rules), once, "{host}{tail}");
                    let site = Url::parse(&once).unwrap();
                    assert!(same_site(&site, &Url::parse(&format!("http://{domain}/")).unwrap(), rules), "{host}{tail} became {once}");
                }
            }
        }
    }

    #[test]
    fn twins_have_one_id() {
        let id = id_of_url("http://example.com/a");
        for twin in [
            "https://example.com/a",
            "https://www.example.com/a",
            "https://m.example.com/a",
            "http://amp.example.com/a",
            "https://m.www.example.com/a",
        ] {
            assert_eq!(id_of_url(twin), id, "{twin}");
        }
        for other in ["https://it.example.com/a", "https://example.com/b", "https://example.com/A", "https://m.com/a"] {
            assert_ne!(id_of_url(other), id, "{other}");
        }
        assert_ne!(id_of_url("https://m.com/a"), id_of_url("https://com/a"));
        assert_eq!(id.len(), 16);
        assert_ne!(id_of_text("가", "나"), id_of_text("가나", ""));
    }

    #[test]
    fn what_a_page_calls_itself_is_doubted() {
        let rules = rules();
        let page = Url::parse("https://m.news.example.com/view/20230117?id=12").unwrap();
        for (named, reason) in [
            ("https://www.example.com/view/20230117", None),
            ("https://news.example.com/view/1?id=12", None),
            ("http://m.news.example.com/view/20230117?id=12&utm_source=x", None),
            ("https://www.example.com/", Some("front page")),
            ("https://www.example.com/index.html", Some("front page")),
            ("https://www.example.com", Some("front page")),
            ("https://example.org/view/20230117", Some("another site")),
            ("https://www.example.com/politics/", Some("no article")),
            ("https://www.example.com/main?tab=it", Some("no article")),
            ("ftp://example.com/view/1", Some("no web address")),
        ] {
            let found = doubt(&Url::parse(named).unwrap(), Some(&page), &rules);
            assert!(found.map_or(reason.is_none(), |f| reason.is_some_and(|r| f.contains(r))), "{named}: {found:?}");
        }
        let (old, new) = (Url::parse("https://news.old.example/1").unwrap(), Url::parse("https://www.new.example/article/1").unwrap());
        assert_eq!(doubt(&new, Some(&old), &rules), None, "two domains of one publisher");
        assert_eq!(doubt(&new, None, &rules), None, "a page from a file");
        let (a, b) = (Url::parse("https://a.co.kr/1234").unwrap(), Url::parse("https://b.co.kr/1234").unwrap());
        assert_eq!(doubt(&a, Some(&b), &rules), Some("another site"), "co.kr is no site");
        let (a, b) = (Url::parse("http://127.0.0.1:1/1234").unwrap(), Url::parse("http://127.0.0.2:1/1234").unwrap());
        assert_eq!(doubt(&a, Some(&b), &rules), Some("another site"));
        let slug = Url::parse("https://www.example.com/news/messenger-down").unwrap();
        assert_eq!(doubt(&Url::parse("https://www.example.com/it/messenger-down").unwrap(), Some(&slug), &rules), None);
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(
            host in "(m\\.|amp\\.|www\\.|mobile\\.)?(rule|new|old|it\\.rule|x)\\.example\\.?",
            path in "(/(amp|AMP|v|index\\.html|view|%2e%2E|%41mp|a%6dp|[가-나]|[0-9]{1,5}|articleViewAmp\\.html|%zz|\\.\\.)){0,6}/?",
            query in "(\\?((amp|amp=1|no=[0-9]|page=1|utm_x=1|%61mp=1|id=%ea|[가-나]=1|&)&?){0,5})?",
        ) {
            for rules in [&rules(), Publishers::built_in()] {
                let once = canonical(&format!("https://{host}{path}{query}#x"), rules);
                prop_assert_eq!(canonical(&once, rules), once);
            }
        }

        #[test]
        fn nothing_breaks_it(text in "\\PC{0,60}") {
            for url in [text.clone(), format!("https://{text}"), format!("https://m.rule.example/{text}")] {
                let once = canonical(&url, &rules());
                prop_assert_eq!(canonical(&once, &rules()), once);
            }
        }

        #[test]
        fn percent_encoding_keeps_its_meaning(path in "/[a-z%0-9A-F]{0,40}") {
            let bytes = |text: &str| {
                let mut out = Vec::new();
                let mut rest = text.as_bytes();
                while let Some((first, after)) = rest.split_first() {
                    let hex = after.get(..2).filter(|_| *first == b'%').and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
                    out.push(hex.unwrap_or(*first));
                    rest = if hex.is_some() { &after[2..] } else { after };
                }
                out
            };
            prop_assert_eq!(bytes(&even_percent(&path)), bytes(&path));
        }
    }
}
