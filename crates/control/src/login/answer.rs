//! What comes back from the browser: by itself as an address, or copied by a person.

use axum::http::Uri;

/// What OpenRouter's page has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes, with a code.
    Code(String),
    /// No, or it could not; with its word for it.
    Refused(String),
    /// Neither.
    Nothing,
}

/// Where the browser comes back to; the state follows.
pub(crate) const PATH: &str = "/oauth/callback/";

/// Longer texts are no code and no address of ours.
const MOST_BYTES: usize = 4_096;

// === impl Verdict ===

impl Verdict {
    /// From the query of the address.
    pub(crate) fn of_query(query: &str) -> Self {
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| decoded(value))
        };
        match (value("code").filter(|code| !code.is_empty()), value("error")) {
            (Some(code), None) => Self::Code(code),
            (_, Some(error)) => {
                Self::Refused(error.chars().filter(|sign| !sign.is_control()).take(100).collect())
            }
            (None, None) => Self::Nothing,
        }
    }

    /// From what a person has copied: a code, or the whole address. The state is there where the address has one.
    pub(crate) fn of_person(text: &str) -> (Option<String>, Self) {
        let text = text.trim();
        if text.len() > MOST_BYTES {
            return (None, Self::Nothing);
        }
        let Some(address) = text.parse::<Uri>().ok().filter(|address| address.scheme().is_some()) else {
            let is_code = !text.is_empty() && text.chars().all(|sign| sign.is_ascii_graphic());
            let query = text.contains("code=").then(|| text.trim_start_matches('?'));
            return match query {
                Some(query) => (None, Self::of_query(query)),
                None if is_code => (None, Self::Code(text.to_owned())),
                None => (None, Self::Nothing),
            };
        };
        let state = address.path().strip_prefix(PATH).map(str::to_owned);
        (state, Self::of_query(address.query().unwrap_or_default()))
    }
}

/// Percent signs and pluses undone; what is no UTF-8 then is left out.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, behind @ ..]) => {
                let digit =
                    |sign: &u8| char::from(*sign).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                if let (Some(high), Some(low)) = (digit(high), digit(low)) {
                    bytes.push(high * 16 + low);
                    rest = behind;
                } else {
                    bytes.push(b'%');
                }
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_says() {
        let rows = [
            ("code=abc", Verdict::Code("abc".to_owned())),
            ("a=b&code=a%2Db%2fc&x", Verdict::Code("a-b/c".to_owned())),
            ("error=access_denied&error_description=no", Verdict::Refused("access_denied".to_owned())),
            ("error=access_denied&code=abc", Verdict::Refused("access_denied".to_owned())),
            ("code=", Verdict::Nothing),
            ("mycode=abc", Verdict::Nothing),
            ("", Verdict::Nothing),
            ("code=%ff", Verdict::Nothing),
            ("code=100%", Verdict::Code("100%".to_owned())),
        ];
        for (query, expected) in rows {
            assert_eq!(Verdict::of_query(query), expected, "{query}");
        }
    }

    #[test]
    fn a_person_brings_a_code_or_the_address() {
        let code = |text: &str| Verdict::Code(text.to_owned());
        let rows = [
            (" abc123_-x \n", None, code("abc123_-x")),
            ("http://127.0.0.1:4118/oauth/callback/s7?code=abc", Some("s7"), code("abc")),
            ("https://elsewhere.example/?code=abc", None, code("abc")),
            ("http://127.0.0.1:4118/oauth/callback/s7", Some("s7"), Verdict::Nothing),
            ("?code=abc", None, code("abc")),
            ("code=abc", None, code("abc")),
            ("two words", None, Verdict::Nothing),
            ("", None, Verdict::Nothing),
        ];
        for (text, state, verdict) in rows {
            assert_eq!(Verdict::of_person(text), (state.map(str::to_owned), verdict), "{text}");
        }
        assert_eq!(Verdict::of_person(&"a".repeat(5_000)), (None, Verdict::Nothing));
    }
}
