//! Guessing what an unknown key was meant to be.

use super::schema;

/// The least likeness (0 to 1) at which a name is offered.
const LEAST_LIKENESS: f64 = 0.7;

/// The key that `name`, unknown in the table at `table`, was probably meant to be: one of that very name elsewhere,
/// then with its whole path, or one of that table.
pub(super) fn meant(table: &str, name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase().replace('-', "_");
    let here = schema::names_in(table);
    if here.contains(&lower) {
        return Some(lower);
    }
    elsewhere(table, &lower).or_else(|| {
        let likeness = |known: &String| likeness(known, &lower);
        let near = here.iter().map(|known| (likeness(known), known));
        let near = near.filter(|(likeness, _)| *likeness >= LEAST_LIKENESS);
        near.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known.clone())
    })
}

/// The key of that name which is nearest to the table: within it, or else anywhere.
fn elsewhere(table: &str, name: &str) -> Option<String> {
    let has_name = |path: &String| path.rsplit('.').next() == Some(name);
    let paths: Vec<String> = schema::keys().map(|(path, _)| path).filter(has_name).collect();
    let within = paths.iter().find(|path| !table.is_empty() && path.starts_with(table));
    within.or(paths.first()).map(|path| path.replace("[]", ""))
}

/// How like the name is to a known one or, for `daily` instead of `daily_usd`, to that one's first word.
fn likeness(known: &str, name: &str) -> f64 {
    let first_word = known.split('_').next().unwrap_or(known);
    strsim::jaro_winkler(known, name).max(strsim::jaro_winkler(first_word, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood() {
        for (table, name, key) in [
            ("map[]", "targt", Some("target")),
            ("map[]", "fallbacks", Some("fallback")),
            ("map[]", "timeout", Some("timeout_seconds")),
            ("map[]", "Target", Some("target")),
            ("budget", "daily-usd", Some("daily_usd")),
            ("budget", "daily", Some("daily_usd")),
            ("", "maps", Some("map")),
            ("", "budgets", Some("budget")),
            ("", "listen", Some("proxy.listen")),
            ("general", "base_url", Some("upstream.base_url")),
            ("map[]", "temperature", Some("map.params.temperature")),
            ("rule[]", "temperature", Some("rule.params.temperature")),
            ("rule[]", "class", Some("rule.when.class")),
            ("budget", "dayly", Some("daily_usd")),
            ("general", "qqq", None),
        ] {
            assert_eq!(meant(table, name).as_deref(), key, "{table}: {name}");
        }
    }
}
