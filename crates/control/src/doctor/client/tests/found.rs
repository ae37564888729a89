//! The homes.

use super::{Row, Severity};

use Severity::{Error, Ok, Warning};

const PLAIN: Row = Row { name: "", files: &[], environment: &[], is_running: true, finds: &[] };

/// What `turnpike claude apply` leaves.
const CONNECTED: &str = r#"{"env": {"ANTHROPIC_BASE_URL": "{URL}", "ANTHROPIC_AUTH_TOKEN": "{TOKEN}",
    "ANTHROPIC_API_KEY": "", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "200000"}}"#;
const USER: &str = "home/.claude/settings.json";
const WINDOW: (&str, &str) = ("CLAUDE_CODE_AUTO_COMPACT_WINDOW", "200000");

pub(super) const ROWS: [Row; 32] = [
    Row {
        name: "nothing at all",
        finds: &[("client", Warning, "not in PATH"), ("base URL", Ok, "`turnpike run -- claude`")],
        ..PLAIN
    },
    Row {
        name: "connected",
        files: &[(USER, CONNECTED)],
        finds: &[
            ("base URL", Ok, "`env.ANTHROPIC_BASE_URL` in ~/.claude/settings.json"),
            ("token", Ok, "`env.ANTHROPIC_AUTH_TOKEN` in ~/.claude/settings.json"),
        ],
        ..PLAIN
    },
    Row {
        name: "connected, and no service",
        files: &[(USER, CONNECTED)],
        is_running: false,
        finds: &[(
            "base URL",
            Error,
            "nobody listens → start the service with `turnpike serve`, or disconnect",
        )],
        ..PLAIN
    },
    Row {
        name: "connected, in another spelling",
        files: &[(
            USER,
            r#"{"env": {"ANTHROPIC_BASE_URL": "http://localhost:4117/", "ANTHROPIC_AUTH_TOKEN": "{TOKEN}",
                "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}}"#,
        )],
        finds: &[("base URL", Ok, "http://localhost:4117/"), ("token", Ok, "settings.json")],
        ..PLAIN
    },
    Row {
        name: "connected, with a comment in the file",
        files: &[(USER, "{\"env\": {\"ANTHROPIC_BASE_URL\": \"{URL}\"} // here\n}")],
        finds: &[
            ("settings", Error, "~/.claude/settings.json: it has comments or trailing commas"),
            ("base URL", Ok, "not connected"),
        ],
        ..PLAIN
    },
    Row {
        name: "exported in the terminal",
        environment: &[("ANTHROPIC_BASE_URL", "{URL}"), ("ANTHROPIC_AUTH_TOKEN", "{TOKEN}"), WINDOW],
        finds: &[
            ("base URL", Ok, "ANTHROPIC_BASE_URL in the environment"),
            ("token", Ok, "in the environment"),
        ],
        ..PLAIN
    },
    Row {
        name: "exported by a profile",
        files: &[("home/.bashrc", "# mine\n\nexport ANTHROPIC_BASE_URL={URL}\n")],
        environment: &[("ANTHROPIC_BASE_URL", "{URL}"), ("ANTHROPIC_AUTH_TOKEN", "{TOKEN}"), WINDOW],
        finds: &[("base URL", Ok, "in the environment, from line 3 of ~/.bashrc")],
        ..PLAIN
    },
    Row {
        name: "for new terminals only",
        files: &[("home/.config/fish/config.fish", "set -gx ANTHROPIC_BASE_URL https://gateway.example\n")],
        finds: &[("base URL", Warning, "for new terminals, from line 1 of ~/.config/fish/config.fish")],
        ..PLAIN
    },
    Row {
        name: "a profile asks a program",
        files: &[("home/.bashrc", "export ANTHROPIC_BASE_URL=$(gateway url)\n")],
        finds: &[("base URL", Warning, "made by the shell")],
        ..PLAIN
    },
    Row {
        name: "settings beat the terminal",
        files: &[(USER, CONNECTED)],
        environment: &[
            ("ANTHROPIC_BASE_URL", "https://gateway.example"),
            ("ANTHROPIC_AUTH_TOKEN", "{SECRET}"),
        ],
        finds: &[("base URL", Ok, "settings.json"), ("token", Ok, "settings.json")],
        ..PLAIN
    },
    Row {
        name: "a project's local settings beat the user's",
        files: &[
            (USER, CONNECTED),
            (
                "work/.claude/settings.local.json",
                r#"{"env": {"ANTHROPIC_BASE_URL": "https://gateway.example"}}"#,
            ),
        ],
        finds: &[(
            "base URL",
            Warning,
            "settings.local.json: it wins over your own settings, which lead here",
        )],
        ..PLAIN
    },
    Row {
        name: "a project's settings beat the user's",
        files: &[
            (USER, CONNECTED),
            ("work/.claude/settings.json", r#"{"env": {"ANTHROPIC_AUTH_TOKEN": "{SECRET}"}}"#),
        ],
        finds: &[("token", Error, "work/.claude/settings.json holds another credential")],
        ..PLAIN
    },
    Row {
        name: "an administrator's policy beats all",
        files: &[
            (USER, CONNECTED),
            ("etc/managed-settings.json", r#"{"env": {"ANTHROPIC_BASE_URL": "https://gateway.example"}}"#),
        ],
        finds: &[("base URL", Warning, "ask your administrator")],
        ..PLAIN
    },
    Row {
        name: "a part of the policy beats the policy",
        files: &[
            (USER, CONNECTED),
            ("etc/managed-settings.json", r#"{"env": {"ANTHROPIC_BASE_URL": "https://gateway.example"}}"#),
            ("etc/managed-settings.d/50-url.json", r#"{"env": {"ANTHROPIC_BASE_URL": "{URL}"}}"#),
        ],
        finds: &[("base URL", Ok, "50-url.json")],
        ..PLAIN
    },
    Row {
        name: "settings that are no JSON",
        files: &[(USER, "{\"env\": {")],
        finds: &[("settings", Error, "~/.claude/settings.json: it is not valid JSON")],
        ..PLAIN
    },
    Row {
        name: "the path is written too",
        environment: &[("ANTHROPIC_BASE_URL", "{URL}/v1")],
        finds: &[("base URL", Error, "ends in /v1")],
        ..PLAIN
    },
    Row {
        name: "a router that is gone",
        files: &[(
            USER,
            r#"{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_AUTH_TOKEN": "test"}}"#,
        )],
        finds: &[("base URL", Error, "nobody listens → connect one session")],
        ..PLAIN
    },
    Row {
        name: "an older token",
        files: &[(
            USER,
            r#"{"env": {"ANTHROPIC_BASE_URL": "{URL}", "ANTHROPIC_AUTH_TOKEN": "tp-old-canary", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "1"}}"#,
        )],
        finds: &[("token", Error, "an older local token, which is refused → run `turnpike claude apply`")],
        ..PLAIN
    },
    Row {
        name: "no token",
        environment: &[("ANTHROPIC_BASE_URL", "{URL}"), WINDOW],
        finds: &[("token", Error, "without a token")],
        ..PLAIN
    },
    Row {
        name: "the token by our command",
        files: &[(
            USER,
            r#"{"apiKeyHelper": "'/usr/bin/turnpike' token", "env": {"ANTHROPIC_BASE_URL": "{URL}", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "1"}}"#,
        )],
        finds: &[("token", Ok, "`apiKeyHelper` in ~/.claude/settings.json")],
        ..PLAIN
    },
    Row {
        name: "the token by our command, and another's",
        files: &[(
            USER,
            r#"{"apiKeyHelper": "'/usr/bin/turnpike' token", "env": {"ANTHROPIC_BASE_URL": "{URL}", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "1"}}"#,
        )],
        environment: &[("ANTHROPIC_AUTH_TOKEN", "{SECRET}")],
        finds: &[("token", Warning, "sent beside ours → unset ANTHROPIC_AUTH_TOKEN in the environment")],
        ..PLAIN
    },
    Row {
        name: "another's helper",
        files: &[
            (USER, CONNECTED),
            ("work/.claude/settings.json", r#"{"apiKeyHelper": "/opt/vault/key.sh"}"#),
        ],
        finds: &[("token", Ok, "settings.json"), ("token", Warning, "/opt/vault/key.sh")],
        ..PLAIN
    },
    Row {
        name: "a key of Anthropic's",
        environment: &[
            ("ANTHROPIC_BASE_URL", "{URL}"),
            ("ANTHROPIC_AUTH_TOKEN", "{TOKEN}"),
            ("ANTHROPIC_API_KEY", "{SECRET}"),
            WINDOW,
        ],
        finds: &[("token", Ok, ""), ("token", Warning, "ANTHROPIC_API_KEY in the environment is set")],
        ..PLAIN
    },
    Row {
        name: "Bedrock",
        files: &[(USER, CONNECTED)],
        environment: &[("CLAUDE_CODE_USE_BEDROCK", "1")],
        finds: &[("variables", Error, "to Amazon Bedrock, past Turnpike → unset CLAUDE_CODE_USE_BEDROCK")],
        ..PLAIN
    },
    Row {
        name: "variables that get in the way",
        files: &[(USER, CONNECTED)],
        environment: &[
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("HTTP_PROXY", "http://proxy:3128"),
            ("CLAUDE_CODE_USE_VERTEX", "0"),
        ],
        finds: &[
            ("variables", Warning, "dialog in auto mode"),
            ("variables", Warning, "NO_PROXY=127.0.0.1,localhost"),
        ],
        ..PLAIN
    },
    Row {
        name: "a proxy for the others",
        files: &[(USER, CONNECTED)],
        environment: &[("HTTP_PROXY", "http://proxy:3128"), ("NO_PROXY", "example.org, 127.0.0.1")],
        ..PLAIN
    },
    Row {
        name: "a window that is too large",
        environment: &[("ANTHROPIC_BASE_URL", "{URL}"), ("ANTHROPIC_AUTH_TOKEN", "{TOKEN}")],
        finds: &[("variables", Warning, "a million tokens; the smallest mapped one has 200000")],
        ..PLAIN
    },
    Row {
        name: "models that lead somewhere",
        files: &[(USER, CONNECTED), ("work/.claude/settings.json", r#"{"model": "opus[1m]"}"#)],
        environment: &[("ANTHROPIC_SMALL_FAST_MODEL", "fast")],
        finds: &[
            ("model", Ok, "opus[1m]: `model` in "),
            ("model", Ok, "fast, which leads to openai/gpt-5.6-luna"),
        ],
        ..PLAIN
    },
    Row {
        name: "a model that leads nowhere",
        files: &[(USER, CONNECTED)],
        environment: &[("ANTHROPIC_MODEL", "deepseek-chat-x")],
        finds: &[(
            "model",
            Error,
            "deepseek-chat-x, which no map knows: ANTHROPIC_MODEL in the environment → run `turnpike map add deepseek-chat-x",
        )],
        ..PLAIN
    },
    Row {
        name: "a stale model",
        files: &[(USER, r#"{"model": "claude-via-openrouter/z-ai/glm-5.2"}"#)],
        finds: &[(
            "model",
            Error,
            "only Turnpike knows: `model` in ~/.claude/settings.json → choose another model with /model",
        )],
        ..PLAIN
    },
    Row {
        name: "Claude Code Router",
        files: &[
            ("home/.claude-code-router/config.json", "{}"),
            ("home/.claude-code-router/.claude-code-router.pid", "1"),
        ],
        finds: &[("bypass", Warning, "and runs: `ccr code`")],
        ..PLAIN
    },
    Row {
        name: "another claude",
        files: &[(
            "home/.bashrc",
            "alias claude=\"ccr code\"\neval \"$(ccr activate)\"\n# alias claude=x\nalias claude='turnpike run -- claude'\n",
        )],
        finds: &[
            ("bypass", Warning, "line 1 of ~/.bashrc makes `claude` another command"),
            ("bypass", Warning, "line 2 of ~/.bashrc"),
        ],
        ..PLAIN
    },
];
