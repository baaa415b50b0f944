//! The names of services and where a text has them.
//!
//! An index of all spellings finds the longest name at each place in one pass; a name then has to stand at word edges (particles and a few
//! nouns may follow, other letters may not), and an ambiguous one needs its context. What the name does in its sentence is not decided here.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use regex::Regex;

use super::clause::window;
use super::lexicon::Lexicon;
use super::words::Words;
use crate::dictionaries::{Dictionary, DictionaryFileError, ServiceEntry, Source};
use crate::temporal::Moment;

/// The kinds of service.
pub const CATEGORIES: &[&str] = &[
    "messenger",
    "portal",
    "payment",
    "bank",
    "card",
    "brokerage",
    "exchange",
    "telecom",
    "cloud",
    "government",
    "commerce",
    "delivery",
    "mobility",
    "game",
    "streaming",
    "social",
    "ticket",
    "health",
    "education",
    "other",
];

/// A service or an operator that a dictionary lists.
#[derive(Clone, Debug)]
pub struct Service {
    /// Unique, kebab-case.
    pub id: String,
    /// Its usual name.
    pub name: String,
    /// Who runs it.
    pub operator: Option<String>,
    /// The kind of service.
    pub category: Option<String>,
    /// The index of the company-level service above it.
    pub parent: Option<usize>,
    /// Whether it is the company itself.
    pub company: bool,
    /// Whether others' services stand on it (a cloud, a carrier, a data centre).
    pub provider: bool,
    former: Vec<(String, Option<Moment>)>,
    needs: Vec<String>,
    adjacent: bool,
    spellings: Vec<String>,
}

impl Service {
    /// What it was called at a time, by the names that a text uses: a former name while it held, and the text's own full name where it has
    /// not the usual one.
    pub fn name_at(&self, used: &[&str], at: Option<Moment>) -> String {
        // "농협 전산망" of the years in which the bank was called 농협.
        let called = |u: &str, f: &str| u == f || u.strip_prefix(f).is_some_and(|rest| rest.starts_with(' '));
        if let Some(former) = used.iter().find_map(|u| self.former_at(at).find(|f| called(u, f))) {
            return former.to_owned();
        }
        // "신한금투" of the years of 신한금융투자.
        let shortens = |u: &str, name: &str| {
            let mut left = name.chars();
            u.chars().all(|c| left.any(|n| n == c))
        };
        if let Some(former) = used.iter().find_map(|u| self.former_at(at).find(|f| shortens(u, f) && !shortens(u, &self.name))) {
            return former.to_owned();
        }
        let length = |s: &str| s.chars().filter(|c| !c.is_whitespace()).count();
        let fold = |s: &str| -> String { s.split_whitespace().collect() };
        // The usual name, or its short form: 애저 for 마이크로소프트 애저.
        if used.iter().any(|u| *u == self.name || length(u) >= 2 && fold(&self.name).contains(&fold(u))) {
            return self.name.clone();
        }
        // "소니 플레이스테이션 네트워크" is no other name, only the usual one with a word before it.
        // "초고속인터넷" after its company is what the part is called there, and no name.
        let other = |u: &str| {
            self.spellings.iter().any(|s| fold(s) == fold(u))
                && !self.spellings.iter().any(|s| fold(s) != fold(u) && fold(u).contains(&fold(s)))
        };
        // "키움증권 홈트레이딩시스템" is what the letters in "키움증권 HTS" stand for, and no fuller name.
        if ["HTS", "MTS"].iter().any(|w| self.name.ends_with(w)) {
            return self.name.clone();
        }
        let fuller = used
            .iter()
            .filter(|u| self.operator.as_deref().is_none_or(|o| fold(o) != fold(u)))
            .filter(|u| length(u) > length(&self.name) && u.chars().all(|c| is_hangul(c) || c == ' ') && other(u))
            .max_by_key(|u| length(u));
        fuller.map_or_else(|| self.name.clone(), |u| (*u).to_owned())
    }

    /// The former names that still held at a time.
    pub fn former_at(&self, at: Option<Moment>) -> impl Iterator<Item = &str> {
        let held = move |until: &Option<Moment>| until.is_none_or(|u| at.is_none_or(|a| a <= u));
        self.former.iter().filter(move |(_, until)| held(until)).map(|(name, _)| name.as_str())
    }

    /// Every spelling, the name first.
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }
}

/// A name found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMatch {
    /// Index into [`Gazetteer::services`].
    pub service: usize,
    /// Bytes of the text.
    pub range: Range<usize>,
}

struct Spelling {
    /// `None` for a longer word that is not the service.
    service: Option<usize>,
    weak: bool,
    latin_start: bool,
}

/// All services and the index of their names.
pub struct Gazetteer {
    services: Vec<Service>,
    by_id: HashMap<String, usize>,
    names: Words,
    spellings: Vec<Spelling>,
    part_words: Words,
    /// For each part word the services that are called so.
    parts: Vec<Vec<usize>>,
    particle: Regex,
}

/// What may stand between a name and the word that makes it sure.
const QUOTES: [char; 12] = [' ', '\'', '"', '‘', '’', '“', '”', '(', ')', '·', '<', '>'];

/// What may follow a name: particles, one or two, up to the end of the word.
const PARTICLES: &str = r"^(?:으로서는|으로부터|에서부터|에게서|로부터|에서는|에서도|에서만|에서의|까지도|까지는|이라며|이라고|에서|에게|에는|에도|에만|으로|로는|로도|처럼|보다|부터|까지|이나|이며|이고|이란|라는|라고|이라|마저|조차|하고|와의|과의|와는|과는|만의|만이|만은|의|은|는|이|가|을|를|에|와|과|도|로|나|며|랑|만|야|서)(?:$|[^가-힣])";

/// Whether two names stand side by side in a list, but for a stock's number in brackets.
fn beside(text: &str, first: &NameMatch, second: &NameMatch) -> bool {
    let Some(between) = text.get(first.range.end..second.range.start) else { return false };
    let joint = match between.strip_prefix('(').and_then(|b| b.split_once(')')) {
        Some((inside, joint)) if inside.chars().all(|c| c.is_ascii_digit()) => joint,
        Some(_) => return false,
        None => between,
    };
    ["와", "과", "·", ",", "및"].contains(&joint.trim())
}

impl Gazetteer {
    /// Builds it from dictionary files, later ones extending and overriding earlier ones.
    pub fn load(dictionaries: &[Dictionary]) -> Result<Gazetteer, DictionaryFileError> {
        let mut entries: Vec<ServiceEntry> = Vec::new();
        let mut by_id: HashMap<String, usize> = HashMap::new();
        let mut origins: Vec<(usize, usize)> = Vec::new();
        for (n, dictionary) in dictionaries.iter().enumerate() {
            let mut here: HashSet<&str> = HashSet::new();
            for spanned in &dictionary.entries.service {
                let at = spanned.span().start;
                if !here.insert(&spanned.get_ref().id) {
                    return Err(dictionary.source.error(at, format!("the service `{}` stands twice in this file", spanned.get_ref().id)));
                }
                let entry = spanned.get_ref().clone();
                check(&dictionary.source, at, &entry, by_id.contains_key(&entry.id))?;
                match by_id.get(&entry.id) {
                    Some(&i) => extend(&mut entries[i], entry),
                    None => {
                        by_id.insert(entry.id.clone(), entries.len());
                        origins.push((n, at));
                        entries.push(entry);
                    }
                }
            }
        }
        let mut services = Vec::with_capacity(entries.len());
        let mut words: Vec<String> = Vec::new();
        let mut spellings: Vec<Spelling> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let (n, at) = origins[i];
            let parent = match entry.parent.as_deref().filter(|p| !p.is_empty()) {
                None => None,
                Some(id) => Some(*by_id.get(id).ok_or_else(|| {
                    dictionaries[n].source.error(at, format!("service `{}` has the parent `{id}`, which no dictionary lists", entry.id))
                })?),
            };
            let name = entry.name.clone().unwrap_or_else(|| entry.id.clone());
            let mut own: Vec<String> = Vec::new();
            let given = std::iter::once(&name).chain(&entry.aliases).chain(&entry.weak).chain(entry.former.iter().map(|f| &f.name));
            for spelling in given {
                let weak = entry.ambiguous || entry.weak.contains(spelling);
                let compact: String = spelling.split_whitespace().collect();
                // "사우스웨스트 항공", "한국투자 증권": the kind may stand apart.
                let apart = ["항공", "공항", "증권"].iter().find_map(|kind| {
                    let head = compact.strip_suffix(kind)?;
                    (head.chars().count() >= 2 && head.chars().all(|c| ('가'..='힣').contains(&c))).then(|| format!("{head} {kind}"))
                });
                for form in [Some(spelling.clone()), Some(compact), apart].into_iter().flatten() {
                    let key = form.to_lowercase();
                    if seen.contains_key(&key) {
                        continue;
                    }
                    seen.insert(key, i);
                    spellings.push(Spelling { service: Some(i), weak, latin_start: form.chars().next().is_some_and(is_latin) });
                    own.push(form.clone());
                    words.push(form);
                }
            }
            for never in &entry.never {
                words.push(never.clone());
                spellings.push(Spelling { service: None, weak: false, latin_start: false });
            }
            services.push(Service {
                id: entry.id.clone(),
                name,
                operator: entry.operator.clone().filter(|o| !o.is_empty()),
                category: entry.category.clone(),
                parent,
                company: entry.company,
                provider: entry.provider.unwrap_or(entry.category.as_deref() == Some("cloud")),
                former: entry.former.iter().map(|f| (f.name.clone(), f.until.as_deref().and_then(|u| u.parse().ok()))).collect(),
                needs: entry.needs.clone(),
                adjacent: entry.adjacent,
                spellings: own,
            });
        }
        let mut part_words: Vec<String> = Vec::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            for word in &entry.parts {
                match part_words.iter().position(|w| w == word) {
                    Some(n) => parts[n].push(i),
                    None => {
                        part_words.push(word.clone());
                        parts.push(vec![i]);
                    }
                }
            }
        }
        let particle = Regex::new(PARTICLES).map_err(|e| DictionaryFileError::Content {
            file: "dictionaries".into(),
            line: 1,
            message: e.to_string(),
        })?;
        Ok(Gazetteer { services, by_id, names: Words::new(&words), spellings, part_words: Words::exact(&part_words), parts, particle })
    }

    /// All services.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The service with this id.
    pub fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The service that goes by this name, alias or id, whatever its case and spaces.
    pub fn resolve(&self, name: &str) -> Option<&Service> {
        let fold = |s: &str| -> String { s.split_whitespace().collect::<String>().to_lowercase() };
        let key = fold(name);
        self.services.iter().find(|s| s.id == name || s.spellings.iter().any(|x| fold(x) == key))
    }

    /// The names of the service that goes by `name` which are its own whatever stands around them; none where no service goes by it.
    pub fn sure_names(&self, name: &str) -> Vec<&str> {
        let Some(service) = self.resolve(name).and_then(|s| self.by_id(&s.id)) else { return Vec::new() };
        let own = self.spellings.iter().filter(|s| s.service == Some(service));
        own.zip(&self.services[service].spellings).filter(|(s, _)| !s.weak).map(|(_, name)| name.as_str()).collect()
    }

    /// Every name in `text` that stands at word edges and, where it is ambiguous, in its context. `neighbourhood` gives for a byte range the range
    /// of the sentences around it.
    pub fn find(&self, text: &str, lexicon: &Lexicon, neighbourhood: impl Fn(&Range<usize>) -> Range<usize>) -> Vec<NameMatch> {
        let mut sure: Vec<NameMatch> = Vec::new();
        let mut weak: Vec<NameMatch> = Vec::new();
        for (word, range) in self.names.find(text) {
            let spelling = &self.spellings[word];
            let Some(service) = spelling.service else { continue };
            if !self.edges(text, &range, spelling, lexicon) {
                continue;
            }
            let found = NameMatch { service, range };
            if spelling.weak { weak.push(found) } else { sure.push(found) }
        }
        self.name_in_full(text, &mut sure);
        for found in weak {
            let service = &self.services[found.service];
            // "한게임, 페이코, 벅스 등": in a list with a name that is sure, an ambiguous one is of its kind.
            let listed = |other: &NameMatch| {
                let between = if other.range.end <= found.range.start {
                    &text[other.range.end..found.range.start]
                } else {
                    text.get(found.range.end..other.range.start).unwrap_or("")
                };
                // "카카오톡과 ‘다음’이"
                let between = between.trim_matches(['‘', '’', '\'', '“', '”', '"']);
                matches!(between, ", " | "·" | "," | "와 " | "과 ")
            };
            if service.adjacent {
                let (before, after) =
                    (text[..found.range.start].trim_end_matches(QUOTES), text[found.range.end..].trim_start_matches(QUOTES));
                let beside = service.needs.iter().any(|w| before.ends_with(w.as_str()) || after.starts_with(w.as_str()));
                if beside || sure.iter().any(listed) {
                    sure.push(found);
                }
                continue;
            }
            let related = |other: &NameMatch| {
                other.service == found.service
                    || Some(other.service) == service.parent
                    || self.services[other.service].parent == Some(found.service)
            };
            let around = neighbourhood(&found.range);
            let before = &text[around.start..found.range.start];
            let after = &text[found.range.end..around.end];
            if sure.iter().any(|s| related(s) || listed(s))
                || service.needs.iter().any(|w| before.contains(w.as_str()) || after.contains(w.as_str()))
            {
                sure.push(found);
            }
        }
        sure.sort_by_key(|m| m.range.start);
        sure
    }

    /// "카카오 QR체크인", and later "QR체크인"; "카카오와 네이버의 ‘QR체크인’": a short name that the text gives in full elsewhere, or beside whose it is.
    fn name_in_full(&self, text: &str, names: &mut [NameMatch]) {
        let mut told: HashMap<&str, usize> = HashMap::new();
        for n in 0..names.len() {
            let name = &text[names[n].range.clone()];
            if let Some(full) = told.get(name) {
                names[n].service = *full;
                continue;
            }
            for (at, _) in name.match_indices(' ') {
                told.entry(&name[at + 1..]).or_insert(names[n].service);
            }
            let mut end = names[n].range.start;
            let mut joint: &[&str] = &["의 "];
            for owner in (0..n).rev() {
                let head = text[..end].trim_end_matches(['‘', '\'', '“', '"']);
                let Some(head) = joint.iter().find_map(|j| head.strip_suffix(j)) else { break };
                if head.len() != names[owner].range.end {
                    break;
                }
                let Some(full) = self.spelled(&format!("{} {name}", &text[names[owner].range.clone()])) else { break };
                // The nearest owner's is what stands there; the others stand for theirs.
                names[if end == names[n].range.start { n } else { owner }].service = full;
                end = names[owner].range.start;
                joint = &["와 ", "과 ", "·", ", "];
            }
        }
    }

    /// Words in `range` of `text` that stand for a service of one of `companies` (카페 after 네이버), the company named last deciding.
    pub fn find_parts(
        &self,
        text: &str,
        range: &Range<usize>,
        companies: &[NameMatch],
        before: Option<usize>,
        lexicon: &Lexicon,
    ) -> Vec<NameMatch> {
        let plain = Spelling { service: None, weak: false, latin_start: false };
        let mut out = Vec::new();
        for (word, m) in self.part_words.find(&text[range.clone()]) {
            let at = range.start + m.start..range.start + m.end;
            // "KT IDC(인터넷데이터센터)"
            // "전화 통화": made with either telephone, and the other word says which.
            let call = &text[at.clone()] == "전화" && text[at.end..].starts_with(" 통화");
            // "유-무선 통신장애": both.
            if text[at.clone()].starts_with("무선") && ["유-", "유·", "유/"].iter().any(|w| text[..at.start].ends_with(w)) {
                continue;
            }
            if !self.edges(text, &at, &plain, lexicon) || text[at.end..].starts_with("데이터센터") || call {
                continue;
            }
            let nearest = companies.iter().rev().find(|c| c.range.end <= at.start);
            // "네이버페이를 이용한 결제와 예약": after a product the word may be what it does; only side by side it is another one.
            if let Some(product) = nearest.filter(|c| self.services[c.service].parent.is_some() && !self.services[c.service].company) {
                // "쇼핑, 스마트스토어, 지도, 뉴스": after another word of the list.
                let last = out.last().map_or(product.range.end, |p: &NameMatch| p.range.end.max(product.range.end));
                let between = text.get(last..at.start).unwrap_or("");
                // "플레이스토어(앱마켓), 클라우드, 지도": a remark on the one before.
                let between = match between.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                    Some((remark, rest)) if remark.chars().count() <= 16 => rest,
                    _ => between,
                };
                let own = self.parts[word].iter().any(|s| self.services[*s].parent == Some(product.service));
                // "네이버 뉴스 검색": without a joint it is one name that goes on.
                if !own && (between.chars().count() > 3 || between.trim().is_empty()) {
                    continue;
                }
            }
            let company = nearest.map(|c| self.company_of(c.service)).or(before);
            let Some(company) = company else { continue };
            // "항공권 예약": two words for one part.
            if out.last().is_some_and(|p: &NameMatch| p.range.end < at.start && text[p.range.end..at.start].trim().is_empty()) {
                continue;
            }
            // "메타의 메신저 왓츠앱": the word only says what kind of service the name behind it is.
            let apposed = companies.iter().any(|c| {
                let between = text.get(at.end..c.range.start).unwrap_or("?");
                // "클라우드 서비스 ‘구글드라이브’"
                let between = [" 서비스", " 플랫폼", " 앱", "앱", "서비스"].iter().find_map(|w| between.strip_prefix(w)).unwrap_or(between);
                let kind = between.len() <= 8 && between.trim_matches(QUOTES).trim().is_empty();
                // "검색 서비스 구글": which of the company's.
                c.range.start > at.end && kind && (c.range.start - at.end <= 8 || !self.services[c.service].company)
            });
            if apposed {
                continue;
            }
            let of = |owner: usize| self.parts[word].iter().find(|s| self.services[**s].parent == Some(owner));
            if let Some(&service) = nearest.and_then(|c| of(c.service)).or_else(|| of(company)) {
                out.push(NameMatch { service, range: at.clone() });
                // "SK브로드밴드와 KT에 따르면 인터넷과 IPTV에 장애가 났다": each of those that stand side by side.
                let Some(mut next) = companies.iter().rposition(|c| c.range.end <= at.start) else { continue };
                let behind = &text[companies[next].range.end..at.start];
                let shared = !behind.starts_with(' ') || [" 가입자", " 이용자", " 고객"].iter().any(|w| behind.starts_with(w));
                while shared && next > 0 && beside(text, &companies[next - 1], &companies[next]) {
                    next -= 1;
                    if let Some(&service) = of(companies[next].service) {
                        out.push(NameMatch { service, range: at.clone() });
                    }
                }
            }
        }
        out
    }

    /// "롯데·삼성·신한카드", "국민안전처와 기상청 홈페이지": what stands before the dots shares the kind of the name at the end.
    pub fn find_shortened(&self, text: &str, sentence: &Range<usize>, names: &[NameMatch]) -> Vec<NameMatch> {
        const KINDS: [&str; 15] = [
            "저축은행",
            "은행",
            "카드",
            "증권",
            "생명",
            "화재",
            "항공",
            "페이",
            "홈페이지",
            "누리집",
            "홈피",
            "앱",
            "MTS",
            "HTS",
            "인터넷뱅킹",
        ];
        const JOINTS: [&str; 4] = ["·", ", ", "와 ", "과 "];
        let mut out = Vec::new();
        for name in names {
            let Some(kind) = KINDS.iter().find(|k| text[name.range.clone()].ends_with(*k)) else { continue };
            let stem = text[name.range.clone()].trim_end_matches(kind).trim_end();
            let house = KINDS.iter().find(|k| stem.len() < name.range.len() && stem.ends_with(*k));
            let mut end = name.range.start;
            while let Some(list) = JOINTS.iter().find_map(|j| text[sentence.start..end].strip_suffix(j)) {
                let to = sentence.start + list.len();
                let letters = list.chars().rev().take_while(|c| c.is_alphanumeric()).map(char::len_utf8).sum::<usize>();
                let part = &text[to - letters..to];
                if part.is_empty() || part.chars().count() > 6 {
                    break;
                }
                let mut known = vec![format!("{part}{kind}"), format!("{part} {kind}")];
                // "키움·미래에셋·NH투자증권 MTS": each house's own.
                if let Some(house) = house {
                    known.extend([format!("{part}{house} {kind}"), format!("{part}{house}")]);
                }
                if let Some(service) = known.iter().find_map(|whole| self.spelled(whole)) {
                    out.push(NameMatch { service, range: to - letters..to });
                }
                end = to - letters;
            }
        }
        out
    }

    /// "‘오픈뱅킹’ 멈췄다" over a text that opens with "저축은행 오픈뱅킹이": the service of the longer name by which `text` first calls `name`.
    pub(crate) fn first_called(&self, text: &str, name: &str) -> Option<usize> {
        let at = text.find(name)?;
        // "네이버의 ‘QR체크인’"
        let head = text[..at].trim_end_matches(['‘', '\'', '“', '"']);
        let head = head.strip_suffix("의 ").or(head.strip_suffix(' '))?;
        let word = head.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8));
        self.spelled(&format!("{} {name}", &head[word..]))
    }

    /// The service that the whole of `name` spells.
    fn spelled(&self, name: &str) -> Option<usize> {
        let (word, _) = self.names.find(name).find(|(_, range)| *range == (0..name.len()))?;
        self.spellings[word].service
    }

    /// "검색·뉴스 등 기능 일부가 멎었다": parts that are only examples stand for the whole.
    pub(crate) fn whole_of_examples(&self, text: &str, part: NameMatch) -> NameMatch {
        let rest = &text[part.range.end..window(text, part.range.end, 40)];
        let list_end = rest.find(" 등 ").filter(|at| !rest[..*at].contains(['.', '“', '"', '이', '가']));
        let examples = list_end.is_some_and(|at| {
            let kind = &rest[at + " 등 ".len()..];
            ["기능 ", "기능이", "기능에", "서비스 전반", "주요 기능", "일부 기능", "여러 기능"].iter().any(|w| kind.starts_with(w))
        });
        match self.services[part.service].parent {
            Some(parent) if examples => NameMatch { service: parent, range: part.range },
            _ => part,
        }
    }

    /// The company-level service above a service, or itself.
    pub fn company_of(&self, service: usize) -> usize {
        self.services[service].parent.unwrap_or(service)
    }

    fn edges(&self, text: &str, range: &Range<usize>, spelling: &Spelling, lexicon: &Lexicon) -> bool {
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        let left = match before {
            None => true,
            Some(c) if spelling.latin_start => !is_latin(c) && !c.is_ascii_digit(),
            Some(c) => !is_hangul(c) && !c.is_ascii_digit() && !is_latin(c) || c == '㈜',
        };
        if !left {
            return false;
        }
        match after {
            None => true,
            Some(c) if is_hangul(c) => {
                let rest = &text[range.end..];
                let window = &rest[..rest.char_indices().nth(8).map_or(rest.len(), |(i, _)| i)];
                self.particle.is_match(window) || lexicon.name_suffix(window)
            }
            // A further digit or Latin letter makes another name of it (디아블로4, 네이버TV).
            Some(c) => !c.is_ascii_digit() && !is_latin(c),
        }
    }
}

fn check(source: &Source, at: usize, entry: &ServiceEntry, known: bool) -> Result<(), DictionaryFileError> {
    if entry.id.is_empty() || !entry.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(source.error(at, format!("`{}` is no id: expected lower-case letters, digits and hyphens", entry.id)));
    }
    if entry.name.as_deref().is_none_or(|n| n.trim().is_empty()) && !known {
        return Err(source.error(at, format!("service `{}` has no name", entry.id)));
    }
    if let Some(category) = &entry.category
        && !CATEGORIES.contains(&category.as_str())
    {
        return Err(source.error(at, format!("`{category}` is no category: expected one of {}", CATEGORIES.join(", "))));
    }
    if let Some(empty) = [&entry.aliases, &entry.weak, &entry.never].into_iter().flatten().find(|a| a.trim().is_empty()) {
        return Err(source.error(at, format!("service `{}` has the empty alias `{empty}`", entry.id)));
    }
    Ok(())
}

fn extend(old: &mut ServiceEntry, new: ServiceEntry) {
    if let (Some(before), Some(now)) = (&old.name, &new.name)
        && before != now
    {
        old.aliases.push(before.clone());
    }
    old.name = new.name.or(old.name.take());
    old.operator = new.operator.or(old.operator.take());
    old.category = new.category.or(old.category.take());
    old.parent = new.parent.or(old.parent.take());
    old.aliases.extend(new.aliases);
    old.weak.extend(new.weak);
    old.needs.extend(new.needs);
    old.parts.extend(new.parts);
    old.never.extend(new.never);
    old.former.extend(new.former);
    old.ambiguous |= new.ambiguous;
    old.adjacent |= new.adjacent;
    old.provider = new.provider.or(old.provider);
    old.company |= new.company;
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && !is_hangul(c) && (c as u32) < 0x250
}

/// Whether a character is a Hangul syllable.
pub(crate) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}
