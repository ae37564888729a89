//! What each command takes.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use turnpike_api::command::ImportFrom;
use turnpike_ledger::Dimension;
use turnpike_settings::BaseUrl;
use turnpike_settings::config::{Listen, LogLevel};

use crate::shell::Shell;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End after the first answer
    #[arg(long, conflicts_with_all = ["open", "until_closed"])]
    pub(crate) once: bool,
    /// Open its page in your browser
    #[arg(long)]
    pub(crate) open: bool,
    /// End when standard input is closed, as it is when the program that has started it ends
    #[arg(long)]
    pub(crate) until_closed: bool,
    /// Print a link to its page, and nothing else
    #[arg(long, hide = true, conflicts_with_all = ["once", "open"])]
    pub(crate) link: bool,
    /// What the simulated model is asked
    #[arg(long, value_name = "TEXT", default_value = "Who are you, and what does Turnpike do?")]
    pub(crate) prompt: String,
    /// Where the data plane listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = any_address)]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The model to ask for: a slug, a short name, or a name that a map knows
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The command with its arguments; `--` before it is best, and needed when it begins with a dash
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where the data plane listens; port 0 takes a free one [default: 127.0.0.1:4117]
    #[arg(long, value_name = "ADDRESS", value_parser = any_address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Where requests go
    #[arg(long, value_name = "URL", env = "OPENROUTER_BASE_URL", value_parser = BaseUrl::parse)]
    pub(crate) upstream: Option<BaseUrl>,
    /// Start with the data plane stopped, as `turnpike stop` leaves it
    #[arg(long)]
    pub(crate) stopped: bool,
    /// Let --listen be an address that other machines can reach; demands client tokens
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Where the control plane listens, on loopback [default: 127.0.0.1:4118, else a free port]
    #[arg(long, value_name = "ADDRESS", value_parser = any_address)]
    pub(crate) control_listen: Option<SocketAddr>,
    /// How much is logged: error, warn, info, debug or trace [default: as config.toml says, else info]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) log_level: Option<LogLevel>,
    /// Leave the terminal: a session of its own, and the log to the file alone
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnvArgs {
    /// The shell to write for [default: yours, as SHELL says]
    #[arg(long, value_enum)]
    pub(crate) shell: Option<Shell>,
    /// Set ANTHROPIC_API_KEY to the token too, for clients that read nothing else (LangChain, LiteLLM, Pydantic AI, the
    /// AI SDK, llm); Claude Code would ask about it
    #[arg(long, conflicts_with_all = ["install", "remove"])]
    pub(crate) api_key: bool,
    /// Let each new session of the shell do this by itself: one marked block in its profile, without the token
    #[arg(long)]
    pub(crate) install: bool,
    /// Take that block out of the profile again
    #[arg(long, conflicts_with = "install")]
    pub(crate) remove: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UiArgs {
    /// Print the link instead of opening it
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenAction {
    /// Replace the token; clients with the old one are refused from here on
    Rotate,
    /// Print the token for /metrics, which opens nothing else
    Metrics,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MapAction {
    /// Add a map; it comes last unless told otherwise, and the first that fits decides
    Add(MapAddArgs),
    /// Remove a map
    #[command(visible_alias = "remove")]
    Rm {
        /// Its name, as `turnpike map list` shows it
        name: String,
    },
    /// Ask the model behind a name seven small questions, and keep what it can
    ///
    /// Tools, parallel tools, streaming, thinking, long arguments, images, stop sequences. Sent through the running
    /// service; costs a few cents at most.
    Test {
        /// A map's name, a short name, or a slug
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the maps in the order in which they are tried
    #[command(visible_alias = "ls")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PresetAction {
    /// List the presets
    #[command(visible_alias = "ls")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the models of a preset, with their prices beside Claude's
    Show {
        /// Its name
        name: String,
    },
    /// Put a preset into the configuration, in the place of another one
    Use {
        /// Its name; `none` takes the entries of whatever preset away
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Another tool's file; its kind is told by its name
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Whose settings: ccr, litellm, env or shell
    #[arg(long, value_name = "TOOL", value_parser = import_from)]
    pub(crate) from: Option<ImportFrom>,
    /// Write it without asking
    #[arg(long)]
    pub(crate) apply: bool,
    /// Take the key that is found, although there is one
    #[arg(long)]
    pub(crate) replace_key: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MapAddArgs {
    /// The model's name as clients send it; `*` stands for any signs (quote it)
    pub(crate) name: String,
    /// The model that answers: a slug of OpenRouter or a short name
    pub(crate) target: String,
    /// A model to go on with when that one fails; may be repeated
    #[arg(long, value_name = "MODEL")]
    pub(crate) fallback: Vec<String>,
    /// Put it before all others
    #[arg(long)]
    pub(crate) first: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    /// Words that must all be in the slug or the name; a leading `search` is taken as the command's own, `refresh` alone
    /// fetches the catalogue anew
    pub(crate) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpendAction {
    /// What one session cost
    Session {
        /// Its id, as `turnpike spend --by session` lists it
        id: String,
        /// Print JSON, with money in nano-dollars
        #[arg(long)]
        json: bool,
    },
    /// How fast models answered, and how many requests failed
    Speed(SpendTimes),
    /// When budgets and the key's limit end at the present rate
    Forecast {
        /// Print JSON, with money in nano-dollars
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SpendTimes {
    /// From when on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Up to the end of what
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SpendArgs {
    #[command(subcommand)]
    pub(crate) action: Option<SpendAction>,
    /// What to split by
    #[arg(long, value_name = "WHAT", default_value = "day", value_parser = PossibleValuesParser::new(Dimension::names()))]
    pub(crate) by: String,
    /// From when on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Up to the end of what
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only requests with this fact, as model=a/b or project=/src/app; may be repeated
    #[arg(long, value_name = "FACT=VALUE")]
    pub(crate) only: Vec<String>,
    /// Only so many rows: of times the latest, of all else the dearest
    #[arg(long, value_name = "COUNT")]
    pub(crate) top: Option<usize>,
    /// Compare the ledger with what OpenRouter says the key used
    #[arg(long, conflicts_with_all = ["live", "csv", "by", "since", "until", "only", "top"])]
    pub(crate) reconcile: bool,
    /// Show running requests and today's sum, again and again, until Ctrl-C
    #[arg(long, conflicts_with_all = ["json", "csv", "by", "since", "until", "only", "top"])]
    pub(crate) live: bool,
    /// Print JSON, with money in nano-dollars
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print comma-separated values, with money in dollars, exact to the nano-dollar
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Go on with what is logged from now on, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// First change how much the running service logs: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) level: Option<LogLevel>,
    /// How many lines to begin with
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) lines: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClaudeAction {
    /// Say whether Claude Code is connected, and what connecting would change
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Connect Claude Code: show what changes, ask, then write its settings.json
    Apply(ClaudeApplyArgs),
    /// Disconnect Claude Code: put back what was there
    Undo {
        /// Show what changes, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClaudeApplyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Show what changes, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Let Claude Code ask `turnpike token` for the token (`apiKeyHelper`), so that it does not stand in the file
    #[arg(long)]
    pub(crate) token_by_command: bool,
    /// Also let Claude Code ask you before it acts, instead of asking a model whether it may (`permissions.defaultMode`)
    #[arg(long)]
    pub(crate) ask_first: bool,
    /// Also show model, session, today and budget in its status line
    #[arg(long)]
    pub(crate) status_line: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Also send one small request to each model that maps and rules name, and say what it cost. It costs money
    #[arg(long)]
    pub(crate) requests: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// An address; whether other machines may reach it is asked later, where the flag is known.
fn any_address(text: &str) -> Result<SocketAddr, String> {
    Listen::parse(text, true).map(Listen::address).map_err(|error| error.to_string())
}

fn level(text: &str) -> Result<LogLevel, String> {
    turnpike_control::log::parse_level(text)
        .ok_or_else(|| "choose error, warn, info, debug or trace".to_owned())
}

fn import_from(text: &str) -> Result<ImportFrom, String> {
    Ok(match text {
        "ccr" => ImportFrom::Ccr,
        "litellm" => ImportFrom::Litellm,
        "env" => ImportFrom::Env,
        "shell" => ImportFrom::Shell,
        _ => return Err("choose ccr, litellm, env or shell".to_owned()),
    })
}
