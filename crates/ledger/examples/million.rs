//! A ledger of one million requests, and how long each question takes: `cargo run --release -p turnpike-ledger
//! --example million [ROWS [FOLDER]]`. It prints a table and fails when a question takes more than 100 ms
//! of the processor. Linux only.
//!
//! The requests are those of one busy year: sessions of about a hundred requests in thirty projects, with several
//! models, providers, classes and agents. They come through the ledger's own writer, so that its sums are the real ones.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_ledger::{
    Cost, CostSource, Facet, FindQuery, Ledger, LedgerError, LedgerReader, NewRequest, OpenOptions, Outcome,
    Page, Progress, RowId, Settlement, SpendQuery, Status, Usage,
};
use turnpike_wire::money::NanoUsd;

/// 2026-01-01T00:00:00Z.
const YEAR: i64 = 1_767_225_600_000_000_000;
const DAY_NS: i64 = 86_400_000_000_000;
const DAYS: i64 = 365;
const REQUESTS_A_SESSION: i64 = 100;
/// What a question may take.
const MOST: Duration = Duration::from_millis(100);
/// How often each question is asked; the middle one counts.
const TIMES: usize = 5;

type Answer = Result<usize, LedgerError>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows: i64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let path = folder.join("turnpike-million.sqlite");
    let begun = Instant::now();
    let opened = Ledger::open(&path, &OpenOptions::default())?;
    let opening = begun.elapsed();
    let ledger = opened.0;
    if ledger.reader().recent(Page { before: None, limit: 1 })?.is_empty() {
        let begun = Instant::now();
        fill(&ledger, rows)?;
        let took = begun.elapsed();
        println!("{rows} rows written in {took:.1?}, {:.0} a second\n", rows as f64 / took.as_secs_f64());
    } else {
        println!("opened in {opening:.1?}\n");
    }
    ledger.close(Duration::from_secs(60))?;
    println!("| question | lines | processor | wall clock |\n|---|--:|--:|--:|");
    let slow = ask_all(&path)?;
    if slow.is_empty() { Ok(()) } else { Err(format!("more than {MOST:?}: {}", slow.join(", ")).into()) }
}

/// Asks each question, prints its line, and names those that took too long.
fn ask_all(path: &Path) -> Result<Vec<String>, LedgerError> {
    let reader = LedgerReader::open(path)?;
    let mut slow = Vec::new();
    for (name, ask) in questions() {
        let mut times = Vec::new();
        let mut lines = 0;
        for _ in 0..TIMES {
            let (begun, before) = (Instant::now(), processor_time());
            lines = ask(&reader)?;
            times.push((processor_time() - before, begun.elapsed()));
        }
        times.sort_unstable();
        let (processor, wall) = times[TIMES / 2];
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        println!("| {name} | {lines} | {} | {} |", ms(processor), ms(wall));
        if processor > MOST {
            slow.push(name);
        }
    }
    Ok(slow)
}

/// What this thread has computed so far. Other work on the machine does not count; nothing is read from the disk, since
/// a ledger in use is in the system's cache.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

type Question = (String, Box<dyn Fn(&LedgerReader) -> Answer>);

fn questions() -> Vec<Question> {
    let mut all = Vec::new();
    let zones = [("UTC", "UTC"), ("Berlin", "Europe/Berlin"), ("Kolkata", "Asia/Kolkata")];
    let narrowed: [(&str, &[(Facet, &str)]); 7] = [
        ("", &[]),
        (", a project", &[(Facet::Project, "/src/p3")]),
        (", a model", &[(Facet::Model, "vendor/m0")]),
        (", a project and a model", &[(Facet::Project, "/src/p3"), (Facet::Model, "vendor/m0")]),
        (", a client and a class", &[(Facet::Client, "laptop"), (Facet::Class, "main")]),
        (", a client and a provider", &[(Facet::Client, "laptop"), (Facet::Provider, "Alpha")]),
        (", a session and a model", &[(Facet::Session, "session-4321"), (Facet::Model, "vendor/m0")]),
    ];
    for (when, since) in [("all", None), ("a month", Some(300)), ("a day", Some(364))] {
        for (what, only) in narrowed {
            for by in
                ["hour", "day", "week", "month", "model", "project", "branch", "session", "provider", "agent"]
            {
                for (zone, id) in zones {
                    if zone != "Berlin" && !(by == "day" && when == "all") {
                        continue;
                    }
                    let query = asked(by, id, since, only);
                    let ask = move |reader: &LedgerReader| Ok(reader.spend(&query)?.rows.len());
                    all.push((format!("{when} by {by}{what} ({zone})"), Box::new(ask) as _));
                }
            }
            let query = asked("day", "Europe/Berlin", since, only);
            let ask = move |reader: &LedgerReader| Ok(reader.totals(&query)?.requests().min(1) as usize);
            all.push((format!("{when}, the sum{what}"), Box::new(ask) as _));
        }
        let query = asked("model", "Europe/Berlin", since, &[]);
        let ask = move |reader: &LedgerReader| Ok(reader.speeds(&query)?.len());
        all.push((format!("{when}, speeds"), Box::new(ask) as _));
        let query = SpendQuery { limit: Some(10), ..asked("session", "Europe/Berlin", since, &[]) };
        let ask = move |reader: &LedgerReader| Ok(reader.spend(&query)?.rows.len());
        all.push((format!("{when}, top sessions"), Box::new(ask) as _));
    }
    all.extend(of_rows());
    all
}

fn of_rows() -> Vec<Question> {
    let found = |query: FindQuery| move |reader: &LedgerReader| Ok(reader.find(&query)?.rows.len());
    let page = |words: &str| FindQuery { limit: 50, words: words.to_owned(), ..FindQuery::default() };
    let only = |facet, text: &str| FindQuery { only: vec![(facet, text.to_owned())], ..page("") };
    vec![
        ("the newest rows".to_owned(), Box::new(found(page("")))),
        (
            "rows far back".to_owned(),
            Box::new(found(FindQuery { before: Some(RowId::new(5_000)), ..page("") })),
        ),
        ("rows by words".to_owned(), Box::new(found(page("p3 m1")))),
        ("rows by words that nothing has".to_owned(), Box::new(found(page("nowhere")))),
        ("rows of a session".to_owned(), Box::new(found(only(Facet::Session, "session-4321")))),
        ("rows of a model that nothing has".to_owned(), Box::new(found(only(Facet::Model, "none")))),
        (
            "rows that failed".to_owned(),
            Box::new(found(FindQuery { status: Some(Status::Error), ..page("") })),
        ),
        (
            "a session's receipt".to_owned(),
            Box::new(|reader| {
                Ok(reader.session_receipt("session-4321")?.map_or(0, |found| found.models.len()))
            }),
        ),
        ("costs to look up".to_owned(), Box::new(|reader| Ok(reader.unsettled_costs(0)?.len()))),
        ("prompts counted twice".to_owned(), Box::new(|reader| Ok(reader.counted_prompts(20)?.len()))),
        (
            "today".to_owned(),
            Box::new(|reader| {
                let now =
                    Timestamp::from_nanosecond(i128::from(YEAR + DAYS * DAY_NS - 1)).unwrap_or_default();
                Ok(reader.today(now, &TimeZone::UTC)?.requests().min(1) as usize)
            }),
        ),
    ]
}

fn asked(by: &str, zone: &str, since_day: Option<i64>, only: &[(Facet, &str)]) -> SpendQuery {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let day = by.parse().unwrap_or(turnpike_ledger::Dimension::Facet(Facet::Model));
    // No end fits anything: the worst case for sums.
    let since = since_day.map(|day| YEAR + day * DAY_NS - 12_345_678_901_234);
    let since = since.and_then(|at| Timestamp::from_nanosecond(i128::from(at)).ok());
    let only = only.iter().map(|(facet, text)| (*facet, (*text).to_owned())).collect();
    SpendQuery { since, only, ..SpendQuery::by(day, zone) }
}

/// A stream of numbers that is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_of<T: Copy>(&mut self, words: &[T]) -> T {
        words[self.below(words.len() as u64) as usize]
    }
}

fn fill(ledger: &Ledger, rows: i64) -> Result<(), Box<dyn std::error::Error>> {
    let mut chance = Chance(1);
    for n in 0..rows {
        let new = request(&mut chance, n, rows);
        let end = settlement(&mut chance, new.target.as_deref().unwrap_or_default());
        let id = ledger.begin(new);
        ledger.settle(id, end);
        if n % 32_768 == 0 {
            ledger.flush(Duration::from_secs(600))?;
        }
    }
    Ok(ledger.flush(Duration::from_secs(600))?)
}

fn request(chance: &mut Chance, n: i64, rows: i64) -> NewRequest {
    // Ten hours of a day are worked in, four sessions at a time.
    let day = n * DAYS / rows;
    let within = n * DAYS % rows * DAY_NS / rows;
    let session = n / (REQUESTS_A_SESSION * 4) * 4 + chance.below(4) as i64;
    let project = session * 7 % 30;
    let (class, requested, target) = chance.one_of(&[
        ("main", "claude-opus-4-8", "vendor/m0"),
        ("main", "claude-opus-4-8", "vendor/m0"),
        ("main", "claude-sonnet-5", "vendor/m0"),
        ("subagent", "claude-sonnet-5", "vendor/m1"),
        ("subagent", "claude-sonnet-5", "vendor/m1"),
        ("auxiliary", "claude-haiku-5", "third/m3"),
    ]);
    NewRequest {
        started_at: YEAR + day * DAY_NS + 7 * DAY_NS / 24 + within * 10 / 24,
        class: Some(class.to_owned()),
        agent_type: (class == "subagent")
            .then(|| chance.one_of(&["general-purpose", "Explore", "Plan"]).to_owned()),
        session: Some(format!("session-{session}")),
        project: Some(format!("/src/p{project}")),
        git_root: Some(format!("/src/p{project}")),
        branch: Some(format!("branch-{}", session % 4)),
        client: Some("laptop".to_owned()),
        requested_model: requested.to_owned(),
        target: Some(target.to_owned()),
        stream: true,
        request_bytes: 150_000,
        estimated_tokens: Some(40_000),
        ..NewRequest::default()
    }
}

fn settlement(chance: &mut Chance, target: &str) -> Settlement {
    let outcome = match chance.below(50) {
        0 => Outcome::Error,
        1 => Outcome::Cancelled,
        2 => Outcome::Truncated,
        _ => Outcome::Ok,
    };
    let source = if outcome == Outcome::Cancelled { CostSource::LookedUp } else { CostSource::Upstream };
    // One in eight is answered by a fallback; each model has a usual provider and another one.
    let model = if chance.below(8) == 0 { "other/m2" } else { target };
    let provider = ["Alpha", "Beta"][usize::from(chance.below(5) == 0)];
    Settlement {
        progress: Progress {
            generation_id: Some(format!("gen-{}", chance.below(u64::MAX))),
            served_model: Some(model.to_owned()),
            provider: Some(provider.to_owned()),
            first_token: Some(Duration::from_millis(200 + chance.below(3_000))),
            ..Progress::default()
        },
        usage: Usage {
            input_tokens: chance.below(5_000) as i64,
            output_tokens: chance.below(2_000) as i64,
            cache_read_tokens: chance.below(100_000) as i64,
            ..Usage::default()
        },
        cost: Cost::of(NanoUsd(chance.below(50_000_000) as i64), source),
        http_status: Some(200),
        error_type: (outcome == Outcome::Error).then(|| "overloaded_error".to_owned()),
        ..Settlement::new(outcome, Duration::from_millis(4_000 + chance.below(30_000)))
    }
}
