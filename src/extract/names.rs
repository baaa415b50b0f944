//! Which part each name plays in its sentence: what failed, who speaks, where it is talked of, what is well.

use std::ops::Range;

use super::Extractor;
use super::clause::{Name, NameRole, ServiceRef, is_category, is_product_of, is_provider, window, window_back};
use super::lexicon::{Cue, Marks};
use crate::record::Place;

#[allow(clippy::too_many_arguments)]
pub(crate) fn assign_name_roles(
    extractor: &Extractor,
    marks: &Marks,
    place: Place,
    text: &str,
    sentence: &Range<usize>,
    headline: &[ServiceRef],
    complaints: &[Range<usize>],
    names: &mut [Name],
) {
    let lexicon = &extractor.lexicon;
    let others_named = names.iter().any(|n| !is_provider(extractor, &n.service));
    let of_headline: Vec<ServiceRef> = names.iter().map(|n| &n.service).filter(|s| headline.contains(s)).cloned().collect();
    let ranges: Vec<Range<usize>> = names.iter().map(|n| n.range.clone()).collect();
    let others: Vec<(ServiceRef, usize)> = names.iter().map(|n| (n.service.clone(), n.range.start)).collect();
    let sport = !names.is_empty() && lexicon.cue_in(marks, Cue::Team, text, sentence.clone()).is_some();
    for name in names.iter_mut() {
        // "인스타그램마저 접속이 늦어졌다": it too.
        if ["마저 ", "조차 "].iter().any(|w| text[name.range.end..].starts_with(w))
            && lexicon
                .symptoms_in(marks, text, name.range.end..window(text, name.range.end, 60).min(sentence.end).max(name.range.end))
                .iter()
                .any(|s| s.strength > 1)
        {
            continue;
        }
        // "‘X’(옛 트위터) 실시간 순위": what follows the name follows its closing mark.
        let end = name.range.end
            + text[name.range.end..].chars().take_while(|c| matches!(c, '’' | '\'' | '”' | '"')).map(char::len_utf8).sum::<usize>();
        // "케이티(KT)의 음원 서비스": what follows the bracket follows the name in it.
        let end = if text[..name.range.start].ends_with('(') && text[end..].starts_with(')') { end + 1 } else { end };
        // "엑스(X·전 트위터) 계정에", "엑스(X·엑스)에"
        let glossed =
            text[window_back(text, name.range.start, 12)..name.range.start].rsplit_once('(').is_some_and(|(_, w)| !w.contains(')'));
        let end = match text[end..].find(')').filter(|at| glossed && *at <= 24 && (*at == 0 || text[end..].starts_with(['·', ',']))) {
            Some(at) => end + at + 1,
            None => end,
        };
        let after = end..window(text, end, 70).min(sentence.end).max(end);
        let near = end..window(text, end, 16).min(sentence.end).max(end);
        // Who is in the headline failed, whatever it says of it.
        let speaks = !headline.is_empty() && !headline.contains(&name.service) && speaks(extractor, marks, text, sentence, name);
        // "신한카드에 따르면 26일 오후 9시부터 일부 결제 시스템에 오류가 났으며": it speaks of itself.
        let of_itself = ["에 따르면", "에 의하면"].iter().any(|w| text[end..].starts_with(w))
            && (headline.contains(&name.service) && of_headline.iter().all(|s| *s == name.service)
                // "한국투자증권에 따르면 전날 오전 9시 20분쯤 인증에 장애가 생겨" under a headline that names none.
                || headline.is_empty()
                    && place == Place::Text
                    && is_category(extractor, &name.service, &["bank", "brokerage", "card", "payment", "exchange"])
                    && others.iter().all(|(s, _)| *s == name.service));
        if lexicon.cue_in(marks, Cue::Source, text, near.clone()).is_some() && !of_itself
            || speaks
            || owns(text, &(name.range.start..end), &ranges)
            || kind_of_next(text, &name.range, &ranges)
            || former(text, &name.range)
            || runs_it(text, &name.range, sentence, &ranges)
            || way_of_paying(extractor, text, end, sentence, &name.service, &others)
            || ["을 보내 ", "를 보내 ", "으로 안내", "로 안내", " 메시지로 "].iter().any(|w| text[end..].starts_with(w))
                && !headline.contains(&name.service)
                && is_category(extractor, &name.service, &["messenger"])
            || ranges.len() > 1 && text[..name.range.start].ends_with("옛 ")
            || country_like(text, name.range.start)
            || !headline.is_empty() && !headline.contains(&name.service) && way_in(&text[end..])
            || opening_dates_another(text, end, sentence, &ranges, headline.is_empty() || headline.contains(&name.service))
            // "kt는 전 좌석을 열었다" of a match
            || sport
                && text[name.range.clone()].chars().count() <= 3
                && !headline.contains(&name.service)
                && !is_category(extractor, &name.service, &["streaming", "portal", "ticket"])
            || run_by(text, sentence, &name.range, &ranges)
            || withholds(&text[end..window(text, end, 60).min(sentence.end).max(end)])
            || glosses(text, &name.range, &ranges)
            || partner(text, &name.range)
            || paid_with(extractor, text, sentence, &name.service, &name.range, end, &others)
            || its_money(&text[end..])
            || handed_on(&text[end..])
            || likened(&text[end..])
            || counted(&text[end..])
            || owns_quoted(extractor, text, &name.service, name.range.end, &others)
            || joined_function(&text[end..window(text, end, 20).min(sentence.end).max(end)], &name.service, headline)
            || !headline.contains(&name.service) && announces(text, sentence, &name.service, end, &others)
            || makes_next(extractor, text, sentence, &name.service, end, &others)
            // "카카오톡>더보기>페이머니 조회": the way through the menus to what failed.
            || ['>', '→', '▷'].iter().any(|c| text[end..].trim_start().starts_with(*c)) && !text[..name.range.start].ends_with('<')
            // "제2의 카카오 먹통을 막겠다": another one, and none yet.
            || text[..name.range.start].trim_end_matches(['‘', '\'', '“', '"']).ends_with("제2의 ")
            || !headline.is_empty() && !headline.contains(&name.service) && complaints.iter().any(|q| q.contains(&name.range.start))
        {
            name.role = NameRole::Source;
        } else if failed_before(text, &name.range, &ranges) || shocked_before(text, &name.range, sentence) {
            name.role = NameRole::Earlier;
        } else if spared(extractor, marks, text, sentence, &name.range, &ranges)
            || left_out(&text[end..window(text, end, 30).min(sentence.end).max(end)])
            || lent_to_others(text, &name.range)
            // "KT에 재난로밍을 하라고 명령했다": who is to help.
            || ["에 로밍", "에 재난로밍", "에 재난 로밍"].iter().any(|w| text[end..].starts_with(w))
        {
            name.role = NameRole::Unaffected;
        } else if lexicon.cue_in(marks, Cue::Market, text, after.clone()).is_some()
            || !is_category(extractor, &name.service, &["bank", "brokerage", "exchange"]) && goes_public(&text[end..])
            || listed_as_stock(text, &name.range, sentence)
            || listed_then(text, &name.range, sentence)
            || held_as_stock(text, name.range.start)
        {
            name.role = NameRole::Market;
        } else if is_place_of_talk(extractor, &name.service)
            && (lexicon.cue_in(marks, Cue::Platform, text, after.clone()).is_some()
                || is_category(extractor, &name.service, &["social", "messenger"])
                    && told_there(extractor, marks, text, sentence, &name.range)
                || is_category(extractor, &name.service, &["social"])
                    && (stands_as_place(text, &name.range) || told_on(text, sentence, &name.range)))
            && (posts_there(text, &name.range, &after) || lexicon.cue_in(marks, Cue::Entering, text, before_post(text, &after)).is_none())
            && !fails_there(extractor, marks, text, sentence, &name.range, &ranges)
            && !fault_there(extractor, marks, text, sentence, &name.range)
            || is_airport(extractor, &name.service)
                && at_airport(text, &name.range, &ranges, headline.iter().any(|s| !is_airport(extractor, s)))
        {
            name.role = NameRole::Platform;
        } else if is_reason(extractor, marks, text, sentence, name) && (others_named || place == Place::Text) {
            name.role = NameRole::Reason;
        } else if let Some(well) = lexicon
            .cue_in(marks, Cue::Denied, text, name.range.end..window(text, name.range.end, 56).min(sentence.end).max(name.range.end))
            .filter(|r| !negated(text, r.end))
        {
            // "카카오톡은 정상 이용할 수 있다": well, unless a word of failure stands between the name and it.
            let between = name.range.end..well.start;
            if failed_until_then(text, &name.range, sentence, &between) {
                continue;
            }
            if lexicon.symptoms_in(marks, text, between).iter().all(|s| s.strength < 2) {
                name.role = NameRole::Unaffected;
            }
        }
    }
}

/// "벅스는 먹통이 됐고, 운영사인 NHN은 보상 방안을 내놨다": whose it is, behind what failed.
fn runs_it(text: &str, name: &Range<usize>, sentence: &Range<usize>, others: &[Range<usize>]) -> bool {
    ["운영사인 ", "개발사인 ", "모회사인 ", "운영 주체인 ", "제작사인 ", "배급사인 "]
        .iter()
        .any(|w| text[sentence.start.min(name.start)..name.start].ends_with(w))
        && others.iter().any(|o| o.end < name.start)
}

/// "삼성페이, 네이버페이 등 신한카드를 쓰는 모든 결제가 막혔다": a way in which the card that failed is used. `end`: where what follows the name begins.
fn way_of_paying(
    extractor: &Extractor,
    text: &str,
    end: usize,
    sentence: &Range<usize>,
    wallet: &ServiceRef,
    names: &[(ServiceRef, usize)],
) -> bool {
    let rest = &text[end..window(text, end, 60).min(sentence.end).max(end)];
    is_category(extractor, wallet, &["payment"])
        && rest.find(" 등 ").is_some_and(|at| {
            let card = end + at + " 등 ".len();
            let used = &text[card..window(text, card, 20).min(sentence.end).max(card)];
            !rest[..at].contains(['.', '“', '"'])
                && names.iter().any(|(s, from)| *from == card && s != wallet && is_category(extractor, s, &["card", "bank"]))
                && ["를 쓰는", "를 쓴 ", "를 이용하는", "를 이용한", "로 하는", "로 결제하는", "를 거치는"].iter().any(|w| used.contains(w))
        })
}

/// "보유 종목인 테슬라": a share that people hold, told from what stands before the name's `start`.
fn held_as_stock(text: &str, start: usize) -> bool {
    ["주식 ", "종목인 ", "종목 "].iter().any(|w| text[..start].trim_end_matches(['‘', '\'', '“', '"']).ends_with(w))
}

/// "오류가 났던 제주항공, 이스타항공의 시스템은 복구된 뒤로 탈 없이 돌아가는 중이다": well again. `between`: from the name to where it is well.
fn failed_until_then(text: &str, name: &Range<usize>, sentence: &Range<usize>, between: &Range<usize>) -> bool {
    let before = &text[window_back(text, name.start, 50).max(sentence.start).min(name.start)..name.start];
    let failed = [
        "났던 ",
        "멈췄던 ",
        "멈춰 섰던 ",
        "겪었던 ",
        "겪은 ",
        "막혔던 ",
        "끊겼던 ",
        "마비됐던 ",
        "중단됐던 ",
        "먹통이던 ",
        "먹통이었던 ",
        "먹통이 됐던 ",
    ];
    failed.iter().filter_map(|w| before.rfind(w).map(|at| &before[at + w.len()..])).any(|list| !list.contains(['.', '“', '"']))
        && ["복구", "되살", "해결", "정상화"].iter().any(|w| text[between.clone()].contains(w))
}

/// "LS증권에서 받은 시세": who only passed on what another failed with. `after`: what follows the name.
fn handed_on(after: &str) -> bool {
    ["에서 받은 ", "로부터 받은 ", "에서 보낸 ", "에서 넘겨받은 "].iter().any(|w| after.starts_with(w))
}

/// "우리은행과 산업은행 등이 가상계좌 발급을 멈추자": who stops something of its own will has not failed. `after`: what follows the name in its sentence.
fn withholds(after: &str) -> bool {
    let acts = [
        "않기로 하",
        "않기로 한",
        "발급을 멈추",
        "발급을 중단하",
        "취급을 멈추",
        "취급을 중단하",
        "가입을 멈추",
        "가입을 막",
        "판매를 멈추",
        "판매를 중단하",
    ];
    acts.iter().filter_map(|w| after.find(w)).min().is_some_and(|at| {
        let subject = &after[..at];
        subject.chars().count() <= 44 && !subject.contains(['“', '"', '.']) && ["이 ", "가 "].iter().any(|p| subject.contains(p))
    })
}

/// "글과 보이스톡, 사진을 보내는 기능만 빼고": what did not fail with the rest. `after`: what follows the name in its sentence.
fn left_out(after: &str) -> bool {
    // "API는 장애의 영향을 받지 않았다"
    let untouched = ["은 ", "는 ", "도 "].iter().filter_map(|p| after.strip_prefix(p)).any(|rest| {
        ["영향을 받지 않", "영향이 없", "영향은 없"].iter().filter_map(|w| rest.find(w)).any(|at| !rest[..at].contains(['.', ',']))
    });
    untouched
        || [
            "만 빼고",
            "만 제외하고",
            "만 뺀",
            "만 제외한",
            "을 제외한",
            "를 제외한",
            "을 제외하고",
            "를 제외하고",
            "을 뺀",
            "를 뺀",
            "을 빼고",
            "를 빼고",
        ]
        .iter()
        .filter_map(|w| after.find(w))
        .min()
        .is_some_and(|at| !after[..at].replace("같은 ", "").replace("는 기능", "기능").contains(['은', '는', '.', '“', '"']))
}

/// "엑스 계정에 “… 접속할 수 없다”고 적었다": of what follows a name the part before what is written in an account of it.
fn before_post(text: &str, range: &Range<usize>) -> Range<usize> {
    let post = text[range.clone()].find(['“', '"']).filter(|at| text[range.start..range.start + at].contains("계정"));
    range.start..post.map_or(range.end, |at| range.start + at)
}

/// "공식 트위터로 오류가 난 사실을 알렸다", "트위터에 접속에 문제가 있다는 글을 올려": written there, whatever failure it is about.
fn posts_there(text: &str, name: &Range<usize>, after: &Range<usize>) -> bool {
    let rest = &text[after.clone()];
    text[..name.start].ends_with("공식 ")
        || rest.starts_with("에 ")
            && ["는 글을 ", "단 글을 ", "는 트윗을 ", "는 글과 ", "는 소식을 올", "는 소식을 전", "는 사실을 알"]
                .iter()
                .filter_map(|w| rest.find(w))
                .any(|at| !rest[..at].contains(['.', '“', '"']))
}

/// "중국판 트위터 ‘웨이보’": only what another is likened to.
fn country_like(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(['‘', '\'', '“', '"']);
    before.strip_suffix("판 ").is_some_and(|b| {
        ["중국", "한국", "일본", "미국", "러시아", "인도", "북한", "동남아", "유럽"].iter().any(|country| b.ends_with(country))
    })
}

/// "미니홈피를 꾸려 온 싸이월드는", "왓츠앱을 함께 꾸리는 페이스북은": who runs what is named before it.
fn run_by(text: &str, sentence: &Range<usize>, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let before = text[sentence.start..name.start].trim_end_matches(['‘', '\'', '“', '"']);
    let runs = ["운영하는 ", "운영해 온 ", "운영 중인 ", "운영하고 있는 ", "서비스하는 ", "서비스해 온 ", "꾸리는 ", "꾸려 온 ", "굴리는 "];
    runs.iter().filter_map(|w| before.strip_suffix(w)).any(|head| {
        let head = head.trim_end_matches("함께 ").trim_end();
        names.iter().any(|n| {
            n.end <= sentence.start + head.len()
                && n.start >= sentence.start
                && matches!(text[n.end..sentence.start + head.len()].trim_start_matches(['’', '\'', '”', '"']), "을" | "를")
        })
    })
}

/// "메타(구 페이스북)": what it was called before.
fn former(text: &str, name: &Range<usize>) -> bool {
    let before = &text[..name.start];
    text[name.end..].starts_with(')') && ["(구 ", "(옛 ", "(舊 ", "(구, ", "(전 ", "(구·", "(옛·"].iter().any(|w| before.ends_with(w))
}

/// What private people say in quotation marks: “작년에는 카카오가 난리더니 올해는 네이버페이네” 등의 글이 올라왔다. What they name beside the news is
/// no news.
pub(crate) fn complaints(text: &str, sentence: &Range<usize>) -> Vec<Range<usize>> {
    let mut quotes = Vec::new();
    let mut outside = String::new();
    let mut at = sentence.start;
    while let Some(open) = text[at..sentence.end].find(['“', '"']).map(|i| at + i) {
        let mark = if text[open..].starts_with('“') { '“' } else { '"' };
        let inner = open + mark.len_utf8();
        let Some(close) = text[inner..sentence.end].find(if mark == '“' { '”' } else { '"' }).map(|i| inner + i) else { break };
        outside.push_str(&text[at..open]);
        outside.push(' ');
        quotes.push(inner..close);
        at = close + text[close..].chars().next().map_or(1, char::len_utf8);
    }
    if quotes.is_empty() {
        return quotes;
    }
    outside.push_str(&text[at..sentence.end]);
    let private = [
        "씨는",
        "씨가",
        "씨도",
        "씨(",
        "누리꾼",
        "네티즌",
        "이용자는",
        "이용자들은",
        "고객은",
        "고객들은",
        "이용객은",
        "이용객들은",
        "승객은",
        "승객들은",
        "손님은",
        "투자자는",
        "투자자들은",
        "가입자는",
        "소비자는",
        "직장인은",
        "시민은",
        "시민들은",
        "글이",
        "반응",
        "토로",
        "하소연",
        "호소",
        "댓글",
        "제보가",
    ];
    let official = ["관계자", "측은", "측이", "대변인", "공지에서", "담당자"];
    let told_by_people = private.iter().any(|w| outside.contains(w)) && !official.iter().any(|w| outside.contains(w));
    if told_by_people { quotes } else { Vec::new() }
}

/// "체크카드 운영 대행사인 KB카드의 시스템 장애로": whose fault it was that another's service failed.
fn partner(text: &str, name: &Range<usize>) -> bool {
    let before = text[..name.start].trim_end_matches(['‘', '\'', '“', '"']).strip_suffix(' ').unwrap_or("");
    let kinds = ["대행사", "대행업체", "협력사", "협력업체", "제휴사", "위탁사", "위탁업체", "외주사", "외주업체", "수탁사", "공급사"];
    before.strip_suffix('인').is_some_and(|b| kinds.iter().any(|k| b.ends_with(k)))
        || ["대행사", "위탁업체", "협력업체"].iter().any(|k| before.ends_with(k))
}

/// "삼성페이에서 현대카드로 결제할 수 없었다": the card in a failed wallet. `end`: where what follows the card begins.
fn paid_with(
    extractor: &Extractor,
    text: &str,
    sentence: &Range<usize>,
    card: &ServiceRef,
    name: &Range<usize>,
    end: usize,
    names: &[(ServiceRef, usize)],
) -> bool {
    if !is_category(extractor, card, &["card", "bank"]) {
        return false;
    }
    let wallet = |s: &ServiceRef| is_category(extractor, s, &["payment"]);
    // "삼성페이 현대카드 결제 오류"
    let beside = text[end..].starts_with(" 결제")
        && names.iter().any(|(s, at)| {
            *at < name.start && wallet(s) && text[*at..name.start].split(' ').count() == 2 && text[..name.start].ends_with(' ')
        });
    beside
        || ["로 결제", "를 등록", "로 계산", "를 추가"].iter().any(|w| text[end..].starts_with(w))
            && names.iter().any(|(s, at)| *at >= sentence.start && *at < name.start && wallet(s) && text[*at..name.start].contains("에서 "))
}

/// "신한카드의 삼성페이 등 간편결제", "삼성페이 등을 거치는 결제": one of the ways to what failed. `after`: what follows the name.
fn way_in(after: &str) -> bool {
    [" 등 간편결제", " 등 간편 결제", " 등을 거치", "를 거치", "을 거치", " 같은 간편결제"].iter().any(|w| after.starts_with(w))
}

/// "넥스트레이드가 문을 연 지난 3월 4일 미래에셋증권은": only says on which day another failed, which is named behind it or in the headline. `end`: where
/// what follows the name begins. `its_news`: the headline may be about the name.
fn opening_dates_another(text: &str, end: usize, sentence: &Range<usize>, names: &[Range<usize>], its_news: bool) -> bool {
    let after = &text[end..sentence.end.max(end)];
    let opens = ["이 ", "가 "]
        .iter()
        .filter_map(|p| after.strip_prefix(p))
        .map(|rest| rest.strip_prefix("새로 ").unwrap_or(rest))
        .any(|rest| ["문을 연 ", "출범한 ", "개통한 ", "개장한 ", "상장한 ", "상장된 "].iter().any(|w| rest.starts_with(w)));
    opens && (!its_news || names.iter().any(|n| n.start > end && n.start <= window(text, end, 40)))
}

/// "네이버 쇼핑 광고비를 돌려줬다": money for it. `after`: what follows the name.
fn its_money(after: &str) -> bool {
    [" 광고비", " 수수료", " 이용료", " 구독료", " 이용권", " 이용요금", " 월정액"].iter().any(|w| after.starts_with(w))
}

/// "KT 5건, SK브로드밴드 5건": how many each had. `after`: what follows the name.
fn counted(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(' ').or(after.strip_prefix('(')) else { return false };
    let number = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').count();
    number > 0 && ["건", "회 ", "회,", "회)", "회로", "차례"].iter().any(|w| rest[number..].starts_with(w))
}

/// "넥슨 ‘야생의 땅 듀랑고’에 이어": the owner of the service whose name follows in quotation marks.
fn owns_quoted(extractor: &Extractor, text: &str, owner: &ServiceRef, end: usize, names: &[(ServiceRef, usize)]) -> bool {
    [" ‘", " '", " “", " \"", " <", "의 ‘", "의 '"]
        .iter()
        .any(|q| text[end..].starts_with(q) && names.iter().any(|(s, at)| *at == end + q.len() && is_product_of(extractor, s, owner)))
}

/// "아현동 KT 사태처럼 끝내서는 안 된다": another time is only likened to. `after`: what follows the name.
fn likened(after: &str) -> bool {
    [" 사태", " 사고", " 먹통", " 화재", " 장애"].iter().filter_map(|w| after.strip_prefix(w)).any(|rest| {
        // "KT 사태 일주일 만에 카드 결제 또 마비"
        let since = rest.find("만에").is_some_and(|at| rest[..at].chars().count() <= 8 && rest[at..].contains(['또', '다']));
        since
            || ["처럼", "와 같", "과 같", "와 비슷", "과 비슷", " 때처럼", "를 떠올", "을 떠올", "의 재판"]
                .iter()
                .any(|w| rest.starts_with(w))
    })
}

/// "구글·아웃룩 캘린더 통합이 움직이지 않는다": a function of another service, which the headline does not name. `after`: what follows the name.
fn joined_function(after: &str, service: &ServiceRef, headline: &[ServiceRef]) -> bool {
    // "시카고상업거래소(CME) 연계 코스피200 선물"
    after.strip_prefix('(').and_then(|r| r.find(')').map(|at| &r[at + 1..])).unwrap_or(after).starts_with(" 연계 ")
        || !headline.is_empty()
            && !headline.contains(service)
            && [" 연동", " 통합", " 연계"].iter().filter_map(|w| after.find(w).map(|at| (at, at + w.len()))).any(|(at, end)| {
                !after[..at].contains(['.', '“', '"', '이', '가', '은', '는'])
                    && after[end..].starts_with([' ', '과', '와', '이', '은', '도', ',', '·', '기'])
            })
}

/// "SSG닷컴은 3일 오후 3시부터 SSG페이의 바코드가 만들어지지 않았다고 밝혔다": who makes known that another's service failed.
fn announces(text: &str, sentence: &Range<usize>, speaker: &ServiceRef, end: usize, names: &[(ServiceRef, usize)]) -> bool {
    let after = &text[end..sentence.end.max(end)];
    let close = after.trim_end_matches(['.', ' ', '”', '"', '\n']);
    ["은 ", "는 "].iter().any(|p| after.starts_with(p))
        && close.contains("다고 ")
        && ["밝혔다", "설명했다", "알렸다", "공지했다", "해명했다", "발표했다", "밝혔습니다", "설명했습니다", "알렸습니다", "공지했습니다"]
            .iter()
            .any(|w| close.ends_with(w))
        && names.iter().any(|(s, at)| {
            *at > end
                && s != speaker
                && text[end..*at].chars().count() <= 40
                && !text[end..*at].contains([',', '“', '"'])
                && !["에서 ", "때문", "장애로", "문제로", "여파로", "탓"].iter().any(|w| text[end..window(text, *at, 24)].contains(w))
        })
}

/// "월트디즈니가 시장에 던진 승부수 ‘디즈니+’가": the subject of what only says whose the service behind it is.
fn makes_next(
    extractor: &Extractor,
    text: &str,
    sentence: &Range<usize>,
    maker: &ServiceRef,
    end: usize,
    names: &[(ServiceRef, usize)],
) -> bool {
    if !["이 ", "가 "].iter().any(|p| text[end..].starts_with(p)) {
        return false;
    }
    let reach = end + 1..=window(text, end, 50).min(sentence.end);
    let Some((_, at)) = names.iter().find(|(s, at)| reach.contains(at) && is_product_of(extractor, s, maker)) else { return false };
    let between = text[end..*at].trim_end_matches(['‘', '\'', '“', '"', '<', ' ']);
    // A past adnominal has ㄴ under its last syllable.
    let words: Vec<&str> = between.split(' ').skip(1).collect();
    !between.contains(['.', ',', '”', '’'])
        && words.iter().any(|w| {
            let last = w.chars().next_back();
            w.chars().count() >= 2
                && last.is_some_and(|c| ('가'..='힣').contains(&c) && (c as u32 - 0xAC00) % 28 == 4)
                && (!w.ends_with(['는', '은'])
                    || ["하는", "되는", "내는", "파는", "있는", "받은", "맡은", "내놓은", "낳은"].iter().any(|v| w.ends_with(v)))
        })
}

/// "유튜브 뮤직(유튜브 프리미엄)": another name for the one before it.
fn glosses(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    text[name.end..].starts_with(')')
        && names.iter().any(|n| {
            n.end < name.start && matches!(text[n.end..name.start].trim_start_matches(['’', '\'', '”', '"', '>', '》', '〉']), "(" | " (")
        })
}

/// "케이뱅크·우체국 이어 기업은행도", "왓츠앱에 이어 인스타그램도": what failed before, alone or at the head of a list.
fn failed_before(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let mut end = name.end;
    loop {
        let rest = text[end..].trim_start_matches(['’', '\'', '”', '"']);
        // "유튜브 멈춘 지 이틀 만에 이번엔 지메일이"
        let since = rest.trim_start_matches(['이', '가']).strip_prefix(' ').is_some_and(|r| {
            let near = &r[..window(r, 0, 16)];
            ["멈춘 지 ", "끊긴 지 ", "막힌 지 ", "먹통 된 지 ", "장애 난 지 "].iter().any(|w| near.starts_with(w))
                && near.contains("만에")
                && ["이번엔", "이번에는"].iter().any(|w| r[..window(r, 0, 30)].contains(w))
        });
        if since {
            return true;
        }
        // "크라우드스트라이크(CRWD) IT 대란에 이어 두 번째다"
        let bare = rest.strip_prefix('(').and_then(|r| r[..window(r, 0, 16)].find(')').map(|at| &r[at + 1..])).unwrap_or(rest);
        if [" IT 대란에 이어", " 대란에 이어", " 사태에 이어", " 먹통에 이어", " 장애에 이어", " 화재에 이어"]
            .iter()
            .any(|w| bare.starts_with(w))
        {
            return true;
        }
        if [" 이어", "에 이어", " 다음은", " 다음엔", "에 이은", "의 뒤를 이어", " 뒤를 이어", "에 뒤이어", "의 뒤를 이은"]
            .iter()
            .any(|w| rest.starts_with(w))
        {
            return true;
        }
        let Some(next) = names
            .iter()
            .find(|n| n.start > end && matches!(text[end..n.start].trim_matches(['’', '‘', '\'']), "·" | ", " | "," | "과 " | "와 "))
        else {
            return false;
        };
        end = next.end;
    }
}

/// "접속 문제가 생기지 않은 인스타그램, 페이스북", "장애가 없었던 네이버": what is said of the head of a list is said of all of it.
fn spared(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let mut start = name.start;
    while let Some(previous) =
        names.iter().find(|n| n.end <= start && matches!(&text[n.end..start], "·" | ", " | "," | "과 " | "와 " | "나 " | "이나 "))
    {
        start = previous.start;
    }
    let before = text[sentence.start..start].trim_end();
    ["않은", "않던", "없던", "없었던"].iter().any(|w| before.ends_with(w))
        && extractor.lexicon.cue_in(marks, Cue::Denied, text, window_back(text, start, 30).max(sentence.start)..start).is_some()
}

/// "현대차그룹 커넥티드카 서비스 블루링크": only what the service is whose name follows.
fn kind_of_next(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let kind = ["서비스", "앱", "메신저", "플랫폼", "시스템", "사이트", "스토어", "앱마켓", "장터"]
        .iter()
        .any(|k| text[name.clone()].ends_with(k));
    kind && names.iter().any(|n| n.start > name.end && text[name.end..n.start].trim_matches(['‘', '\'', '“', '"', ' ']).is_empty())
}

/// "카카오의 음원 서비스 멜론이", "메타의 메신저 왓츠앱": the owner of the service that follows.
fn owns(text: &str, name: &Range<usize>, names: &[Range<usize>]) -> bool {
    let rest = &text[name.end..];
    // "앤트로픽(Anthropic)의 인공지능 비서 클로드"
    let bracket = rest.strip_prefix('(').and_then(|r| r.find(')').filter(|at| *at <= 24).map(|at| at + 2)).unwrap_or(0);
    let name = name.start..name.end + bracket;
    text[name.end..].starts_with("의 ")
        && names.iter().any(|n| {
            // "SK텔레콤의 소프트웨어가 잘못 움직여 VoLTE 서버가": another clause's.
            n.start > name.end
                && n.start <= window(text, name.end, 26)
                && text[name.end..n.start].split(' ').all(|w| !w.ends_with(['가', '를', '을', '은', '는']) || w.chars().count() < 2)
        })
}

/// "대구은행은 “…”라며", "카카오모빌리티는 4일 공지에서", "블룸버그통신은 … 보도했다": the name is the one who speaks.
fn speaks(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Name) -> bool {
    let after = &text[name.range.end..sentence.end.max(name.range.end)];
    let bracket = after.strip_prefix('(').and_then(|r| r.find(')').map(|i| i + 2)).unwrap_or(0);
    let after = &after[bracket..];
    let subject = ["은 ", "는 ", "도 “", "도 \""].iter().any(|p| after.starts_with(p));
    if subject {
        let near = name.range.end + bracket..window(text, name.range.end + bracket, 30).min(sentence.end).max(name.range.end + bracket);
        let quote = text[near.clone()].find(['“', '"']).map(|i| near.start + i);
        let notice = extractor.lexicon.cue_in(marks, Cue::Notice, text, near.clone()).map(|r| r.start);
        if let Some(at) = [quote, notice].into_iter().flatten().min() {
            return extractor.lexicon.symptoms_in(marks, text, name.range.end..at.max(name.range.end)).iter().all(|s| s.strength < 2);
        }
    }
    let listed = subject || ["과 ", "와 ", " 등", "이 ", "가 ", ", ", "·"].iter().any(|p| after.starts_with(p));
    listed
        && extractor.lexicon.cue_in(marks, Cue::Media, text, name.range.clone()).is_some()
        && ["보도했", "보도에", "전했다", "전했습"].iter().any(|w| after.contains(w))
}

/// "총학생회 인스타그램과 페이스북, 카카오톡 단체 채팅방에 먼저 공지된": what follows is said there, and nothing fails in between.
fn told_there(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Range<usize>) -> bool {
    let near = name.end..window(text, name.end, 40).min(sentence.end).max(name.end);
    let subject = ["은 ", "는 ", "이 ", "가 ", "도 "].iter().any(|p| text[name.end..].starts_with(p));
    // "게시물이 뜨지 않았다" is no notice.
    let failed = extractor.lexicon.symptoms_in(marks, text, near.clone());
    let told = |r: &Range<usize>| !failed.iter().any(|s| s.strength > 1 && s.range.start <= r.start && r.end <= s.range.end);
    let Some(notice) = extractor.lexicon.cues_in(marks, Cue::Notice, text, near).into_iter().find(told) else { return false };
    // "사진이 올라가지 않는 오류": not put there at all.
    let undone = &text[notice.end..window(text, notice.end, 8)];
    if ["지 않", "지 못", "가지 않", "가지 못"].iter().any(|w| undone.starts_with(w)) {
        return false;
    }
    !subject && extractor.lexicon.symptoms_in(marks, text, name.end..notice.start.max(name.end)).iter().all(|s| s.strength < 2)
}

/// "인스타그램에 사진이 올라가지 않았다": what cannot be done there, where nobody else is named and nobody says it ("… 않는다는 글").
fn fails_there(
    extractor: &Extractor,
    marks: &Marks,
    text: &str,
    sentence: &Range<usize>,
    name: &Range<usize>,
    others: &[Range<usize>],
) -> bool {
    let near = name.end..window(text, name.end, 30).min(sentence.end).max(name.end);
    let Some(failed) = extractor.lexicon.symptoms_in(marks, text, near).into_iter().find(|s| s.strength > 1) else { return false };
    let behind = text[failed.range.end..sentence.end.max(failed.range.end)].chars().take(24).collect::<String>();
    ["지 않", "지 못", "수 없", "지도 않", "지도 못"].iter().any(|w| text[failed.range.clone()].ends_with(w))
        && !text[name.end..failed.range.start].contains(['“', '"', '‘', '\'', ',', '.'])
        && !others.iter().any(|o| name.end <= o.start && o.start < failed.range.end)
        && !["다는 ", "다고 ", "다며 ", "다”", "다\"", "냐"].iter().any(|w| behind.contains(w))
}

/// "스레드, 왓츠앱 등 메타의 여러 SNS에 서비스 장애가 있다는 보고가 몰렸다": where something failed, though people talk there too.
fn fault_there(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Range<usize>) -> bool {
    let near = name.end..window(text, name.end, 60).min(sentence.end).max(name.end);
    let Some(fault) = extractor.lexicon.symptoms_in(marks, text, near).into_iter().find(|s| s.strength == 3) else { return false };
    let between = &text[name.end..fault.range.start];
    let rest = &text[fault.range.end..window(text, fault.range.end, 24).min(sentence.end).max(fault.range.end)];
    let there = ["에 ", "에서 ", "에도 ", "에 서비스 ", "에 접속 "].iter().any(|p| between.ends_with(p));
    let spoken =
        ["글", "올라", "올렸", "게시", "계정", "해시태그", "누리꾼", "불만", "호소", "항의", "퍼", "검색", "공지", "“", "\"", "‘", "."];
    there
        && !spoken.iter().any(|w| between.contains(w))
        && ["가 있", "이 있", "가 생", "이 생", "가 나", "이 나", "가 발생", "이 발생", "가 빚어", "이 빚어"]
            .iter()
            .any(|w| rest.starts_with(w))
        && !["다는 글", "다고 ", "다며 ", "다는 반응", "다는 불만", "다는 호소", "다는 글이", "다는 말"].iter().any(|w| rest.contains(w))
}

/// "페이스북 페이지에", "공식 트위터에", "인스타그램에서": where something is said.
fn stands_as_place(text: &str, name: &Range<usize>) -> bool {
    let after = &text[name.end..window(text, name.end, 8)];
    let before = &text[window_back(text, name.start, 6)..name.start];
    before.ends_with("공식 ")
        || ["에 ", "에는", " 페이지", " 게시", " 글", "로 ", "으로 ", "를 통해", "을 통해"].iter().any(|p| after.starts_with(p))
        || {
            // "블리자드 페이스북, 공식 홈페이지 등을 통해"
            let list = &text[name.end..window(text, name.end, 26)];
            [" 등을 통해", " 등에 "].iter().filter_map(|w| list.find(w)).any(|at| !list[..at].contains(['.', '“', '"', '\n']))
                && list.starts_with([',', '·', ' ', '와', '과'])
        }
}

/// "연방항공청은 트위터에서 시스템에 문제가 생겨 멈췄던 운항이 다시 시작된다고 알렸다": whose word it is stands before, that it is one at the end.
fn told_on(text: &str, sentence: &Range<usize>, name: &Range<usize>) -> bool {
    let before = text[sentence.start..name.start].trim_end_matches(['‘', '\'']);
    let close = text[name.end..sentence.end.max(name.end)].trim_end_matches(['.', ' ', '”', '"', '\n']);
    (before.ends_with("는 ") || before.ends_with("은 "))
        && text[name.end..].trim_start_matches(['’', '\'']).starts_with("에서 ")
        && ["알렸다", "밝혔다", "전했다", "말했다", "적었다", "알렸습니다", "밝혔습니다", "전했습니다", "말했습니다"]
            .iter()
            .any(|w| close.ends_with(w))
}

fn is_airport(extractor: &Extractor, service: &ServiceRef) -> bool {
    matches!(service, ServiceRef::Listed(i) if extractor.gazetteer.services()[*i].name.ends_with("공항"))
}

/// "인천공항에서 수속이 늦어졌다", "히스로와 개트윅 공항에서 뜨는": where what failed was felt, beside the name of what failed.
fn at_airport(text: &str, name: &Range<usize>, names: &[Range<usize>], another_in_headline: bool) -> bool {
    let mut end = name.end;
    // A list of more is no list of airports where something was felt.
    for _ in 0..12 {
        let rest = &text[end..];
        if ["에서", "을 떠나", "을 출발", "으로 가", " 출발", "발 "].iter().any(|w| rest.starts_with(w)) {
            return names.len() > 1 || another_in_headline;
        }
        let next = names.iter().find(|n| n.start > end && matches!(&text[end..n.start], "·" | ", " | "," | "과 " | "와 "));
        let Some(next) = next else { return false };
        end = next.end;
    }
    false
}

/// "SK C&C 데이터센터 화재로", "금융결제원 회선에 이상이 생겨": the name opens what is given as the cause.
fn is_reason(extractor: &Extractor, marks: &Marks, text: &str, sentence: &Range<usize>, name: &Name) -> bool {
    if !is_provider(extractor, &name.service) {
        return false;
    }
    // "예시텔레콤 등 통신사들은 정전 뒤 …": the topic of its sentence is no reason in it.
    let tail = &text[name.range.end..window(text, name.range.end, 16).min(sentence.end).max(name.range.end)];
    let listed = ["과 ", "와 ", ", ", "·", " 등 "].iter().any(|p| tail.starts_with(p));
    // "예시텔레콤 통신장애는 △2006년 6월 …"
    if tail.trim_start().split(' ').next().is_some_and(|w| ["장애는", "먹통은", "중단은"].iter().any(|t| w.ends_with(t))) {
        return false;
    }
    if ["은 ", "는 "].iter().any(|p| tail.starts_with(p)) || listed && ["들은 ", "사는 ", "들도 "].iter().any(|p| tail.contains(p))
    {
        return false;
    }
    // "국가정보자원관리원(국정자원)의 낡은 전산 장비 탓이었다"
    let rest = &text[name.range.end..window(text, name.range.end, 40).min(sentence.end).max(name.range.end)];
    let rest = rest.strip_prefix('(').and_then(|r| r.find(')').map(|at| &r[at + 1..])).unwrap_or(rest);
    if rest
        .strip_prefix("의 ")
        .is_some_and(|of| [" 탓", " 때문"].iter().filter_map(|w| of.find(w)).any(|at| of[..at].chars().count() <= 16))
    {
        return true;
    }
    let near = name.range.start..window(text, name.range.end, 28).min(sentence.end).max(name.range.end);
    let causes = extractor.lexicon.causes_in(marks, text, near.clone());
    let because = [
        "때문",
        "탓",
        "여파",
        "인해",
        "인한",
        "영향",
        "으로 ",
        "로 ",
        "면서",
        "원인",
        "따라",
        "따른",
        "일으켜",
        "생겨",
        "당해",
        "끊겨",
        "나 ",
        "나,",
        "기대",
        "쓰는",
        "이용하는",
        "입주",
    ];
    // "클라우드플레어 장애로 챗GPT 등이 멈췄다": a cloud that is said to have failed is an outage of its own, whoever else it took down.
    let failed = ["", " 네트워크", " 시스템", " 서비스", " 접속", " 대규모", "의 대규모", "의 서비스", "의 네트워크"].iter().any(|w| {
        text[name.range.end..]
            .strip_prefix(w)
            .is_some_and(|t| [" 장애로", " 장애에", " 먹통으로", " 장애 여파"].iter().any(|f| t.starts_with(f)))
    });
    let own_fault = own_fault(&text[name.range.end..]);
    if (failed || own_fault) && is_category(extractor, &name.service, &["cloud"]) {
        return false;
    }
    let to = window(text, name.range.end, 60).min(sentence.end).max(name.range.end);
    if text[name.range.end..].trim_start().starts_with("화재") {
        return true;
    }
    !causes.is_empty() && because.iter().any(|w| text[name.range.end..to].contains(w))
}

/// "패스틀리의 기술적 문제가 발단으로 보인다", "클라우드플레어의 네트워크가 고장 나": its own fault. `after`: what follows the name.
pub(crate) fn own_fault(after: &str) -> bool {
    after.trim_start_matches(['’', '\'', '”', '"']).strip_prefix("의 ").is_some_and(|rest| {
        let rest = ["기술적인 ", "기술적 ", "기술 ", "내부 ", "시스템 ", "서버 ", "네트워크 ", "설정 ", "자체 "]
            .iter()
            .find_map(|w| rest.strip_prefix(w))
            .unwrap_or(rest);
        [
            "문제가",
            "문제로",
            "문제에",
            "오류가",
            "오류로",
            "오류에",
            "결함이",
            "결함으로",
            "이상으로",
            "장애가",
            "네트워크가 ",
            "네트워크에 ",
            "시스템이 ",
            "시스템에 ",
            "서버가 ",
            "서버에 ",
        ]
        .iter()
        .any(|w| rest.starts_with(w))
    })
}

/// Social networks, portals and messengers are where complaints and notices appear.
fn is_place_of_talk(extractor: &Extractor, service: &ServiceRef) -> bool {
    is_category(extractor, service, &["social", "portal", "messenger", "streaming"])
}

/// "정상적으로 거래|되지 않고 있다": what would deny the failure is itself denied.
pub(crate) fn negated(text: &str, from: usize) -> bool {
    let after = &text[from..window(text, from, 6)];
    ["지 않", "지 못", "지가 않", "수 없", "이 안 ", "가 안 "].iter().any(|w| after.contains(w))
}

/// "LG유플러스가 마비된 충격이 아직 남아 있는데, 이번에는 SK텔레콤": what failed before the news.
fn shocked_before(text: &str, name: &Range<usize>, sentence: &Range<usize>) -> bool {
    let rest = &text[name.end..sentence.end.max(name.end)];
    ["이번에는", "이번엔"].iter().filter_map(|w| rest.find(w)).min().is_some_and(|at| {
        ["충격", "여파", "악몽", "소동"]
            .iter()
            .filter_map(|w| rest[..at].find(w))
            .min()
            .is_some_and(|shock| ["남아", "가시", "잊", "가라앉"].iter().any(|w| rest[shock..at].contains(w)))
    })
}

/// "지난해 카카오뱅크, 카카오페이 등이 상장하던 날에도": whose shares came to the market.
fn listed_then(text: &str, name: &Range<usize>, sentence: &Range<usize>) -> bool {
    let rest = &text[name.end..window(text, name.end, 60).min(sentence.end).max(name.end)];
    ["이 상장", "가 상장", "의 상장"].iter().filter_map(|w| rest.find(w).map(|at| (at, at + w.len()))).min().is_some_and(|(at, end)| {
        let list = &rest[..at];
        let plain = list.is_empty() || list.ends_with(" 등") && !list.contains(['.', '“', '"']) && !list.contains("서 ");
        plain
            && ["하던 ", "한 날", "한 뒤", "하는 날", "할 때", "되던 ", "되는 날", "한 첫날", " 첫날"]
                .iter()
                .any(|w| rest[end..].starts_with(w))
    })
}

/// "KT 통신망을 쓰는 항공사 시스템에": who lends a network to what failed.
fn lent_to_others(text: &str, name: &Range<usize>) -> bool {
    let net = ["망", "회선", "인터넷"].iter().any(|w| text[name.clone()].ends_with(w));
    let rest = text[name.end..].trim_start_matches(['을', '를', ' ']);
    net && ["쓰는 ", "이용하는 ", "사용하는 ", "빌려 ", "빌린 "].iter().find_map(|w| rest.strip_prefix(w)).is_some_and(|who| {
        let near = &who[..window(who, 0, 14)];
        !["이용자", "고객", "가입자", "사용자", "사람", "시민", "누리꾼"].iter().any(|w| near.contains(w))
    })
}

/// "카카오게임즈 일반 공모주 청약이 폭주해": whose shares are sold. `after`: what follows the name.
fn goes_public(after: &str) -> bool {
    let after = after.trim_start_matches(['’', '\'', ' ', '의']);
    let after = after.strip_prefix("일반 ").unwrap_or(after);
    ["공모주", "공모 청약", "IPO", "기업공개"].iter().any(|w| after.starts_with(w))
}

/// "체결이 늦어진 종목은 다날[064260], …": one of several shares with their numbers.
fn listed_as_stock(text: &str, name: &Range<usize>, sentence: &Range<usize>) -> bool {
    let numbered = |s: &str| {
        s.strip_prefix('[').is_some_and(|r| r.len() > 6 && r.as_bytes()[6] == b']' && r.as_bytes()[..6].iter().all(u8::is_ascii_digit))
    };
    numbered(&text[name.end..]) && text[sentence.start..name.start.max(sentence.start)].contains("종목")
}
