//! Chat completions as one JSON body: the sum of what the stream would have said.

use serde_json::{Map, Value, json};

use super::{Event, Identity, quoted, usage};
use crate::clock;
use crate::meter::Produced;
use crate::script::{Act, Ending, Script};
use crate::slug::UsageShape;

/// Collects a script into a message.
#[derive(Default)]
struct Sum {
    /// White space before the body, as slow plain answers carry it.
    lead: String,
    content: String,
    reasoning: String,
    refusal: String,
    details: Vec<Value>,
    calls: Vec<Value>,
    annotations: Vec<Value>,
    images: Vec<Value>,
    error: Option<Value>,
    finish: Option<(Option<&'static str>, Option<&'static str>)>,
}

/// The body of a plain answer, as one event.
pub(crate) fn body(mut identity: Identity, script: Script) -> Event {
    let mut sum = Sum::default();
    let mut produced = Produced::default();
    for act in script.acts {
        let one = act.produced();
        identity.meter.add(one);
        produced.completion += one.completion;
        produced.reasoning += one.reasoning;
        produced.searches += one.searches;
        sum.act(act);
    }
    if !script.ending.billed {
        identity.meter = identity.meter.unbilled();
    }
    let lead = std::mem::take(&mut sum.lead);
    let choice = script.plain_choice.unwrap_or_else(|| sum.choice(&script.ending));
    let usage = match identity.usage {
        UsageShape::None => String::new(),
        shape => format!(",\"usage\":{}", usage::chat(&identity.meter, shape)),
    };
    let text = format!(
        r#"{lead}{{"id":{},"object":"chat.completion","created":{},"model":{},"provider":{},"system_fingerprint":null,"service_tier":null,"choices":[{choice}]{usage}}}"#,
        quoted(&identity.id),
        identity.created,
        quoted(&identity.model),
        quoted(&identity.provider),
    );
    Event::content(text, produced)
}

// === impl Sum ===

impl Sum {
    fn act(&mut self, act: Act) {
        match act {
            Act::Text(text) => self.content.push_str(&text),
            Act::Stamp(sequence) => {
                self.content.push_str(&format!("{sequence}:{} ", clock::monotonic_nanos()));
            }
            Act::Think(text, format) => {
                self.reasoning.push_str(&text);
                let format = if format.is_empty() { Value::Null } else { json!(format) };
                self.detail(json!({"type": "reasoning.text", "text": text, "format": format, "index": 0}));
            }
            Act::Sign(signature) => self.detail(json!({
                "type": "reasoning.text", "signature": signature, "format": "anthropic-claude-v1", "index": 0,
            })),
            Act::Redacted(data) => self.detail(json!({
                "type": "reasoning.encrypted", "data": data, "format": "anthropic-claude-v1", "index": 0,
            })),
            Act::Call { index, id, name } => self.calls.push(json!({
                "index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""},
            })),
            Act::Args { index, fragment } => {
                self.call(&json!({"index": index, "function": {"arguments": fragment}}));
            }
            Act::Search(search) => self.annotations.extend(super::chat::citation_values(&search)),
            Act::Fetch(fetch) => self.delta(&super::chat::fetched(&fetch)),
            Act::Delta(delta) => self.delta(&delta),
            Act::Chunk(chunk) => {
                self.delta(&chunk.delta);
                self.error = chunk.error.or(self.error.take());
                self.finish = Some((chunk.finish, chunk.native));
            }
            Act::Line(line) if line.trim().is_empty() => self.lead.push_str(&line),
            Act::Line(_) => {}
        }
    }

    /// Adds a delta of any shape.
    fn delta(&mut self, delta: &Value) {
        for (field, target) in [
            ("content", &mut self.content),
            ("reasoning", &mut self.reasoning),
            ("refusal", &mut self.refusal),
        ] {
            target.push_str(delta[field].as_str().unwrap_or_default());
        }
        for detail in list(delta, "reasoning_details") {
            self.detail(detail.clone());
        }
        for call in list(delta, "tool_calls") {
            self.call(call);
        }
        self.annotations.extend(list(delta, "annotations").iter().cloned());
        self.images.extend(list(delta, "images").iter().cloned());
    }

    /// Joins text, summary and signature of neighbours of the same type.
    fn detail(&mut self, detail: Value) {
        let same =
            |last: &Value| ["type", "format", "index", "id"].iter().all(|key| last[*key] == detail[*key]);
        match self.details.last_mut().filter(|last| same(last) && last.get("signature").is_none()) {
            Some(last) => {
                for key in ["text", "summary", "signature"] {
                    append(last, &detail, key);
                }
            }
            None => self.details.push(detail),
        }
    }

    /// A fragment that names its function starts a call, unless the same call (by id and index) is known or
    /// the call it continues still lacks its name. Any other continues the call of its id, else of its index.
    fn call(&mut self, fragment: &Value) {
        let id = fragment["id"].as_str().filter(|id| !id.is_empty());
        let (index, name) = (&fragment["index"], fragment["function"]["name"].as_str());
        let position = match id {
            Some(id) => self
                .calls
                .iter()
                .rposition(|call| call["id"] == id && (name.is_none() || call["index"] == *index)),
            None => self
                .calls
                .iter()
                .rposition(|call| call["index"] == *index)
                .filter(|at| name.is_none() || self.calls[*at]["function"].get("name").is_none()),
        };
        let Some(call) = position.and_then(|at| self.calls.get_mut(at)) else {
            self.calls.push(fragment.clone());
            return;
        };
        if let (Some(name), None) = (name, call["function"].get("name")) {
            call["function"]["name"] = json!(name);
        }
        append(&mut call["function"], &fragment["function"], "arguments");
    }

    fn choice(self, ending: &Ending) -> Value {
        let (finish, native) = match self.finish {
            Some(said) if !ending.finish_chunk => said,
            _ => (ending.finish, ending.native),
        };
        let nothing = self.content.is_empty() && (!self.calls.is_empty() || !self.refusal.is_empty());
        let mut message = Map::new();
        message.insert("role".into(), json!("assistant"));
        message.insert("content".into(), if nothing { Value::Null } else { json!(self.content) });
        message.insert("refusal".into(), text_or_null(self.refusal));
        message.insert("reasoning".into(), text_or_null(self.reasoning));
        for (field, values) in [
            ("reasoning_details", self.details),
            ("tool_calls", self.calls),
            ("annotations", self.annotations),
            ("images", self.images),
        ] {
            if !values.is_empty() {
                message.insert(field.into(), json!(values));
            }
        }
        let mut choice = json!({
            "index": 0, "logprobs": null, "finish_reason": finish, "native_finish_reason": native, "message": message,
        });
        if let Some(error) = self.error {
            choice["error"] = error;
        }
        choice
    }
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Appends a string field of one object to that of another.
fn append(target: &mut Value, from: &Value, key: &str) {
    let Some(more) = from[key].as_str() else { return };
    match &mut target[key] {
        Value::String(whole) => whole.push_str(more),
        other => *other = json!(more),
    }
}

fn text_or_null(text: String) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}
