//! Files as the tools' own users write them, and what they become.

use super::*;

const CCR: &str = r#"{
  // what the tool's own readme shows, with a key of nobody's
  "LOG": true,
  "APIKEY": "local-secret",
  "CUSTOM_ROUTER_PATH": "$HOME/.claude-code-router/custom-router.js",
  "Providers": [
    {
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
      "api_key": "sk-or-v1-0000000000000000ccr1",
      "models": ["google/gemini-3.7-flash", "openai/gpt-5.6-terra", "moonshotai/kimi-k3"],
      "transformer": {
        "use": ["openrouter", ["maxtoken", {"max_tokens": 16384}]],
        "moonshotai/kimi-k3": {"use": [["openrouter", {"provider": {"only": ["moonshotai"]}}], "enhancetool"]},
      },
    },
    {"name": "ollama", "api_base_url": "http://localhost:11434/v1/chat/completions", "api_key": "ollama", "models": ["qwen3"]},
  ],
  "Router": {
    "default": "openrouter,openai/gpt-5.6-terra",
    "background": "ollama,qwen3",
    "think": "openrouter,moonshotai/kimi-k3",
    "longContext": "openrouter,google/gemini-3.7-flash",
    "longContextThreshold": 120000,
    "webSearch": "openrouter,google/gemini-3.7-flash:online",
  },
  "fallback": {"default": ["openrouter,moonshotai/kimi-k3", "ollama,qwen3"]},
}"#;

const CCR_BECOMES: &str = r#"[[rule]]
name = "long context"
when = { min_tokens = 120000 }
target = "google/gemini-3.7-flash"
params = { max_tokens = 16384 }

[[rule]]
name = "web search"
when = { web_search = true }
target = "google/gemini-3.7-flash:online"
params = { max_tokens = 16384 }

[[rule]]
name = "thinking"
when = { thinking = true }
target = "moonshotai/kimi-k3"
params = { max_tokens = 16384 }
provider = { only = ["moonshotai"] }

[[map]]
name = "claude-*"
target = "openai/gpt-5.6-terra"
fallback = ["moonshotai/kimi-k3"]
params = { max_tokens = 16384 }
"#;

const LITELLM: &str = r#"
model_list:
  - model_name: "claude-*"          # the rest
    litellm_params: &or
      model: openrouter/z-ai/glm-5.2
      api_key: os.environ/OPENROUTER_API_KEY
  - model_name: claude-opus-5
    litellm_params:
      <<: *or
      model: openrouter/openai/gpt-5.6-terra
      temperature: 0.2
      extra_body: {provider: {sort: price}}
  - model_name: claude-opus-5
    litellm_params: {model: openrouter/deepseek/deepseek-v4-pro-0813, api_key: os.environ/OPENROUTER_API_KEY}
  - model_name: long
    litellm_params: {model: openai/google/gemini-3.7-flash, api_base: https://openrouter.ai/api/v1, api_key: os.environ/OPENROUTER_API_KEY}
  - model_name: local
    litellm_params: {model: ollama/qwen3, api_base: http://localhost:11434}
  - model_name: "*"
    litellm_params: {model: "openrouter/*", api_key: os.environ/OPENROUTER_API_KEY}
litellm_settings:
  drop_params: true
  fallbacks: [{claude-opus-5: [claude-*, local]}]
  context_window_fallbacks: [{claude-opus-5: [long]}]
router_settings:
  routing_strategy: usage-based-routing-v2
  model_group_alias: {best: claude-opus-5, quick: {model: long, hidden: true}}
general_settings:
  master_key: sk-1234
"#;

const LITELLM_BECOMES: &str = r#"[[map]]
name = "claude-opus-5"
target = "openai/gpt-5.6-terra"
fallback = ["deepseek/deepseek-v4-pro-0813", "z-ai/glm-5.2", "google/gemini-3.7-flash"]
params = { temperature = 0.2 }
provider = { sort = "price" }

[[map]]
name = "long"
target = "google/gemini-3.7-flash"

[[map]]
name = "best"
target = "openai/gpt-5.6-terra"
fallback = ["deepseek/deepseek-v4-pro-0813", "z-ai/glm-5.2", "google/gemini-3.7-flash"]
params = { temperature = 0.2 }
provider = { sort = "price" }

[[map]]
name = "quick"
target = "google/gemini-3.7-flash"

[[map]]
name = "claude-*"
target = "z-ai/glm-5.2"
"#;

const PROFILE: &str = "\
# my shell
export PATH=\"$HOME/bin:$PATH\"
export OPENROUTER_API_KEY=sk-or-v1-0000000000000000env1
export ANTHROPIC_BASE_URL=\"https://openrouter.ai/api\"
export ANTHROPIC_AUTH_TOKEN=\"$OPENROUTER_API_KEY\"
export ANTHROPIC_API_KEY=\"\"
export ANTHROPIC_MODEL=openai/gpt-5.6-terra
export ANTHROPIC_DEFAULT_HAIKU_MODEL='openai/gpt-5.6-luna'
export CLAUDE_CODE_SUBAGENT_MODEL=z-ai/glm-5.2
";

const PROFILE_BECOMES: &str = r#"[[map]]
name = "*haiku*"
target = "openai/gpt-5.6-luna"

[[map]]
name = "claude-*"
target = "openai/gpt-5.6-terra"

[[rule]]
name = "sub-agents"
when = { class = "subagent" }
target = "z-ai/glm-5.2"
"#;

fn imported(from: ImportFrom, text: &str, config: &str) -> Result<Import, ApiError> {
    let variables =
        |name: &str| (name == "OPENROUTER_API_KEY").then(|| "sk-or-v1-0000000000000000var1".to_owned());
    let held = read(from, Path::new("/h/file"), text, &variables)?;
    let config = Config::of_text(config).unwrap();
    Ok(Import::of(held, Vec::new(), &config, "r", &Catalogue::built_in()))
}

/// Label, tool, its file, what it becomes, the key's end, and what is told.
type Row = (&'static str, ImportFrom, &'static str, &'static str, &'static str, &'static [&'static str]);

#[test]
fn each_tools_settings_become_maps_and_rules() {
    let rows: [Row; 4] = [
        (
            "claude-code-router",
            ImportFrom::Ccr,
            CCR,
            CCR_BECOMES,
            "ccr1",
            &[
                "router script",
                "rules cover its uses",
                "`Router.background` names `ollama,qwen3`",
                "enhancetool",
            ],
        ),
        (
            "LiteLLM",
            ImportFrom::Litellm,
            LITELLM,
            LITELLM_BECOMES,
            "var1",
            &[
                "`local` goes to `ollama/qwen3`",
                "several deployments",
                "needs no map",
                "routing_strategy",
                "drop_params",
                "master_key",
            ],
        ),
        (
            "a profile",
            ImportFrom::Shell,
            PROFILE,
            PROFILE_BECOMES,
            "env1",
            &["still sends Claude Code to OpenRouter itself"],
        ),
        (
            "another gateway's profile",
            ImportFrom::Env,
            "ANTHROPIC_BASE_URL=http://127.0.0.1:3456\nANTHROPIC_MODEL=a/b\nANTHROPIC_AUTH_TOKEN=x\n",
            "",
            "",
            &["not to OpenRouter"],
        ),
    ];
    for (label, from, text, becomes, key, told) in rows {
        let Import { preview, key: found, .. } = imported(from, text, "").unwrap();
        assert_eq!(preview.text, becomes, "{label}");
        let masked = preview.key.map(|key| key.masked).unwrap_or_default();
        assert!(masked.ends_with(key) && found.is_some() != key.is_empty(), "{label}: {masked}");
        let notices = preview.notices.join("\n");
        for sentence in told {
            assert!(notices.contains(sentence), "{label}: {sentence}\n{notices}");
        }
        assert!(!notices.contains("000000") && !masked.contains("000000"), "{label}: {notices}");
        assert_eq!(preview.conflicts, [""; 0], "{label}");
        // The text is whole: as a file of its own it loads.
        let config = Config::of_text(&preview.text).unwrap();
        assert_eq!((config.maps.len(), config.rules.len()), (preview.maps, preview.rules), "{label}");
    }
}

#[test]
fn what_the_configuration_says_stays() {
    let own = "[[map]]\nname = \"claude-*\"\ntarget = \"a/b\"\npreset = \"balanced\"\n\n[[rule]]\nwhen = { thinking = true }\ntarget = \"a/c\"\n";
    let preview = imported(ImportFrom::Ccr, CCR, own).unwrap().preview;
    assert_eq!((preview.maps, preview.rules), (0, 2));
    let conflicts = preview.conflicts.join("\n");
    for told in [
        "map `claude-*` → openai/gpt-5.6-terra",
        "→ a/b",
        "preset balanced",
        "rule `thinking`",
        "→ a/c; it stays",
    ] {
        assert!(conflicts.contains(told), "{told}: {conflicts}");
    }
    let first = "[[map]]\nname = \"*opus*\"\ntarget = \"a/b\"\n";
    let preview = imported(ImportFrom::Ccr, CCR, first).unwrap().preview;
    assert_eq!(preview.maps, 1);
    assert!(
        preview.conflicts.join("").contains("`*opus*` comes before the map `claude-*`"),
        "{:?}",
        preview.conflicts
    );
}

#[test]
fn what_is_malformed_is_told_with_its_place_and_without_its_text() {
    let rows = [
        ("cut off", ImportFrom::Ccr, "{\"Providers\": [{\"api_key\": \"sk-or-v1-secret\"", "line 1"),
        ("of another type", ImportFrom::Ccr, "{\n\"Providers\": \"sk-or-v1-secret\"}", "line 2"),
        ("a list", ImportFrom::Litellm, "model_list: sk-or-v1-secret\n", "`model_list`"),
        ("no table at all", ImportFrom::Litellm, "- sk-or-v1-secret\n", "line 1"),
        (
            "a name that is a list",
            ImportFrom::Litellm,
            "model_list:\n  - litellm_params: {}\n  - model_name:\n    - sk-or-v1-secret\n",
            "`model_list[1]`",
        ),
        (
            "wrong indentation",
            ImportFrom::Litellm,
            "model_list:\n  - model_name: a\n key: sk-or-v1-secret\n",
            "line 3",
        ),
        ("aliases without end", ImportFrom::Litellm, "model_list: &a [*a, sk-or-v1-secret]\n", "LiteLLM"),
    ];
    for (label, from, text, place) in rows {
        let error = imported(from, text, "").unwrap_err();
        let message = error.message;
        assert_eq!(error.code, ErrorCode::Invalid, "{label}");
        assert!(message.contains(place) && message.contains("/h/file"), "{label}: {message}");
        assert!(!message.contains("secret"), "{label}: {message}");
    }
}

#[test]
fn what_cannot_be_a_map_is_left_out_and_the_rest_is_taken() {
    let text = "model_list:\n- {model_name: 'two words', litellm_params: {model: openrouter/a/b}}\n- {model_name: c, litellm_params: {model: openrouter/a/d, temperature: hot}}\n";
    let preview = imported(ImportFrom::Litellm, text, "").unwrap().preview;
    assert_eq!(preview.text, "[[map]]\nname = \"c\"\ntarget = \"a/d\"\n");
    let notices = preview.notices.join("\n");
    for told in ["`two words` of LiteLLM is left out", "parameters of `c`", "`a/d` is not in the catalogue"] {
        assert!(notices.contains(told), "{told}: {notices}");
    }
}

#[test]
fn what_litellm_takes_is_taken() {
    let deployment = "{model_name: c, litellm_params: {model: openrouter/a/d, api_base: null}}";
    let rows = [
        ("numbers among variables", "environment_variables:\n  REDIS_PORT: 6379\n  DEBUG: true\n"),
        ("a list without entries", "litellm_settings:\n  fallbacks:\n  #  - a: [b]\n  default_fallbacks:\n"),
        ("an entry without a list", "router_settings:\n  fallbacks:\n    - c:\n  model_group_alias:\n"),
        ("an entry without content", "litellm_settings:\n  context_window_fallbacks:\n    -\n"),
        ("parts without content", "router_settings:\ngeneral_settings:\nenvironment_variables:\n"),
        ("a variable without a value", "environment_variables:\n  REDIS_HOST:\n"),
        ("a number as a name", "litellm_settings:\n  default_fallbacks: [4]\n"),
    ];
    for (label, rest) in rows {
        let text = format!("model_list:\n- {deployment}\n-\n{rest}");
        let preview =
            imported(ImportFrom::Litellm, &text, "").unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(preview.preview.text, "[[map]]\nname = \"c\"\ntarget = \"a/d\"\n", "{label}");
    }
    let numbered = "model_list:\n- {model_name: 4, litellm_params: {model: openrouter/a/d}}\n";
    let preview = imported(ImportFrom::Litellm, numbered, "").unwrap().preview;
    assert_eq!(preview.text, "[[map]]\nname = \"4\"\ntarget = \"a/d\"\n");
}

#[test]
fn a_file_that_cannot_be_read_does_not_end_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("config.yaml", b"model_list: sk-or-v1-secret\n");
    write("litellm_config.yaml", b"model_list: \xff\n");
    let good = "model_list:\n- {model_name: c, litellm_params: {model: openrouter/a/d}}\n";
    write("proxy_config.yaml", good.as_bytes());
    let file = ConfigFile::new(folder.path().join("config.toml"));
    let place = ImportPlace {
        from: Some(ImportFrom::Litellm),
        folder: Some(folder.path().display().to_string()),
        path: None,
    };
    let preview = look(&file, &place, &Catalogue::built_in()).unwrap().preview;
    assert_eq!(preview.text, "[[map]]\nname = \"c\"\ntarget = \"a/d\"\n");
    let notices = preview.notices.join("\n");
    for told in
        ["/config.yaml, `model_list`: these are no settings of LiteLLM", "/litellm_config.yaml is no text"]
    {
        assert!(notices.contains(told) && !notices.contains("secret"), "{told}: {notices}");
    }

    // Who names it wants that one.
    let named = folder.path().join("config.yaml").display().to_string();
    let refused =
        look(&file, &ImportPlace { path: Some(named), ..place }, &Catalogue::built_in()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid);
    assert!(refused.message.ends_with("Mend the file or name another; nothing was changed"), "{refused}");
}

#[test]
fn it_is_written_as_it_was_shown_behind_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let own = "# mine\n[budget]\ndaily_usd = 3.00\n";
    std::fs::write(&path, own).unwrap();
    let source = folder.path().join("config.json");
    std::fs::write(&source, CCR).unwrap();
    let file = ConfigFile::new(path.clone());
    let place = ImportPlace { path: Some(source.display().to_string()), ..ImportPlace::default() };
    let import = look(&file, &place, &Catalogue::built_in()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own, "looking writes nothing");
    assert_eq!(import.preview.sources[0].from, ImportFrom::Ccr);
    apply_in(&file, &import).unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, format!("{own}\n{CCR_BECOMES}"));
    assert!(!written.contains("sk-or-"), "the key is in no file");
    // Once more: all of it is there already.
    let again = look(&file, &place, &Catalogue::built_in()).unwrap();
    assert_eq!((again.preview.text.as_str(), again.preview.conflicts.len()), ("", 4));
    let error = look(
        &file,
        &ImportPlace { path: Some("/nowhere/x.json".to_owned()), ..place },
        &Catalogue::built_in(),
    );
    assert_eq!(error.unwrap_err().code, ErrorCode::NotFound);
}
