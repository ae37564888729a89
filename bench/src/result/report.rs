//! The tables, as Markdown.

use std::fmt::Write as _;

use super::figures::{Figure, Results, Unit};
use super::stats::Quartiles;
use super::turns::{DIRECT, Metric, Turns};
use crate::measure::{SCENARIOS, Scenario};

/// What was run, how, and on what.
#[derive(Debug, Default)]
pub struct Stamp {
    /// Lines of the heading.
    pub lines: Vec<String>,
    /// Peers that are not there, and why.
    pub missing: Vec<(String, String)>,
    /// Resident MiB of each system: after its start, and after all rounds.
    pub memory: Vec<(String, f64, f64)>,
}

/// The whole report.
#[must_use]
pub fn markdown(results: &Results, stamp: &Stamp) -> String {
    let mut out = String::from("# A run of the benchmark\n\n");
    for line in &stamp.lines {
        line_to(&mut out, &format!("* {line}"));
    }
    let failures = results.failures();
    let verdict = if failures.is_empty() { "No figure is missed." } else { "The run fails:" };
    line_to(&mut out, &format!("\n{verdict}\n"));
    for failure in failures {
        line_to(&mut out, &format!("* {failure}"));
    }
    figures(&mut out, &results.figures());
    for scenario in SCENARIOS {
        if let Some(turns) = results.of(scenario.id) {
            table(&mut out, scenario, turns);
        }
    }
    rest(&mut out, results, stamp);
    out
}

fn line_to(out: &mut String, line: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(out, "{line}");
}

fn figures(out: &mut String, figures: &[Figure]) {
    line_to(
        out,
        "\n## Figures\n\n| figure | must | aim | measured | A/A differs by | verdict |\n|---|--:|--:|--:|--:|---|",
    );
    for figure in figures {
        let told =
            |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| told(figure.unit, value));
        let noise = (figure.noise > 0.0).then_some(figure.noise);
        line_to(
            out,
            &format!(
                "| {} | {} | {} | {} | {} | {} |",
                figure.name,
                told(Some(figure.must)),
                told(figure.aim),
                told(figure.measured),
                told(noise),
                figure.verdict().words()
            ),
        );
    }
}

fn told(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Micros => format!("{:.1} µs", value * 1e6),
        Unit::Millis => format!("{:.2} ms", value * 1e3),
        Unit::Kib => format!("{value:.1} KiB"),
        Unit::Mib => format!("{:.2} MiB", value / 1024.0),
        Unit::Megabytes => format!("{:.1} MB", value / 1e6),
        Unit::Percent => format!("{:.4} %", value * 100.0),
        Unit::Times => format!("{value:.2}x"),
        Unit::Count => format!("{value:.0}"),
    }
}

/// Seconds with their quartiles, in a unit that fits.
fn time(quartiles: Quartiles) -> String {
    let (factor, unit) = if quartiles.middle.abs() < 1e-3 { (1e6, "µs") } else { (1e3, "ms") };
    let [low, middle, high] = [quartiles.low, quartiles.middle, quartiles.high].map(|value| value * factor);
    if factor > 1e4 {
        format!("{middle:.1} ({low:.1}–{high:.1}) {unit}")
    } else {
        format!("{middle:.2} ({low:.2}–{high:.2}) {unit}")
    }
}

fn table(out: &mut String, scenario: &Scenario, turns: &Turns) {
    line_to(out, &format!("\n## {} {}\n", scenario.id, scenario.title));
    let all = [
        Metric::Whole50,
        Metric::Whole99,
        Metric::First50,
        Metric::First99,
        Metric::Event50,
        Metric::Event99,
        Metric::Cpu,
    ];
    let has = |metric: &Metric| turns.ways.iter().any(|way| turns.middle(way, *metric).is_some());
    let metrics: Vec<Metric> = all.into_iter().filter(has).collect();
    let compared: Vec<Metric> = metrics.iter().copied().filter(|metric| *metric != Metric::Cpu).collect();
    let mut head: Vec<String> = vec!["way".into()];
    head.extend(metrics.iter().map(|metric| metric.name().to_owned()));
    head.extend(compared.iter().map(|metric| format!("added {}", metric.name())));
    head.extend(compared.first().map(|metric| format!("{} : direct", metric.name())));
    head.push("timed".into());
    line_to(out, &format!("| {} |\n|---|{}", head.join(" | "), "--:|".repeat(head.len() - 1)));
    for way in &turns.ways {
        if turns.rounds(way).next().is_none() {
            continue;
        }
        let cell = |quartiles: Option<Quartiles>| quartiles.map_or_else(|| "–".to_owned(), time);
        let mut row = vec![way.clone()];
        row.extend(metrics.iter().map(|metric| cell(turns.quartiles(way, *metric))));
        row.extend(compared.iter().map(|metric| match turns.added(way, *metric) {
            Some(added) if way != DIRECT => time_alone(added),
            _ => "–".to_owned(),
        }));
        row.extend(compared.first().map(|metric| {
            let ratio = turns.compared(way, DIRECT, *metric, |this, direct| this / direct);
            ratio.map_or_else(|| "–".to_owned(), |r| format!("{:.2} ({:.2}–{:.2})", r.middle, r.low, r.high))
        }));
        row.push(turns.rounds(way).map(|round| round.asked).sum::<u64>().to_string());
        line_to(out, &format!("| {} |", row.join(" | ")));
    }
    notes(out, turns);
}

fn time_alone(seconds: f64) -> String {
    if seconds.abs() < 1e-3 {
        format!("{:.1} µs", seconds * 1e6)
    } else {
        format!("{:.2} ms", seconds * 1e3)
    }
}

fn notes(out: &mut String, turns: &Turns) {
    line_to(
        out,
        &format!(
            "\nBlocks of turns: {}, and {} left out since direct was disturbed.",
            turns.blocks.len(),
            turns.dropped
        ),
    );
    let counts: Vec<String> = turns
        .ways
        .iter()
        .map(|way| (way, turns.events(way)))
        .filter(|(_, (sent, _))| *sent > 0)
        .map(|(way, (sent, came))| format!("{way} {came} of {sent}"))
        .collect();
    if !counts.is_empty() {
        line_to(out, &format!("Events that came: {}.", counts.join(", ")));
    }
    for (way, why) in &turns.failed {
        line_to(out, &format!("Not timed: {way}, because: {}", one_line(why)));
    }
}

/// What a peer said may be long and hold what would break a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

fn rest(out: &mut String, results: &Results, stamp: &Stamp) {
    line_to(out, "\n## Memory, start, idling\n");
    if let Some(memory) = &results.per_stream {
        let points: Vec<String> = memory
            .points
            .iter()
            .map(|(count, kib)| format!("{count}: {:.1} MiB", *kib as f64 / 1024.0))
            .collect();
        line_to(out, &format!("* Resident with so many slow streams: {}.", points.join(", ")));
    }
    if let Some((resident, proportional)) = results.idle_kib {
        let [resident, proportional] = [resident, proportional].map(|kib| kib as f64 / 1024.0);
        line_to(
            out,
            &format!(
                "* Resident after the first request: {resident:.1} MiB, {proportional:.1} MiB with shared pages divided."
            ),
        );
    }
    if let Some(starts) = Quartiles::of(results.starts.clone()) {
        line_to(out, &format!("* Starts, {} of them: {}.", results.starts.len(), time(starts)));
    }
    if let Some(idle) = results.idle {
        line_to(
            out,
            &format!(
                "* Idle for {} s beside the rounds: {:.4} % of a core.",
                idle.time.as_secs(),
                idle.share * 100.0
            ),
        );
    }
    if !stamp.memory.is_empty() {
        line_to(out, "\n| system | resident after start | resident after the rounds |\n|---|--:|--:|");
        for (name, before, after) in &stamp.memory {
            line_to(out, &format!("| {name} | {before:.1} MiB | {after:.1} MiB |"));
        }
    }
    for (name, why) in &stamp.missing {
        line_to(out, &format!("\nNot there: {name}, because: {}", one_line(why)));
    }
}
