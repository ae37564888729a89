//! The opaque string that carries reasoning through a client and back.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use turnpike_wire::anthropic::raw_json;
use turnpike_wire::scan::scan;

/// Begins every envelope. No vendor's own signature holds a full stop: they are base64.
const PREFIX: &str = "turnpike.1.";
/// Stands for the thinking block's own text inside a packed detail: a JSON string, as text is compared.
const TEXT_MARK: &str = r#""\u0001""#;

/// What is packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope;

/// What an envelope held.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// Slug of the model that made the reasoning.
    pub model: String,
    /// The details, as that model made them.
    pub details: Vec<Box<RawValue>>,
    /// The model returned its reasoning as a plain string and wants it back so.
    pub plain: bool,
    /// Text of the reasoning when the client was not shown it.
    pub hidden: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    #[serde(borrow, rename = "m")]
    model: Cow<'a, str>,
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<Box<RawValue>>,
    /// The mark stands for the block's own text.
    #[serde(rename = "t", default, skip_serializing_if = "std::ops::Not::not")]
    marked: bool,
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    plain: bool,
    #[serde(borrow, rename = "h", default, skip_serializing_if = "Option::is_none")]
    hidden: Option<Cow<'a, str>>,
}

// === impl Envelope ===

impl Envelope {
    /// Packs details for the model `slug`. `shown` is the text that the thinking block itself holds: where a
    /// detail repeats it, only a mark is packed, since the block comes back together with its signature.
    #[must_use]
    pub fn pack(slug: &str, details: Vec<Box<RawValue>>, shown: &str) -> String {
        let text = encode(shown);
        let marked = !shown.is_empty() && !details.iter().any(|detail| find(detail, TEXT_MARK).is_some());
        let details = match marked {
            true => details.into_iter().map(|detail| replace(detail, &text, TEXT_MARK)).collect(),
            false => details,
        };
        Self::seal(&Packed { model: base_slug(slug).into(), details, marked, plain: false, hidden: None })
    }

    /// Packs the fact that the reasoning was a plain string; its text too, when the client is not shown it.
    #[must_use]
    pub fn pack_plain(slug: &str, hidden: Option<&str>) -> String {
        let hidden = hidden.map(Cow::Borrowed);
        Self::seal(&Packed {
            model: base_slug(slug).into(),
            details: Vec::new(),
            marked: false,
            plain: true,
            hidden,
        })
    }

    fn seal(packed: &Packed<'_>) -> String {
        // Strings and raw JSON only: this cannot fail.
        let json = serde_json::to_vec(packed).unwrap_or_default();
        let mut sealed = String::with_capacity(PREFIX.len() + json.len().div_ceil(3) * 4);
        sealed.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(json, &mut sealed);
        sealed
    }

    /// Opens an envelope; `None` for anything that is none of ours, such as Claude's own signature.
    #[must_use]
    pub fn open(sealed: &str, shown: &str) -> Option<Unpacked> {
        let json = URL_SAFE_NO_PAD.decode(sealed.strip_prefix(PREFIX)?).ok()?;
        // The request was checked before it was parsed, but not what is packed in it.
        let packed: Packed<'_> = serde_json::from_str(scan(&json).ok()?).ok()?;
        let text = encode(shown);
        let restore = |detail| if packed.marked { replace(detail, TEXT_MARK, &text) } else { detail };
        Some(Unpacked {
            model: packed.model.into_owned(),
            details: packed.details.into_iter().map(restore).collect(),
            plain: packed.plain,
            hidden: packed.hidden.map(Cow::into_owned),
        })
    }

    /// Whether a string is one of our envelopes.
    #[must_use]
    pub fn is_ours(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

/// The slug without its variant: `:nitro` or `:free` do not change the model that reasons.
#[must_use]
fn base_slug(slug: &str) -> &str {
    slug.split(':').next().unwrap_or(slug)
}

// === impl Unpacked ===

impl Unpacked {
    /// Whether the reasoning belongs to the model `slug`.
    #[must_use]
    pub fn is_of(&self, slug: &str) -> bool {
        self.model == base_slug(slug)
    }
}

/// The JSON text of a string.
fn encode(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Where the value of `text` or `summary` stands, if its JSON text is `value`.
fn find(detail: &RawValue, value: &str) -> Option<usize> {
    ["\"text\":", "\"summary\":"].into_iter().find_map(|field| {
        let at = detail.get().find(field)? + field.len();
        detail.get()[at..].starts_with(value).then_some(at)
    })
}

/// Replaces the value of `text` or `summary` where its JSON text is `from`; other bytes stay as they are.
/// A text that was escaped in another way than ours is not replaced, so that its bytes come back too.
fn replace(detail: Box<RawValue>, from: &str, to: &str) -> Box<RawValue> {
    let Some(at) = find(&detail, from) else { return detail };
    let json = detail.get();
    raw_json(format!("{}{to}{}", &json[..at], &json[at + from.len()..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        raw_json(json.to_owned())
    }

    #[test]
    fn details_come_back_as_they_were() {
        let details = [
            r#"{"type":"reasoning.text","text":"I think\nso","format":"anthropic-claude-v1","index":0,"signature":"Sig=="}"#,
            r#"{"type":"reasoning.encrypted","data":"abc","id":"rs_1","index":0}"#,
        ];
        let sealed = Envelope::pack("openai/gpt-5:nitro", details.map(raw).to_vec(), "I think\nso");
        assert!(!sealed.contains("think"), "the text is not carried twice");
        let open = Envelope::open(&sealed, "I think\nso").unwrap();
        let back: Vec<&str> = open.details.iter().map(|detail| detail.get()).collect();
        assert_eq!(back, details);
        assert!(
            open.is_of("openai/gpt-5")
                && open.is_of("openai/gpt-5:floor")
                && !open.is_of("openai/gpt-5-mini")
        );
    }

    #[test]
    fn hidden_text_travels_inside() {
        let detail = r#"{"type":"reasoning.text","text":"secret","index":0}"#;
        let open = Envelope::open(&Envelope::pack("a/b", vec![raw(detail)], ""), "").unwrap();
        assert_eq!(open.details[0].get(), detail);
        let open = Envelope::open(&Envelope::pack_plain("a/b", Some("secret")), "").unwrap();
        assert_eq!((open.plain, open.hidden.as_deref()), (true, Some("secret")));
    }

    #[test]
    fn a_text_that_looks_like_the_mark_comes_back() {
        for (texts, shown) in [(["\u{1}", "x"], "\u{1}x"), (["\u{1}", "\u{1}"], "\u{1}"), (["\u{1}", ""], "")]
        {
            let details = texts.map(|text| raw(&serde_json::json!({"text": text}).to_string())).to_vec();
            let before: Vec<String> = details.iter().map(|detail| detail.get().to_owned()).collect();
            let open = Envelope::open(&Envelope::pack("a/b", details, shown), shown).unwrap();
            let after: Vec<&str> = open.details.iter().map(|detail| detail.get()).collect();
            assert_eq!(after, before, "{shown:?}");
        }
    }

    #[test]
    fn escapes_come_back_as_the_maker_wrote_them() {
        let detail = r#"{"type":"reasoning.text","text":"\u00fcber \/ und","index":0}"#;
        let sealed = Envelope::pack("a/b", vec![raw(detail)], "über / und");
        assert_eq!(Envelope::open(&sealed, "über / und").unwrap().details[0].get(), detail);
    }

    #[test]
    fn what_is_packed_is_checked_too() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for detail in [deep.as_str(), r#"{"text":"\ud800"}"#] {
            let packed = format!(r#"{{"m":"a/b","d":[{detail}]}}"#);
            let sealed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(packed));
            assert!(Envelope::open(&sealed, "").is_none(), "{detail:.40}");
        }
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        for text in ["", "EqQBCkYIBxgCKkD", "turnpike.1.", "turnpike.1.!!", "turnpike.2.e30"] {
            assert!(Envelope::open(text, "").is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_data_round_trip(text in "\\PC{0,30}", data in "\\PC{0,30}", shown in any::<bool>()) {
            let details = vec![
                raw(&serde_json::json!({"type": "reasoning.text", "text": text, "index": 0}).to_string()),
                raw(&serde_json::json!({"type": "reasoning.encrypted", "data": data, "id": text}).to_string()),
            ];
            let before: Vec<String> = details.iter().map(|d| d.get().to_owned()).collect();
            let shown = if shown { text.as_str() } else { "" };
            let open = Envelope::open(&Envelope::pack("m/x", details, shown), shown).unwrap();
            let after: Vec<String> = open.details.iter().map(|d| d.get().to_owned()).collect();
            prop_assert_eq!(before, after);
        }
    }
}
