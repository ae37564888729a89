//! The one list of the keys of `config.toml`: what each takes, in words for people, and an example.
//!
//! The reader finds unknown and missing keys by it, words its errors with it, and knows from it which numbers
//! are money. Whether the list and the types agree is tested: each example loads, and each key is here.

/// One key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its path; `[]` stands for each of a list of tables.
    pub path: &'static str,
    /// What it takes: completes "must be …".
    pub what: &'static str,
    /// A value as it would be written, other than the default.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests load every example"))]
    pub example: &'static str,
    /// Whether it is an amount of dollars, to be read from the text itself.
    pub is_money: bool,
    /// Whether its table makes no sense without it.
    pub is_required: bool,
}

const fn key(path: &'static str, what: &'static str, example: &'static str) -> Key {
    Key { path, what, example, is_money: false, is_required: false }
}

const fn money(path: &'static str) -> Key {
    let what = "an amount of dollars, 0 or more, like 5.00";
    Key { path, what, example: "5.00", is_money: true, is_required: false }
}

impl Key {
    const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

const SWITCH: &str = "true or false";
const MODEL: &str =
    "a model like \"openai/gpt-5.6-terra\", \"qwen/qwen3-coder:free\" or a short name like \"qwen3-coder\"";
const MODELS: &str = "a list of models like [\"deepseek/deepseek-v4-pro\", \"z-ai/glm-5.2\"]";
const PATTERN: &str = "a model name without spaces, like \"claude-opus-4-8\" or \"*opus*\"";
const PROVIDERS: &str = "a list of providers like [\"deepinfra\", \"together\"]";
const COUNT: &str = "a whole number from 1";
const ZERO_TO_ONE: &str = "a number from 0 to 1";
const ZERO_TO_TWO: &str = "a number from 0 to 2";
const MINUS_TWO_TO_TWO: &str = "a number from -2 to 2";
const ACTION: &str = "\"warn\" or \"stop\"";

/// Every key of the file that holds a value, but those of a destination.
const KEYS: &[Key] = &[
    key("general.version", "1, the form of this file", "1"),
    key("general.timezone", "\"local\", \"UTC\" or a zone like \"Europe/Berlin\"", "\"UTC\""),
    key(
        "proxy.listen",
        "host:port of this machine like \"127.0.0.1:4117\" (for other machines: --listen with --allow-remote)",
        "\"127.0.0.1:4117\"",
    ),
    key("proxy.max_held_mib", "a whole number of MiB from 1", "64"),
    key(
        "upstream.base_url",
        "an https URL like \"https://openrouter.ai/api/v1\" (plain http only to this machine)",
        "\"https://openrouter.ai/api/v1\"",
    ),
    key("map[].name", PATTERN, "\"*opus*\"").required(),
    key("rule[].name", "a short text without spaces around it", "\"cheap titles\""),
    key(
        "rule[].when.class",
        "\"main\", \"subagent\", \"workflow\", \"compaction\", \"auxiliary\", \"side_reply\" or \"safety_check\"",
        "\"auxiliary\"",
    ),
    key("rule[].when.agent_type", "a kind of sub-agent like \"general-purpose\"", "\"Explore\""),
    key("rule[].when.min_tokens", "a whole number of tokens like 100000", "100000"),
    key("rule[].when.has_image", SWITCH, "true"),
    key("rule[].when.thinking", SWITCH, "true"),
    key("rule[].when.web_search", SWITCH, "true"),
    key("rule[].when.project", "a directory like \"~/src/big-repo\"", "\"~/src/big-repo\""),
    key("rule[].when.model", PATTERN, "\"*haiku*\""),
    key("rule[].when.client", "the name of a [[client]]", "\"ci\""),
    key("retry.max_wait_seconds", "a whole number of seconds from 0 to 600", "30"),
    money("budget.daily_usd"),
    money("budget.weekly_usd"),
    money("budget.monthly_usd"),
    key("budget.warn_at", "a list of fractions over 0 and up to 1, like [0.5, 0.8]", "[0.5, 0.8]"),
    key("budget.action", ACTION, "\"warn\""),
    key("project[].path", "a directory like \"~/src/big-repo\" or \"/srv/app\"", "\"~/src/big-repo\"")
        .required(),
    money("project[].daily_usd"),
    money("project[].weekly_usd"),
    money("project[].monthly_usd"),
    key("project[].action", ACTION, "\"stop\""),
    key("client[].name", "a short text without spaces around it", "\"ci\"").required(),
    key(
        "client[].token_sha256",
        "the SHA-256 of the token, 64 hex digits (`turnpike client add` writes it)",
        "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    ),
    money("client[].daily_usd"),
    money("client[].weekly_usd"),
    money("client[].monthly_usd"),
    key("client[].action", ACTION, "\"stop\""),
    key("client[].models", "a list of patterns like [\"qwen/*\"]", "[\"qwen/*\"]"),
    key("client[].requests_per_minute", COUNT, "30"),
    key("client[].requests_per_hour", COUNT, "600"),
    key("client[].parallel_streams", COUNT, "4"),
    key("claude.undo_on_quit", SWITCH, "false"),
    key("log.level", "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"", "\"debug\""),
    key("notify.limited", SWITCH, "false"),
    key("notify.limit_over", SWITCH, "true"),
    key("notify.fallback", SWITCH, "true"),
    key("notify.budget", SWITCH, "false"),
    key("notify.credits", SWITCH, "true"),
    key("notify.key", SWITCH, "false"),
    key("notify.stopped", SWITCH, "false"),
    key("notify.spike", SWITCH, "true"),
    key("repair.tool_arguments", SWITCH, "false"),
    key("repair.text_tool_calls", SWITCH, "false"),
    key("retention.days", COUNT, "365"),
    key("metrics.enabled", SWITCH, "true"),
];

/// The keys of a destination, which stand in every `[[map]]` and every `[[rule]]`.
const DESTINATION: &[Key] = &[
    key("target", MODEL, "\"openai/gpt-5.6-terra\"").required(),
    key("fallback", MODELS, "[\"z-ai/glm-5.2\"]"),
    key("params.temperature", ZERO_TO_TWO, "0.7"),
    key("params.top_p", ZERO_TO_ONE, "0.9"),
    key("params.top_k", "a whole number from 0", "40"),
    key("params.min_p", ZERO_TO_ONE, "0.05"),
    key("params.top_a", ZERO_TO_ONE, "0.1"),
    key("params.frequency_penalty", MINUS_TWO_TO_TWO, "-0.5"),
    key("params.presence_penalty", MINUS_TWO_TO_TWO, "0.5"),
    key("params.repetition_penalty", ZERO_TO_TWO, "1.1"),
    key("params.seed", "a whole number", "42"),
    key("params.max_tokens", COUNT, "8192"),
    key(
        "params.effort",
        "\"none\", \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\" or \"max\"",
        "\"high\"",
    ),
    key("params.reasoning_max_tokens", COUNT, "4096"),
    key("params.verbosity", "\"low\", \"medium\", \"high\", \"xhigh\" or \"max\"", "\"low\""),
    key("provider.order", PROVIDERS, "[\"deepinfra\"]"),
    key("provider.only", PROVIDERS, "[\"deepinfra\"]"),
    key("provider.ignore", PROVIDERS, "[\"deepinfra\"]"),
    key("provider.allow_fallbacks", SWITCH, "false"),
    key("provider.require_parameters", SWITCH, "true"),
    key("provider.data_collection", "\"allow\" or \"deny\"", "\"deny\""),
    key("provider.zdr", SWITCH, "true"),
    key(
        "provider.quantizations",
        "a list of int4, int8, fp4, mxfp4, nvfp4, fp6, fp8, mxfp8, fp16, bf16, fp32, unknown, like [\"fp8\"]",
        "[\"fp8\", \"bf16\"]",
    ),
    key("provider.sort", "\"price\", \"throughput\", \"latency\" or \"exacto\"", "\"price\""),
    money("provider.max_price.prompt"),
    money("provider.max_price.completion"),
    money("provider.max_price.request"),
    money("provider.max_price.image"),
    money("provider.max_price.audio"),
    key("mode", "\"auto\", \"translate\" or \"native\"", "\"native\""),
    key("cache", SWITCH, "true"),
    money("price.prompt").required(),
    money("price.completion").required(),
    money("price.cache_read"),
    money("price.cache_write"),
    money("price.request"),
    key("timeout_seconds", "a whole number of seconds from 1 to 3600", "120"),
    key("preset", "the preset that wrote this (`turnpike preset use` replaces it)", "\"balanced\""),
];

/// The tables in which [`DESTINATION`] stands.
const WITH_DESTINATION: [&str; 2] = ["map[]", "rule[]"];

/// The tables that must be written although none of their keys must, and what to write.
const REQUIRED_TABLES: &[(&str, &str)] = &[("rule[].when", "a condition like { class = \"auxiliary\" }")];

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A key that holds a value.
    Value(Key),
    /// A table.
    Table,
    /// A list of tables.
    Tables,
}

/// All keys with their whole paths.
pub(super) fn keys() -> impl Iterator<Item = (String, Key)> {
    let destination = WITH_DESTINATION
        .into_iter()
        .flat_map(|table| DESTINATION.iter().map(move |key| (format!("{table}.{}", key.path), *key)));
    KEYS.iter().map(|key| (key.path.to_owned(), *key)).chain(destination)
}

/// What stands at a path (`map[].target`), if anything does.
pub(super) fn place(path: &str) -> Option<Place> {
    keys().find_map(|(whole, key)| {
        let rest = whole.strip_prefix(path)?;
        match rest.as_bytes() {
            [] => Some(Place::Value(key)),
            [b'.', ..] => Some(Place::Table),
            [b'[', ..] => Some(Place::Tables),
            _ => None,
        }
    })
}

/// The names that may stand in the table at a path; the empty path is the file itself.
pub(super) fn names_in(table: &str) -> Vec<String> {
    let mut names: Vec<String> = keys()
        .filter_map(|(whole, _)| below(&whole, table).map(|name| name.trim_end_matches("[]").to_owned()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names that must stand in the table at a path, with what to write.
pub(super) fn required_in(table: &str) -> Vec<(String, &'static str)> {
    let keys = keys().filter(|(_, key)| key.is_required).map(|(whole, key)| (whole, key.what));
    let tables = REQUIRED_TABLES.iter().map(|(whole, what)| ((*whole).to_owned(), *what));
    keys.chain(tables)
        .filter_map(|(whole, what)| {
            let name = below(&whole, table)?;
            (whole.ends_with(name) && whole.len() == joined(table, name).len())
                .then(|| (name.to_owned(), what))
        })
        .collect()
}

/// The first part of `whole` below the table at `path`.
fn below<'a>(whole: &'a str, path: &str) -> Option<&'a str> {
    let rest = if path.is_empty() { whole } else { whole.strip_prefix(path)?.strip_prefix('.')? };
    rest.split('.').next()
}

/// The path of `name` in the table at `path`.
pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        for (path, place_there) in [
            ("general", "table"),
            ("general.version", "value"),
            ("map", "tables"),
            ("map[]", "table"),
            ("map[].target", "value"),
            ("map[].provider", "table"),
            ("map[].provider.max_price", "table"),
            ("rule[].when", "table"),
            ("rule[].when.class", "value"),
            ("ma", "nothing"),
            ("map[].targ", "nothing"),
            ("general.version.x", "nothing"),
        ] {
            let got = match place(path) {
                Some(Place::Value(_)) => "value",
                Some(Place::Table) => "table",
                Some(Place::Tables) => "tables",
                None => "nothing",
            };
            assert_eq!(got, place_there, "{path}");
        }
    }

    #[test]
    fn names_and_needs_of_tables() {
        let needs = |table| required_in(table).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names_in("budget"), ["action", "daily_usd", "monthly_usd", "warn_at", "weekly_usd"]);
        assert!(names_in("").contains(&"map".to_owned()) && names_in("").contains(&"proxy".to_owned()));
        assert_eq!(needs("map[]"), ["name", "target"]);
        assert_eq!(needs("rule[]"), ["target", "when"]);
        assert_eq!(needs("map[].price"), ["prompt", "completion"]);
        assert!(needs("").is_empty() && needs("budget").is_empty());
    }
}
