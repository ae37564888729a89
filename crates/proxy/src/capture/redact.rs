//! Takes secrets out of text: those that are known, and what looks like one.

use turnpike_settings::Secret;

/// What stands where a secret stood.
const REDACTED: &str = "[redacted]";
/// How keys and tokens of well-known services begin, and this program's own.
const BEGINNINGS: [&str; 22] = [
    "sk-",
    "sk_",
    "rk_",
    "pk_live_",
    "tp-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "hf_",
    "npm_",
    "pypi-",
    "dop_v1_",
];
/// What begins so and is shorter is a word.
const SHORTEST: usize = 16;
/// Words behind whose space a token stands.
const SCHEMES: [&str; 2] = ["bearer", "basic"];
/// How names of environment variables end whose value is a secret.
const ENDINGS: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"];
/// A value of such a variable that is shorter is none.
const SHORTEST_VALUE: usize = 6;
const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_KEY: &str = "PRIVATE KEY-----";
const PEM_END: &str = "-----END ";

/// Takes secrets out, and counts them.
pub(super) struct Redactor<'s> {
    known: Vec<&'s str>,
    count: u32,
}

/// What stood before a run of letters.
#[derive(Default)]
struct Before<'t> {
    /// The run before.
    run: &'t str,
    /// What stands between that and this one.
    between: &'t str,
}

// === impl Redactor ===

impl<'s> Redactor<'s> {
    pub(super) fn new(secrets: &'s [Secret]) -> Self {
        let known = secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
        Self { known: known.collect(), count: 0 }
    }

    /// How many were taken out so far.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// The text without them.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.redact(text, false)
    }

    /// JSON without them, and JSON still.
    pub(super) fn json(&mut self, text: &str) -> String {
        self.redact(text, true)
    }

    fn redact(&mut self, text: &str, is_json: bool) -> String {
        let mut text = self.without_private_keys(text);
        for known in &self.known {
            let found = text.matches(known).count();
            if found > 0 {
                self.count += u32::try_from(found).unwrap_or(u32::MAX);
                text = text.replace(known, REDACTED);
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut before = Before::default();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let length = gap(rest, is_json);
            let (between, rest) = rest.split_at(length);
            out.push_str(between);
            before.between = between;
            let run = self.run(rest, &before);
            let end = rest.find(|sign: char| !is_run(sign)).unwrap_or(rest.len());
            match run {
                Some(secret) => {
                    out.push_str(REDACTED);
                    self.count += 1;
                    at += length + secret;
                }
                None => {
                    out.push_str(rest.get(..end).unwrap_or_default());
                    at += length + end;
                }
            }
            before = Before { run: rest.get(..end).unwrap_or_default(), between: "" };
        }
        out
    }

    /// How long the secret is that begins here, if one does.
    fn run(&self, rest: &str, before: &Before<'_>) -> Option<usize> {
        let end = rest.find(|sign: char| !is_run(sign)).unwrap_or(rest.len());
        let run = rest.get(..end)?;
        if run.len() >= SHORTEST && BEGINNINGS.iter().any(|begin| run.starts_with(begin)) {
            return Some(end);
        }
        // Behind a scheme and in a variable a secret has more signs than letters.
        let wide =
            rest.find(|sign: char| !is_run(sign) && !".~+/=%:@!*^&".contains(sign)).unwrap_or(rest.len());
        let is_scheme = SCHEMES.iter().any(|scheme| before.run.eq_ignore_ascii_case(scheme));
        if is_scheme && before.between == " " && wide >= SHORTEST {
            return Some(wide);
        }
        let is_variable = before.run.bytes().all(|sign| !sign.is_ascii_lowercase())
            && ENDINGS.iter().any(|ending| before.run.ends_with(ending))
            && matches!(before.between, "=" | "=\"" | "='" | "=\\\"");
        (is_variable && wide >= SHORTEST_VALUE).then_some(wide)
    }

    /// The text without what stands between the lines of a private key.
    fn without_private_keys(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(PEM_KEY) {
            let begins = before.rfind(PEM_BEGIN).is_some_and(|at| before.len() - at < 40);
            out.push_str(before);
            out.push_str(PEM_KEY);
            rest = after;
            if begins {
                self.count += 1;
                out.push_str(REDACTED);
                // A key that is cut has no end: nothing of it is shown.
                rest = after.find(PEM_END).and_then(|end| after.get(end..)).unwrap_or_else(|| tail(after));
            }
        }
        out.push_str(rest);
        out
    }
}

/// How many bytes come before the next run. In JSON the sign behind a backslash belongs to no run.
fn gap(text: &str, is_json: bool) -> usize {
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        if is_json && sign == '\\' {
            if signs.next().is_some_and(|(_, escaped)| escaped == 'u') {
                signs.by_ref().take(4).for_each(drop);
            }
        } else if is_run(sign) {
            return at;
        }
    }
    text.len()
}

const fn is_run(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-')
}

/// Where a key that has no end is over for sure: with the text of its string.
fn tail(after: &str) -> &str {
    let mut is_escaped = false;
    let end = after.find(|sign| {
        let is_end = sign == '"' && !is_escaped;
        is_escaped = sign == '\\' && !is_escaped;
        is_end
    });
    end.and_then(|end| after.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-or-v1-0123456789abcdef0123456789abcdef";

    fn redacted(text: &str, is_json: bool) -> (String, u32) {
        let secrets = [Secret::new("a very own secret".to_owned())];
        let mut redactor = Redactor::new(&secrets);
        let out = if is_json { redactor.json(text) } else { redactor.text(text) };
        (out, redactor.count())
    }

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let rows = [
            ("a key", format!("use {KEY}, please"), "use [redacted], please", 1),
            ("a word", "sk-learn and task-sk-1".to_owned(), "sk-learn and task-sk-1", 0),
            ("known", "say a very own secret twice".to_owned(), "say [redacted] twice", 1),
            ("github", "ghp_0123456789abcdefghij".to_owned(), "[redacted]", 1),
            ("aws", "AKIAIOSFODNN7EXAMPLE is one".to_owned(), "[redacted] is one", 1),
            ("ours", "tp-0123456789abcdefghijklmnopqrstuv".to_owned(), "[redacted]", 1),
            (
                "bearer",
                "Authorization: Bearer abc.def~ghi/jkl+mno==\n".to_owned(),
                "Authorization: Bearer [redacted]\n",
                1,
            ),
            ("a bearer of words", "the bearer of bad news".to_owned(), "the bearer of bad news", 0),
            (
                "a variable",
                "DB_PASSWORD=hunter2!\nPORT=4117".to_owned(),
                "DB_PASSWORD=[redacted]\nPORT=4117",
                1,
            ),
            (
                "a quoted variable",
                "export API_TOKEN=\"abcdef\"".to_owned(),
                "export API_TOKEN=\"[redacted]\"",
                1,
            ),
            ("code", "let token=lexer.next_token();".to_owned(), "let token=lexer.next_token();", 0),
            (
                "a private key",
                "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----\nx".to_owned(),
                "-----BEGIN EC PRIVATE KEY-----[redacted]-----END EC PRIVATE KEY-----\nx",
                1,
            ),
            (
                "a private key without an end",
                "-----BEGIN PRIVATE KEY-----\nMHcCAQ".to_owned(),
                "-----BEGIN PRIVATE KEY-----[redacted]",
                1,
            ),
            ("other scripts", format!("schlüssel→{KEY}←"), "schlüssel→[redacted]←", 1),
        ];
        for (name, text, expected, count) in rows {
            assert_eq!(redacted(&text, false), (expected.to_owned(), count), "{name}");
        }
    }

    #[test]
    fn json_stays_json_and_its_escapes_hide_nothing() {
        let value = serde_json::json!({
            "lines": format!("first\n{KEY}\n\t{KEY}\u{7}{KEY}\\{KEY}"),
            "shell": "export A_KEY=\"abcdefgh\"\n",
            "pem": "-----BEGIN RSA PRIVATE KEY-----\nMII\"x\n-----END RSA PRIVATE KEY-----\n",
            "image": "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC",
        });
        let (out, count) = redacted(&value.to_string(), true);
        let read: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert!(!out.contains("0123456789") && !out.contains("abcdefgh") && !out.contains("MII"), "{out}");
        assert_eq!((count, &read["image"]), (6, &value["image"]));
    }
}
