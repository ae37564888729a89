//! Pages of a list, in Anthropic's words: `limit`, `after_id`, `before_id`.

use percent_encoding::percent_decode_str;

/// Most entries of a page.
const MOST: usize = 1000;
const WORDS: [&str; 3] = ["limit", "after_id", "before_id"];

/// Which part of a list is wanted; without a limit, all of it.
#[derive(Debug, Default)]
pub(super) struct Page {
    limit: Option<usize>,
    after: Option<String>,
    before: Option<String>,
}

// === impl Page ===

impl Page {
    /// Whether the query names any of the words.
    pub(super) fn is_asked_for(query: Option<&str>) -> bool {
        pairs(query).any(|(name, _)| WORDS.contains(&name))
    }

    /// Reads it; other words of the query are left alone.
    pub(super) fn read(query: Option<&str>) -> Result<Self, String> {
        let mut page = Self::default();
        for (name, value) in pairs(query) {
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "limit" => match value.parse() {
                    Ok(limit @ 1..=MOST) => page.limit = Some(limit),
                    _ => return Err(format!("limit: must be a number from 1 to {MOST}.")),
                },
                "after_id" => page.after = Some(value),
                "before_id" => page.before = Some(value),
                _ => {}
            }
        }
        if page.after.is_some() && page.before.is_some() {
            return Err("after_id: cannot be combined with before_id.".to_owned());
        }
        Ok(page)
    }

    /// The entries of the page, and whether more lie beyond it.
    pub(super) fn cut<T>(&self, mut all: Vec<T>, id: impl Fn(&T) -> &str) -> Result<(Vec<T>, bool), String> {
        let place = |wanted: &str, word: &str| {
            let at = all.iter().position(|entry| id(entry) == wanted);
            at.ok_or_else(|| format!("{word}: no model in the list has this id."))
        };
        let limit = self.limit.unwrap_or(usize::MAX);
        if let Some(before) = &self.before {
            all.truncate(place(before, "before_id")?);
            let beyond = all.len().saturating_sub(limit);
            all.drain(..beyond);
            return Ok((all, beyond > 0));
        }
        if let Some(after) = &self.after {
            let seen = place(after, "after_id")? + 1;
            all.drain(..seen);
        }
        let more = all.len() > limit;
        all.truncate(limit);
        Ok((all, more))
    }
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_both_ways() {
        let cut = |query: &str| {
            let all = ["a/1", "b", "c", "d"].map(str::to_owned).to_vec();
            Page::read(Some(query))
                .and_then(|page| page.cut(all, |id| id))
                .map(|(ids, more)| (ids.concat(), more))
        };
        for (query, expected) in [
            ("", Ok(("a/1bcd", false))),
            ("beta=true", Ok(("a/1bcd", false))),
            ("limit=1000", Ok(("a/1bcd", false))),
            ("limit=2", Ok(("a/1b", true))),
            ("limit=2&after_id=a%2F1", Ok(("bc", true))),
            ("limit=2&after_id=b", Ok(("cd", false))),
            ("after_id=d", Ok(("", false))),
            ("before_id=d&limit=2", Ok(("bc", true))),
            ("before_id=c", Ok(("a/1b", false))),
            ("limit=0", Err("limit: must be a number from 1 to 1000.")),
            ("limit=1001", Err("limit: must be a number from 1 to 1000.")),
            ("limit=x", Err("limit: must be a number from 1 to 1000.")),
            ("after_id=z", Err("after_id: no model in the list has this id.")),
            ("after_id=b&before_id=c", Err("after_id: cannot be combined with before_id.")),
        ] {
            let got = cut(query);
            let got = got.as_ref().map(|(ids, more)| (ids.as_str(), *more)).map_err(String::as_str);
            assert_eq!(got, expected, "{query}");
        }
    }
}
