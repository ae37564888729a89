//! Guessing what an unknown key was meant to be.

use super::schema;

/// The least likeness (0 to 1) at which a name is offered.
const LEAST_LIKENESS: f64 = 0.7;

/// The key that `name`, unknown in the table at `table`, was probably meant to be: one of that table, or one
/// of the same name elsewhere, then with its whole path.
pub(super) fn meant(table: &str, name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase().replace('-', "_");
    let likeness = |known: &String| strsim::jaro_winkler(known, &lower);
    let near = schema::names_in(table)
        .into_iter()
        .map(|known| (likeness(&known), known))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((_, known)) = near {
        return Some(known);
    }
    let elsewhere = |(path, _): (String, schema::Key)| {
        path.rsplit('.').next().is_some_and(|last| last == lower).then_some(path)
    };
    schema::keys().find_map(elsewhere).map(|path| path.replace("[]", ""))
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
            ("general", "qqq", None),
        ] {
            assert_eq!(meant(table, name).as_deref(), key, "{table}: {name}");
        }
    }
}
