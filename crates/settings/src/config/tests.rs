use std::collections::BTreeSet;

use toml_edit::Document;
use turnpike_wire::money::NanoUsd;

use super::locate::parse;
use super::schema::{self, Place};
use super::*;

fn good(text: &str) -> Config {
    read::config(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

fn fault(text: &str) -> Fault {
    read::config(text).expect_err(text)
}

/// A file that holds one key of the list, with what its table cannot do without.
fn with_key(path: &str, value: &str) -> String {
    let Some((list, below)) = path.split_once("[].") else {
        let (section, key) = path.split_once('.').unwrap();
        return format!("[{section}]\n{key} = {value}\n");
    };
    let mut text = format!("[[{list}]]\n{below} = {value}\n");
    for (needed, example) in [
        ("map[].name", "\"x\""),
        ("map[].target", "\"a/b\""),
        ("rule[].when.class", "\"main\""),
        ("rule[].target", "\"a/b\""),
        ("project[].path", "\"/srv\""),
        ("client[].name", "\"x\""),
    ] {
        let is_of_list = needed.strip_prefix(&format!("{list}[].")).filter(|needed| *needed != below);
        if let Some(needed) = is_of_list {
            text.push_str(&format!("{needed} = {example}\n"));
        }
    }
    match below {
        "price.prompt" => text.push_str("price.completion = 1\n"),
        "price.completion" => text.push_str("price.prompt = 1\n"),
        price if price.starts_with("price.") => text.push_str("price.prompt = 1\nprice.completion = 1\n"),
        _ => {}
    }
    text
}

#[test]
fn every_key_of_the_list_is_read_and_changes_something() {
    for (path, key) in schema::keys() {
        let written = good(&with_key(&path, key.example));
        let without = with_key(&path, "0")
            .lines()
            .filter(|line| !line.ends_with(" = 0"))
            .collect::<Vec<_>>()
            .join("\n");
        match read::config(&without) {
            // Its table makes no sense without it.
            Err(_) => assert!(key.is_required || path == "rule[].when.class", "{path}"),
            Ok(config) if path == "general.version" => assert_eq!(config, written),
            Ok(config) => {
                let says_default = ["proxy.listen", "budget.daily_usd", "budget.action", "budget.warn_at"];
                let is_new = written != config || says_default.contains(&path.as_str());
                assert!(is_new, "{path} = {} is as if it were not there", key.example);
            }
        }
    }
}

/// The names a type takes stand in its own complaint about a name that it does not take.
#[test]
fn the_list_of_keys_and_the_types_agree() {
    let mut tables: BTreeSet<String> = BTreeSet::from([String::new()]);
    for (path, _) in schema::keys() {
        for (dot, _) in path.match_indices('.') {
            tables.insert(path[..dot].to_owned());
        }
    }
    for table in tables {
        let text = match table.split_once("[]") {
            None if table.is_empty() => "zzz = 1".to_owned(),
            None => format!("{table}.zzz = 1"),
            Some((list, below)) => format!(
                "[[{list}]]\n{}zzz = 1",
                below.trim_start_matches('.').to_owned() + if below.is_empty() { "" } else { "." }
            ),
        };
        let complaint = typed::read::<Config>(&Document::parse(text.as_str()).unwrap()).unwrap_err().why;
        let known = complaint.split_once("expected ").unwrap_or_else(|| panic!("{table}: {complaint}")).1;
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let mut known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        known.sort_unstable();
        assert_eq!(known, schema::names_in(&table), "{table}");
    }
}

#[test]
fn the_documented_example_means_what_it_says() {
    let config = good(include_str!("tests/example.toml"));
    let [map] = &config.maps[..] else { panic!("{:?}", config.maps) };
    assert_eq!((map.name.as_str(), map.to.target.as_str()), ("*opus*", "openai/gpt-5.6-terra"));
    assert_eq!(map.to.fallback, ["deepseek/deepseek-v4-pro-0813", "z-ai/glm-5.2"]);
    assert_eq!(map.to.params.temperature, Some(0.7));
    assert_eq!(map.to.provider.sort, Some(ProviderSort::Price));
    let price = map.to.provider.max_price.clone().unwrap();
    assert_eq!(
        (price.prompt, price.completion),
        (Some(NanoUsd(2_000_000_000)), Some(NanoUsd(10_000_000_000)))
    );
    assert_eq!(map.to.mode, Mode::Auto);
    assert_eq!(config.rules[0].when.class, Some(RequestClass::Auxiliary));
    assert_eq!(config.budget.daily_usd, Some(NanoUsd(5_000_000_000)));
    assert_eq!(config.budget.warn_at, [0.5, 0.8]);
    assert_eq!(config.projects[0].monthly_usd, Some(NanoUsd(20_000_000_000)));
    assert_eq!(config.clients[0].models.as_deref(), Some(&["qwen/*".to_owned()][..]));
    assert!(!config.metrics.enabled);
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = good("");
    assert_eq!(config, Config::default());
    assert_eq!(config.proxy.listen.address().to_string(), "127.0.0.1:4117");
    assert_eq!(
        (config.budget.daily_usd, config.budget.action),
        (Some(NanoUsd(5_000_000_000)), BudgetAction::Warn)
    );
    assert!(config.repair.tool_arguments && config.repair.text_tool_calls);
    assert!(good("# only a comment\n[budget]\n").budget.daily_usd.is_none(), "an empty [budget] sets no cap");
    assert_eq!(good("[budget]\naction = \"warn\"\n").budget.warn_at, [0.5, 0.8]);
}

#[test]
fn money_is_the_text_in_the_file() {
    for (written, nanos) in [
        ("5", 5_000_000_000),
        ("5.00", 5_000_000_000),
        ("0.1", 100_000_000),
        ("0.000000001", 1),
        // As a float this would be 9007199254.740992.
        ("9007199254.740993", 9_007_199_254_740_993_000),
        ("1_000.50", 1_000_500_000_000),
        ("+2.5", 2_500_000_000),
        ("1e-3", 1_000_000),
        ("\"2.50\"", 2_500_000_000),
        ("0", 0),
        ("-0.0", 0),
    ] {
        let config = good(&format!("[budget]\ndaily_usd = {written}\n"));
        assert_eq!(config.budget.daily_usd, Some(NanoUsd(nanos)), "{written}");
        let in_braces = good(&format!(
            "map = [{{ name = \"x\", target = \"y\", price = {{ prompt = {written}, completion = 1 }} }}]"
        ));
        assert_eq!(in_braces.maps[0].to.price.as_ref().unwrap().prompt, NanoUsd(nanos), "{written}");
    }
}

/// A file with one fault, and how the message begins.
const FAULTS: &[(&str, &str)] = &[
    (
        "[[map]]\nname = \"x\"\ntarget = \"y\"\n\n[[map]]\nname = \"z\"\ntargt = \"y\"\n",
        "line 7: unknown key `targt` in [[map]]; did you mean `target`?",
    ),
    (
        "[proxy]\n\nlisten = \"4117\"\n",
        "line 3: `proxy.listen` must be host:port of this machine like \"127.0.0.1:4117\" (for other machines: --listen with --allow-remote), not \"4117\"",
    ),
    ("[proxy]\nlisten = \"0.0.0.0:4117\"", "line 2: `proxy.listen` must be host:port of this machine like"),
    ("budgt = 1", "line 1: unknown key `budgt` in the file's top level; did you mean `budget`?"),
    ("[general]\nqqq = 1", "line 2: unknown key `qqq` in [general]; remove it"),
    (
        "daily_usd = 1",
        "line 1: unknown key `daily_usd` in the file's top level; did you mean `budget.daily_usd`?",
    ),
    ("[[map]]\ntarget = \"y\"", "line 1: [[map]] needs `name`: a model name without spaces"),
    (
        "\n[[rule]]\ntarget = \"y\"",
        "line 2: [[rule]] needs `when`: a condition like { class = \"auxiliary\" }",
    ),
    ("[[rule]]\nwhen = {}\ntarget = \"y\"", "line 2: a rule without a condition takes every request"),
    ("[map]\nname = \"x\"", "line 1: `map` is a section of its own: write [[map]]"),
    ("budget = 5", "line 1: `budget` is a section of its own: write [budget]"),
    ("map = [1]", "line 1: `map` is a section of its own: write [[map]]"),
    (
        "[budget]\ndaily_usd = -1",
        "line 2: `budget.daily_usd` must be an amount of dollars, 0 or more, like 5.00, not -1",
    ),
    ("[budget]\ndaily_usd = nan", "line 2: `budget.daily_usd` must be an amount of dollars"),
    ("[budget]\ndaily_usd = true", "line 2: `budget.daily_usd` must be an amount of dollars"),
    ("[budget]\ndaily_usd = 99999999999", "line 2: `budget.daily_usd` must be an amount of dollars"),
    ("[budget]\ndaily_usd = 2026-11-21", "line 2: `budget.daily_usd` must be an amount of dollars"),
    ("[budget]\ndaily_usd = [1]", "line 2: `budget.daily_usd` must be an amount of dollars"),
    ("budget.daily_usd = { a = 1 }", "line 1: `budget.daily_usd` must be an amount of dollars"),
    ("[budget]\nwarn_at = 0.5", "line 2: `budget.warn_at` must be a list of fractions"),
    ("[[budget.warn_at]]\nx = 1", "line 1: `budget.warn_at"),
    ("[budget]\naction = [\"stop\"]", "line 2: `budget.action` must be"),
    (
        "[budget]\nwarn_at = [0.5, 1.5]",
        "line 2: `budget.warn_at` must be a list of fractions over 0 and up to 1, like [0.5, 0.8], not [0.5, 1.5]",
    ),
    ("[budget]\nwarn_at = [0]", "line 2: `budget.warn_at` must be a list of fractions"),
    ("[budget]\nwarn_at = [\"x\"]", "line 2: `budget.warn_at"),
    ("[budget]\naction = \"stop\"", "line 2: `budget.action` has no cap to stop at: add daily_usd"),
    (
        "[general]\ntimezone = \"Europe/Berlln\"",
        "line 2: `general.timezone` must be \"local\", \"UTC\" or a zone",
    ),
    (
        "[general]\nversion = 2",
        "line 2: version 2 was written by a newer Turnpike, this one reads up to 1: update",
    ),
    ("[general]\nversion = 2\nnews = 1", "line 2: version 2 was written by a newer Turnpike"),
    ("[general]\nversion = 0", "line 2: `general.version` must be 1"),
    ("[upstream]\nbase_url = \"http://example.org\"", "line 2: `upstream.base_url` must be an https URL"),
    (
        "[upstream]\nbase_url = \"https://u:secret@example.org\"",
        "line 2: `upstream.base_url` must be an https URL like \"https://openrouter.ai/api/v1\" (plain http only to this machine)",
    ),
    (
        "[[client]]\nname = \"ci\"\n[[client]]\nname = \"ci\"",
        "line 4: `ci` stands already in line 2: only the first counts, remove one",
    ),
    (
        "[[client]]\nname = \"x\"\n[[client]]\nname = \"a\"\ntoken_sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n[[client]]\nname = \"b\"\n\
         token_sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
        "line 8: `9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08` stands already in line 5",
    ),
    (
        "[[client]]\nname = \"a\"\ntoken_sha256 = \"abc\"",
        "line 3: `client[0].token_sha256` must be the SHA-256 of the token, 64 hex digits",
    ),
    ("[[client]]\nname = \" \"", "line 2: `client[0].name` must be a short text"),
    ("[[map]]\nname = \"x y\"\ntarget = \"y\"", "line 2: `map[0].name` must be a model name without spaces"),
    ("[[map]]\nname = \"x\"\ntarget = \"a/b/c\"", "line 3: `map[0].target` must be a model like"),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nfallback = [\"ok\", \"no no\"]",
        "line 4: `map[0].fallback` must be a list of models",
    ),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nmode = \"natve\"",
        "line 4: `map[0].mode` must be \"auto\", \"translate\" or \"native\", not \"natve\"",
    ),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nparams = { temprature = 1 }",
        "line 4: unknown key `temprature` in `params` of [[map]]; did you mean `temperature`?",
    ),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\n[map.params]\ntemperature = 3",
        "line 5: `map[0].params.temperature` must be a number from 0 to 2, not 3",
    ),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\ntimeout_seconds = 0",
        "line 4: `map[0].timeout_seconds` must be a whole number of seconds from 1 to 3600, not 0",
    ),
    (
        "[[map]]\nname = \"x\"\ntarget = \"a/b\"\nprice = { prompt = 1 }",
        "line 4: `price` of [[map]] needs `completion`",
    ),
    (
        "[[rule]]\nwhen = { class = \"safety_check\" }\ntarget = \"x/y:free\"",
        "line 3: `x/y:free` is a free model, and a safety check",
    ),
    (
        "[[rule]]\nwhen = { class = \"side\" }\ntarget = \"y\"",
        "line 2: `rule[0].when.class` must be \"main\"",
    ),
    ("[[project]]\npath = \"src\"", "line 2: `project[0].path` must be a directory like"),
    ("[budget\n", "line 1: this is no TOML, column 8:"),
    ("[budget]\ndaily_usd = 1\ndaily_usd = 2\n", "line 3: this is no TOML, column 1:"),
    ("\0\0\0\0", "line 1: this is no TOML"),
];

#[test]
fn faults_name_line_key_and_remedy() {
    for (text, told) in FAULTS {
        let got = fault(text).to_string();
        assert!(got.starts_with(told), "{text}\n  got: {got}\n  not: {told}");
    }
}

#[test]
fn a_fault_carries_its_place() {
    let fault = fault("[budget]\n  daily_usd =   -1\n");
    assert_eq!((fault.line, fault.column, fault.key.as_deref()), (2, 17, Some("budget.daily_usd")));
    assert!(matches!(parse("map.0.target"), path if path == parse("map[0].target")));
    assert!(matches!(schema::place("map[].target"), Some(Place::Value(_))));
}

#[test]
fn zones_are_those_of_the_database() {
    for (name, offset) in [("UTC", "UTC"), ("Asia/Tokyo", "Asia/Tokyo")] {
        let zone = good(&format!("[general]\ntimezone = \"{name}\"")).general.timezone.zone();
        assert_eq!(zone.iana_name(), Some(offset));
    }
}
