//! Reasoning that is packed into a signature comes back byte for byte; what is no envelope of ours does no harm.

use arbitrary::Arbitrary;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use serde_json::value::RawValue;
use turnpike_translate::reasoning::Envelope;

/// One turn's reasoning.
#[derive(Arbitrary, Debug)]
pub struct Thought<'a> {
    slug: &'a str,
    shown: &'a str,
    details: Vec<Detail<'a>>,
    /// What somebody else might send for a signature.
    foreign: &'a str,
    packed: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Detail<'a> {
    /// The text that the block shows.
    Shown,
    /// The same, its letters written as escapes.
    Escaped,
    Text(&'a str),
    Summary(&'a str),
    Encrypted(&'a str, &'a str),
    /// Any JSON.
    Raw(&'a str),
}

// === impl Detail ===

impl Detail<'_> {
    fn json(&self, shown: &str) -> Option<Box<RawValue>> {
        let json = match self {
            Self::Shown => json!({"type": "reasoning.text", "text": shown, "index": 0}).to_string(),
            Self::Escaped => {
                let escapes: String = shown.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                format!("{{\"text\": \"{escapes}\" , \"signature\":null}}")
            }
            Self::Text(text) => json!({"text": text, "index": 1}).to_string(),
            Self::Summary(text) => json!({"type": "reasoning.summary", "summary": text}).to_string(),
            Self::Encrypted(data, id) => json!({"data": data, "id": id, "text": shown}).to_string(),
            // Upstreams' JSON is read as a stream's chunk before any of it is packed: values only.
            Self::Raw(text) => {
                serde_json::from_str::<serde_json::Value>(text).ok().map(|_| text.trim().to_owned())?
            }
        };
        RawValue::from_string(json).ok()
    }
}

/// Packs and opens.
pub fn reasoning_envelope(thought: &Thought<'_>) {
    let details: Vec<Box<RawValue>> =
        thought.details.iter().filter_map(|detail| detail.json(thought.shown)).collect();
    let before: Vec<String> = details.iter().map(|detail| detail.get().to_owned()).collect();
    for shown in [thought.shown, ""] {
        let sealed = Envelope::pack(thought.slug, details.clone(), shown);
        assert!(Envelope::is_ours(&sealed));
        let open = Envelope::open(&sealed, shown).expect("our own envelope opens");
        let after: Vec<&str> = open.details.iter().map(|detail| detail.get()).collect();
        assert_eq!(after, before, "packed beside {shown:?}");
        assert!(open.is_of(thought.slug));
    }
    let plain = Envelope::pack_plain(thought.slug, Some(thought.shown));
    let open = Envelope::open(&plain, "").expect("our own envelope opens");
    assert_eq!((open.plain, open.hidden.as_deref()), (true, Some(thought.shown)));
    for sealed in [
        thought.foreign.to_owned(),
        format!("turnpike.1.{}", thought.foreign),
        format!("turnpike.1.{}", URL_SAFE_NO_PAD.encode(thought.packed)),
    ] {
        let _ = Envelope::open(&sealed, thought.shown);
    }
}
