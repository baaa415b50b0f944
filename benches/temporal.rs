//! How fast the temporal room reads: news, and the texts that would hurt a reader who looks back.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use meoktong::temporal::{Moment, find};

fn main() {
    divan::main();
}

const SIZES: [usize; 3] = [1_000, 100_000, 10_000_000];

/// Sentences as the news has them: most without a time, some with several.
const NEWS: [&str; 12] = [
    "지난 8일 오후 1시 35분부터 20분가량 카카오톡에서 메시지가 오가지 않는 지연 사태가 빚어졌다. ",
    "회사 측은 “내부 시스템 설정을 잘못해 메시지 수발신이 매끄럽지 않았다”고 설명했다. ",
    "접속 장애가 곧 풀린 덕에 이용자 불만은 크지 않았다. ",
    "이날 낮 12시 10분부터 2시 15분까지 2시간이 넘도록 이용자들은 앱에 들어가지 못했다.\n",
    "직장인의 점심과 겹쳐 불편이 더 컸다는 말이 업계에서 나온다. ",
    "올해 들어 세 번째로, 지난해 10월 15일 데이터센터 화재로 서비스가 멈춘 뒤 잦아졌다. ",
    "매출은 1조 2,345억 원으로 39.81% 늘었고 가입자는 3000만 명을 넘는다. ",
    "한 대학 교수는 “이런 일이 반복되면 신뢰가 무너질 것”이라고 내다봤다. ",
    "통신망을 되살리는 데는 시간이 더 들 것으로 보이며 소비자 단체는 보상을 요구하고 나섰다. ",
    "서비스는 이튿날 오전 1시쯤 완전히 돌아왔다고 관계자는 전했다.\n",
    "사회관계망서비스에는 결제가 되지 않아 발만 굴렀다는 글이 잇따라 올라왔다. ",
    "정부는 재난관리계획을 지켰는지 들여다보고 개선을 권고하기로 했다. ",
];

fn repeated(pieces: &[&str], size: usize) -> String {
    let mut text = String::with_capacity(size + 400);
    for piece in pieces.iter().cycle() {
        text.push_str(piece);
        if text.len() >= size {
            break;
        }
    }
    text
}

fn run(bencher: Bencher, text: String) {
    let published: Option<Moment> = "2023-05-17T09:00".parse().ok();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| find(black_box(&text), published));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn digits(bencher: Bencher, size: usize) {
    run(bencher, repeated(&["20230517", "1", "0", "99"], size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn hours(bencher: Bencher, size: usize) {
    run(bencher, repeated(&["시"], size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn clocks(bencher: Bencher, size: usize) {
    run(bencher, repeated(&["1시~", "2시"], size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn days_in_one_sentence(bencher: Bencher, size: usize) {
    run(bencher, repeated(&["15일 "], size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn news(bencher: Bencher, size: usize) {
    run(bencher, repeated(&NEWS, size));
}

#[divan::bench(args = SIZES, max_time = 5)]
fn prose_without_time(bencher: Bencher, size: usize) {
    run(bencher, repeated(&[NEWS[1], NEWS[2], NEWS[7], NEWS[8], NEWS[10], NEWS[11]], size));
}
