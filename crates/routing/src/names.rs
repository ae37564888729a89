//! Wildcard names, and the names nearest to a wrong one.

/// Whether `name` fits `pattern`, in which `*` stands for any signs. Letters count without their case.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where to go on when a later part does not fit: after the last `*`, one sign further in the name.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            p += 1;
            retry = Some((p, n));
        } else if p < pattern.len() && pattern[p].eq_ignore_ascii_case(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((after, from)) = retry {
            p = after;
            n = from + 1;
            retry = Some((after, n));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|sign| *sign == b'*')
}

/// The `count` names nearest to a wrong one, nearest first; names that share a part with it come before
/// others.
#[must_use]
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>, count: usize) -> Vec<&'n str> {
    let wrong = wrong.to_lowercase();
    let mut ranked: Vec<(usize, &str)> =
        names.into_iter().map(|name| (distance(&wrong, &name.to_lowercase()), name)).collect();
    ranked.sort_unstable();
    ranked.dedup_by(|a, b| a.1 == b.1);
    ranked.into_iter().take(count).map(|(_, name)| name).collect()
}

/// Levenshtein distance, counted over the slug's last part where only one of the two has an author.
fn distance(wrong: &str, name: &str) -> usize {
    let short = if wrong.contains('/') { name } else { name.rsplit('/').next().unwrap_or(name) };
    let wrong: Vec<char> = wrong.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=wrong.len()).collect();
    for (i, c) in short.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, w) in wrong.iter().enumerate() {
            let substituted = diagonal + usize::from(c != *w);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[wrong.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, name, fits) in [
            ("*", "anything", true),
            ("*", "", true),
            ("*opus*", "claude-opus-5", true),
            ("*opus*", "claude-sonnet-5", false),
            ("claude-*", "claude-opus-5", true),
            ("claude-*", "xclaude-opus-5", false),
            ("*-5", "claude-opus-5", true),
            ("*-5", "claude-opus-5-fast", false),
            ("CLAUDE-opus", "claude-OPUS", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} / {name}");
        }
    }

    #[test]
    fn wildcards_take_no_exponential_time() {
        assert!(!matches(&"*a".repeat(50), &"b".repeat(2000)));
    }

    #[test]
    fn the_nearest_names() {
        let names = ["qwen/qwen3-coder-next", "qwen/qwen3.8-max", "openai/gpt-5.6-terra", "z-ai/glm-5.2"];
        assert_eq!(nearest("qwen3-coder", names, 2), ["qwen/qwen3-coder-next", "qwen/qwen3.8-max"]);
        assert_eq!(nearest("openai/gpt-5.6-tera", names, 1), ["openai/gpt-5.6-terra"]);
    }
}
