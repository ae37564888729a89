//! One line of the table, and the catalogue entry of the upstream's shape that it stands for.

use serde_json::{Map, Value, json};

/// One line of `catalogue.tsv`. Empty text means: not given.
pub(super) struct Row<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    canonical_slug: &'a str,
    hugging_face_id: &'a str,
    context: &'a str,
    top_context: &'a str,
    max_output: &'a str,
    inputs: &'a str,
    tokenizer: &'a str,
    pub(super) pricing: &'a str,
    overrides: &'a str,
    efforts: &'a str,
    default_effort: &'a str,
    flags: &'a str,
    parameters: &'a str,
    cutoff: &'a str,
    pub(super) plays: &'a str,
    pub(super) provider: &'a str,
}

// === impl Row ===

impl<'a> Row<'a> {
    /// Reads a line; `None` when it has too few columns.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some(Self {
            id: next()?,
            name: next()?,
            canonical_slug: next()?,
            hugging_face_id: next()?,
            context: next()?,
            top_context: next()?,
            max_output: next()?,
            inputs: next()?,
            tokenizer: next()?,
            pricing: next()?,
            overrides: next()?,
            efforts: next()?,
            default_effort: next()?,
            flags: next()?,
            parameters: next()?,
            cutoff: next()?,
            plays: next()?,
            provider: next()?,
        })
    }

    /// The price tiers, each a list of pairs.
    pub(super) fn overrides(&self) -> impl Iterator<Item = &'a str> {
        self.overrides.split('|').filter(|tier| !tier.is_empty())
    }

    fn flag(&self, name: &str) -> bool {
        self.flags.split(',').any(|flag| flag == name)
    }

    /// The entry as `GET /models` lists it; `target` is the name of the model an alias stands for.
    pub(super) fn entry(&self, target: Option<&str>) -> Value {
        let inputs = list(self.inputs);
        let mut pricing: Map<String, Value> =
            pairs(self.pricing).map(|(key, value)| (key.to_owned(), json!(value))).collect();
        let overrides: Vec<Value> = self.overrides().map(tier).collect();
        if !overrides.is_empty() {
            pricing.insert("overrides".to_owned(), json!(overrides));
        }
        let mut entry = json!({
            "id": self.id,
            "canonical_slug": self.canonical_slug,
            "hugging_face_id": text(self.hugging_face_id),
            "name": self.name,
            "created": 1_785_000_000,
            "description": format!("{}, played by a simulator: nothing that it says was written by a model.", self.name),
            "context_length": number(self.context),
            "architecture": {
                "modality": format!("{}->text", inputs.join("+")),
                "input_modalities": inputs,
                "output_modalities": ["text"],
                "tokenizer": self.tokenizer,
                "instruct_type": null,
            },
            "pricing": pricing,
            "top_provider": {
                "context_length": number(self.top_context),
                "max_completion_tokens": number(self.max_output),
                "is_moderated": self.flag("moderated"),
            },
            "per_request_limits": null,
            "supported_parameters": list(self.parameters),
            "default_parameters": {"temperature": null, "top_p": null, "top_k": null},
            "supported_voices": null,
            "knowledge_cutoff": text(self.cutoff),
            "expiration_date": null,
            "links": {"details": format!("/api/v1/models/{}/endpoints", self.canonical_slug)},
        });
        if self.flag("reasoning") {
            entry["reasoning"] = self.reasoning();
        }
        if self.flag("alias") {
            entry["alias_target"] = json!({"slug": self.plays, "name": target});
        }
        entry
    }

    fn reasoning(&self) -> Value {
        let mut reasoning = json!({"mandatory": self.flag("mandatory")});
        let efforts = list(self.efforts);
        if !efforts.is_empty() {
            reasoning["supported_efforts"] = json!(efforts);
            reasoning["default_effort"] = text(self.default_effort);
        }
        if self.flag("on") || self.flag("off") {
            reasoning["default_enabled"] = json!(self.flag("on"));
        }
        if self.flag("budget") {
            reasoning["supports_max_tokens"] = json!(true);
        }
        reasoning
    }
}

/// The entry of a model that plays a scenario.
pub(super) fn of_scenario(name: &str, about: &str, pricing: &str) -> Value {
    let id = format!("{}{name}", crate::slug::PREFIX);
    let row = Row {
        id: &id,
        name: &format!("Simulated: {name}"),
        canonical_slug: &id,
        hugging_face_id: "",
        context: "200000",
        top_context: "200000",
        max_output: "64000",
        inputs: "text,image,file",
        tokenizer: "Other",
        pricing,
        overrides: "",
        efforts: "high,medium,low",
        default_effort: "medium",
        flags: "reasoning",
        parameters: "include_reasoning,max_tokens,reasoning,response_format,stop,structured_outputs,\
                     temperature,tool_choice,tools,top_k,top_p",
        cutoff: "",
        plays: "",
        provider: "",
    };
    let mut entry = row.entry(None);
    entry["description"] = json!(about);
    entry
}

/// `a=1,b=2` as pairs.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(',').filter_map(|pair| pair.split_once('='))
}

fn tier(tier: &str) -> Value {
    let fields = pairs(tier).map(|(key, value)| {
        let value = if key == "min_prompt_tokens" { number(value) } else { json!(value) };
        (key.to_owned(), value)
    });
    Value::Object(fields.collect())
}

fn list(text: &str) -> Vec<&str> {
    text.split(',').filter(|item| !item.is_empty()).collect()
}

fn number(text: &str) -> Value {
    text.parse::<u64>().map_or(Value::Null, Value::from)
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}
