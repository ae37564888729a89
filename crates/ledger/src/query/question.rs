//! The SQL of one part of a question about spend.

use crate::query::cover::Part;
use crate::query::dimension::Facet;
use crate::query::fold;
use crate::table::usage::{
    DAY_BY_FACET, DAY_OF_ALL, MEASURES, QUARTER_BY_FACET, QUARTER_OF_ALL, QUARTERS_A_DAY,
};

/// What a part of the time is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Not at all.
    All,
    /// By quarter of an hour.
    Slot,
    /// By a fact of the request.
    Facet(Facet),
    /// By a fact and the model that answered: both texts, with [`PAIR`] between them.
    FacetAndModel(Facet),
}

/// Stands between the two texts of [`Key::FacetAndModel`]; no name has it.
pub(crate) const PAIR: char = '\u{1f}';

/// What can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Sums of one kind of fact, or of all.
    Sums(Option<Facet>),
    /// Sums of combinations of facts.
    Mixes(Sessions),
}

/// Which combinations answer, by what the question wants of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// Nothing: those of any session, which are few.
    Any,
    /// One of them: an index finds its few combinations.
    One,
    /// Each: all combinations of the time.
    Each,
}

// === impl Source ===

impl Source {
    pub(crate) fn of(key: Key, only: &[(Facet, String)]) -> Self {
        match (key, only) {
            (Key::All | Key::Slot, []) => Self::Sums(None),
            (Key::All | Key::Slot, [(facet, _)]) => Self::Sums(Some(*facet)),
            (Key::Facet(facet), []) => Self::Sums(Some(facet)),
            _ if only.iter().any(|(facet, _)| *facet == Facet::Session) => Self::Mixes(Sessions::One),
            (Key::Facet(Facet::Session) | Key::FacetAndModel(Facet::Session), _) => {
                Self::Mixes(Sessions::Each)
            }
            _ => Self::Mixes(Sessions::Any),
        }
    }
}

/// Whether the part's answer is one [`fold::Folded`]: its keys are then numbers, of a quarter of an hour or of a facet.
/// Others have a line each, of the key and the sums.
pub(crate) fn is_folded(part: Part, key: Key, only: &[(Facet, String)]) -> bool {
    let is_pair = matches!(key, Key::FacetAndModel(_));
    !is_pair && !matches!(part, Part::Rows(..)) && matches!(Source::of(key, only), Source::Mixes(_))
}

/// The question for one part of the time, and its bounds. The texts of `only` are its further parameters.
pub(crate) fn sql(part: Part, key: Key, only: &[(Facet, String)]) -> (String, [i64; 2]) {
    match (part, Source::of(key, only)) {
        (Part::Rows(from, to), _) => (of_rows(key, only), [from, to]),
        (Part::Quarters(from, to), Source::Sums(kind)) => {
            (of_sums(QUARTER_OF_ALL, QUARTER_BY_FACET, kind, key, only), [from, to])
        }
        (Part::Days(from, to), Source::Sums(kind)) => {
            (of_sums(DAY_OF_ALL, DAY_BY_FACET, kind, key, only), [from, to])
        }
        (Part::Quarters(from, to), Source::Mixes(sessions)) => {
            (of_mixes(quarters(sessions), "x.quarter", key, only), [from, to])
        }
        // One session's days are asked for by quarter of an hour: see [`crate::query::spend`].
        (Part::Days(from, to), Source::Mixes(sessions)) => {
            (of_mixes(days(sessions), "x.day", key, only), [from, to])
        }
    }
}

/// Without a group, no row at all would still give a line, of NULLs.
const UNGROUPED: &str = "HAVING count(*) > 0";

fn of_rows(key: Key, only: &[(Facet, String)]) -> String {
    let narrowed: String = only
        .iter()
        .enumerate()
        .map(|(n, (facet, _))| format!(" AND {} = ?{}", facet.column(), n + 3))
        .collect();
    let model = Facet::Model.column();
    let (key, grouping) = match key {
        Key::All => ("''".to_owned(), UNGROUPED.to_owned()),
        Key::Slot => ("quarter".to_owned(), "GROUP BY quarter".to_owned()),
        Key::Facet(facet) => (facet.column().to_owned(), format!("GROUP BY {}", facet.column())),
        Key::FacetAndModel(facet) => {
            let column = facet.column();
            (format!("{column} || '{PAIR}' || {model}"), format!("GROUP BY {column}, {model}"))
        }
    };
    format!(
        "SELECT {key}, {} FROM settled_request x \
         WHERE started_at >= ?1 AND started_at < ?2{narrowed} {grouping}",
        measures("x"),
    )
}

/// The sums of all name the slots there are, one line each; those of a fact are found by slot and kind. A look at every
/// line of the time would see the other kinds too.
fn of_sums(all: u8, by_facet: u8, kind: Option<Facet>, key: Key, only: &[(Facet, String)]) -> String {
    let narrowed = match (kind, only) {
        (Some(facet), [_, ..]) => {
            format!(" AND x.facet = (SELECT id FROM facet WHERE kind = {} AND text = ?3)", facet.kind())
        }
        _ => String::new(),
    };
    let from = match kind {
        None => "usage x WHERE ".to_owned(),
        Some(facet) => format!(
            "usage a CROSS JOIN usage x ON x.span = {by_facet} AND x.slot = a.slot AND x.kind = {}{narrowed} WHERE ",
            facet.kind(),
        ),
    };
    let (slots, key, grouping) = match (kind.is_some(), key) {
        (true, Key::All) => ("a", "''", UNGROUPED),
        (false, Key::All) => ("x", "''", UNGROUPED),
        (true, Key::Slot) => ("a", "a.slot", "GROUP BY a.slot"),
        (false, Key::Slot) => ("x", "x.slot", "GROUP BY x.slot"),
        (_, Key::Facet(_) | Key::FacetAndModel(_)) => {
            ("a", "(SELECT text FROM facet WHERE id = x.facet)", "GROUP BY x.facet")
        }
    };
    format!(
        "SELECT {key}, {} FROM {from}{slots}.span = {all} AND {slots}.slot >= ?1 AND {slots}.slot < ?2 \
         AND {slots}.kind = 0 {grouping}",
        measures("x"),
    )
}

/// Sums by quarter. Each combination has its quarters together.
fn quarters(sessions: Sessions) -> String {
    match sessions {
        Sessions::Any => "mix m CROSS JOIN mix_quarter x ON x.mix = m.id \
            WHERE m.session = 0 AND x.quarter >= ?1 AND x.quarter < ?2"
            .to_owned(),
        // The index of sessions is chosen by what the question adds.
        Sessions::One => "mix m CROSS JOIN mix_quarter x ON x.mix = m.id \
            WHERE x.quarter >= ?1 AND x.quarter < ?2"
            .to_owned(),
        // The sums by day name the combinations of the time: each is asked for its own quarters of that day.
        Sessions::Each => format!(
            "session_day d CROSS JOIN mix m ON m.id = d.mix CROSS JOIN mix_quarter x ON x.mix = d.mix \
             AND x.quarter >= max(?1, d.day * {QUARTERS_A_DAY}) \
             AND x.quarter < min(?2, (d.day + 1) * {QUARTERS_A_DAY}) \
             WHERE d.day >= ?1 / {QUARTERS_A_DAY} AND d.day <= (?2 - 1) / {QUARTERS_A_DAY}"
        ),
    }
}

/// Sums by day.
fn days(sessions: Sessions) -> String {
    match sessions {
        Sessions::Any | Sessions::One => "mix m CROSS JOIN mix_day x ON x.mix = m.id \
            WHERE m.session = 0 AND x.day >= ?1 AND x.day < ?2"
            .to_owned(),
        Sessions::Each => {
            "session_day x CROSS JOIN mix m ON m.id = x.mix WHERE x.day >= ?1 AND x.day < ?2".to_owned()
        }
    }
}

fn of_mixes(from: String, slot: &str, key: Key, only: &[(Facet, String)]) -> String {
    let key = match key {
        Key::All => "0".to_owned(),
        Key::Slot => slot.to_owned(),
        Key::Facet(facet) => format!("m.{}", facet.column()),
        Key::FacetAndModel(facet) => return of_pairs(&from, facet, only),
    };
    format!("SELECT {}({key}, {}) FROM {from}{}", fold::NAME, folded_measures(), narrowed(only))
}

/// Pairs are far apart as numbers, which a fold has no room for: they have a line each.
fn of_pairs(from: &str, facet: Facet, only: &[(Facet, String)]) -> String {
    let [column, model] = [facet, Facet::Model].map(Facet::column);
    let [first, second] = [column, model].map(|of| format!("(SELECT text FROM facet WHERE id = m.{of})"));
    let measures = measures("x");
    format!(
        "SELECT {first} || '{PAIR}' || {second}, {measures} FROM {from}{} GROUP BY m.{column}, m.{model}",
        narrowed(only)
    )
}

fn narrowed(only: &[(Facet, String)]) -> String {
    (0..only.len()).map(|n| format!(" AND {}", fits(only, n))).collect()
}

/// Whether a combination has the fact of that place.
fn fits(only: &[(Facet, String)], n: usize) -> String {
    let Some((facet, _)) = only.get(n) else { return "1".to_owned() };
    let (column, kind) = (facet.column(), facet.kind());
    // The sign keeps SQLite from the index of models, which has far more lines than that of sessions.
    let of = if *facet == Facet::Session { "m" } else { "+m" };
    format!("{of}.{column} = (SELECT id FROM facet WHERE kind = {kind} AND text = ?{})", n + 3)
}

/// How many sums by day, from `?1` to before `?2`, fit all facts, and how many each of them alone.
pub(crate) fn counts(only: &[(Facet, String)]) -> String {
    let each: Vec<String> = (0..only.len()).map(|n| fits(only, n)).collect();
    let counted: String = each.iter().map(|fits| format!(", count(*) FILTER (WHERE {fits})")).collect();
    format!("SELECT count(*) FILTER (WHERE {}){counted} FROM {}", each.join(" AND "), days(Sessions::Any),)
}

/// Sums by quarter, from `?1` to before `?2`, of what has the fact of that place and not all others.
pub(crate) fn of_the_rest(only: &[(Facet, String)], base: usize) -> String {
    let others: Vec<String> = (0..only.len()).filter(|n| *n != base).map(|n| fits(only, n)).collect();
    format!(
        "SELECT {}(x.quarter, {}) FROM {} AND {} AND NOT ({})",
        fold::NAME,
        folded_measures(),
        quarters(Sessions::Any),
        fits(only, base),
        others.join(" AND "),
    )
}

fn folded_measures() -> String {
    MEASURES.map(|name| format!("x.{name}")).join(", ")
}

/// The sums as columns, of the table named `of`. `total` would give a float; `sum` fails where it overflows.
pub(crate) fn measures(of: &str) -> String {
    MEASURES.map(|name| format!("sum({of}.{name})")).join(", ")
}
