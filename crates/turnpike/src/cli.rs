//! The command line: what can be written, and what its help says.

mod audit;
mod budget;
mod capture;
mod client;
mod ledger;
mod options;
mod set_up;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use audit::AuditArgs;
pub(crate) use budget::{BudgetAction, BudgetRaiseArgs, BudgetSetArgs, BudgetTarget};
pub(crate) use capture::{CaptureAction, CaptureDeleteArgs, CaptureOnArgs};
pub(crate) use client::{ClientAction, ClientAddArgs};
pub(crate) use ledger::{BackupArgs, ExportArgs, LedgerAction, RestoreArgs};
pub(crate) use options::{
    ClaudeAction, ClaudeApplyArgs, CompletionsArgs, DemoArgs, DoctorArgs, EnvArgs, ImportArgs, LogsArgs,
    MapAction, MapAddArgs, ModelsArgs, PresetAction, RunArgs, ServeArgs, SpendAction, SpendArgs, SpendTimes,
    StatusArgs, TokenAction, UiArgs,
};
pub(crate) use set_up::{KeyAction, KeyStatusArgs, LoginArgs, ServiceAction};

/// The top level's help. Commands stand in groups, which clap's own list cannot do; a test keeps it complete.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Try it:
  demo         A simulated OpenRouter inside: needs no key and no network

Use it:
  run          Run one command through Turnpike, mostly `claude`
  serve        Run the service in the foreground
  service      Have the service started at each login: install, remove, status
  env          Print the environment for a client, for your shell
  claude       Connect Claude Code for good, by its own settings: show, apply, undo
  token        Print or replace the local token

Set it up:
  login        Get a key from OpenRouter in your browser
  key          The OpenRouter key: set, status, clear
  client       Tokens for other programs, each with limits of its own: add, list, rotate, revoke
  map          Which model answers to which name: add, rm, list, test
  preset       Models for all of Claude's names at once: list, show, use
  import       Key, models and fallbacks of claude-code-router, LiteLLM, .env files, shells
  models       Models of the catalogue: prices, windows, abilities

Look after it:
  status       Is it running, and how does it fare?
  start, stop  Serve requests; or answer each one, at once, that Turnpike is stopped
  spend        What was spent
  budget       What may be spent: show, set, raise
  audit        Who changed keys, tokens, budgets and maps, and when
  capture      Look at the bodies of requests, and replay one on another model
  statusline   One line for Claude Code's status line
  ledger       Every request: check, export
  backup       Keep ledger and configuration in a folder
  restore      Bring a backup back
  logs         The service's log
  doctor       Check port, key, upstream, configuration and Claude Code
  ui           Open the page in your browser
  completions  Completions for your shell

Options:
{options}

Examples:
  turnpike demo
  turnpike key set
  turnpike run -- claude
  turnpike map add '*opus*' openai/gpt-5.6-terra
  turnpike spend --by model --since 7d
  eval \"$(turnpike env)\"

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 the service is not running, 4 the configuration is wrong,
5 no key or no keychain, 6 another service has the data folder. `turnpike run` ends with the code of its command.
";

/// Claude Code, and every client of Anthropic's Messages API, on any model of OpenRouter.
#[derive(Debug, Parser)]
#[command(name = "turnpike", version, help_template = HELP, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Folder for configuration, ledger and logs [env: TURNPIKE_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show Turnpike with a simulated OpenRouter: no key, no network, nothing of yours is touched
    ///
    /// Everything is simulated: models, answers and costs. One request is sent through the data plane and its answer
    /// printed; then the demo stays up, so that you can point a client at it. Ctrl-C ends it.
    Demo(DemoArgs),
    /// Run one command through Turnpike, and print what it cost
    ///
    /// Starts the service if none runs, gives the command the environment it needs, and writes nothing anywhere. Claude
    /// Code also gets `--settings`, because its settings files would win over the environment. Ends with a receipt and
    /// with the command's own exit code.
    #[command(
        after_help = "Examples:\n  turnpike run -- claude\n  turnpike run --model qwen3-coder -- claude -p \"explain \
                            this folder\"\n  turnpike run -- python my_agent.py"
    )]
    Run(RunArgs),
    /// Run the service in the foreground
    ///
    /// Prints one line when it is ready. SIGTERM and Ctrl-C let streams in flight finish, for at most thirty seconds; a
    /// second Ctrl-C does not.
    Serve(ServeArgs),
    /// Have the service started at each login, without a desktop
    ///
    /// As a user unit of systemd, an agent of launchd, or a task of Windows. Where the tray starts at login, it is not needed.
    Service {
        #[command(subcommand)]
        action: ServiceAction,
    },
    /// Print the environment for a client, in the words of your shell
    ///
    /// sh, bash, zsh:  eval "$(turnpike env)"
    /// fish:           turnpike env --shell fish | source
    /// Nushell:        turnpike env --shell nu | from nuon | load-env
    /// PowerShell:     turnpike env --shell pwsh | Out-String | Invoke-Expression
    /// cmd:            for /f "delims=" %i in ('turnpike env --shell cmd') do %i
    #[command(verbatim_doc_comment)]
    Env(EnvArgs),
    /// Connect Claude Code for good, by its own settings file; or disconnect it again
    ///
    /// Only Turnpike's own keys are written, and `undo` puts back exactly what was there. `turnpike run -- claude` needs
    /// none of this: it connects one session.
    #[command(
        after_help = "Examples:\n  turnpike claude show\n  turnpike claude apply --dry-run\n  turnpike claude apply \
                            --yes\n  turnpike claude undo"
    )]
    Claude {
        #[command(subcommand)]
        action: ClaudeAction,
    },
    /// Print the local token, which clients show to the data plane
    Token {
        #[command(subcommand)]
        action: Option<TokenAction>,
    },
    /// Get a key from OpenRouter in your browser
    ///
    /// You say yes on OpenRouter's page, and the key goes into the system's keychain. Over SSH, or with a browser on another
    /// machine, OpenRouter shows a code that you paste here.
    #[command(
        after_help = "Examples:\n  turnpike login\n  turnpike login --paste     # the browser is on another machine"
    )]
    Login(LoginArgs),
    /// Set, look at or remove the OpenRouter key
    ///
    /// It is kept in the system's keychain. Without one, set OPENROUTER_API_KEY, or OPENROUTER_API_KEY_FILE to a file
    /// that only you can read, for the service.
    #[command(
        after_help = "Examples:\n  turnpike key set                 # asks, and shows nothing\n  pass show openrouter | \
                            turnpike key set"
    )]
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Give other programs and people tokens of their own, with limits, and take them back
    ///
    /// A token is shown once, when it is made; only its hash is kept. Models, requests and money can be limited; rows and
    /// budgets know the client by its name. Other machines (`serve --allow-remote`) get in with such a token only.
    #[command(
        after_help = "Examples:\n  turnpike client add ci --models 'qwen/*' --daily 1.00 --action stop\n  turnpike client \
                            list\n  turnpike client rotate ci\n  turnpike client revoke ci"
    )]
    Client {
        #[command(subcommand)]
        action: ClientAction,
    },
    /// Say which model answers to which name
    ///
    /// A client asks for a model by name; the first map whose name fits decides. `*` stands for any signs. A name with
    /// a slash is taken as a slug of OpenRouter as it stands.
    #[command(
        after_help = "Examples:\n  turnpike map add '*opus*' openai/gpt-5.6-terra --fallback z-ai/glm-5.2\n  turnpike \
                            map rm '*opus*'\n  turnpike map list"
    )]
    Map {
        #[command(subcommand)]
        action: MapAction,
    },
    /// Choose models for all of Claude's names at once
    ///
    /// A preset writes maps and rules into config.toml, marked as its own. Another preset replaces them, and nothing
    /// else; your own maps come first.
    #[command(
        after_help = "Examples:\n  turnpike preset list\n  turnpike preset show balanced\n  turnpike preset use balanced\n  \
                            turnpike preset use none      # takes the preset's entries away"
    )]
    Preset {
        #[command(subcommand)]
        action: PresetAction,
    },
    /// Take over key, models and fallbacks from claude-code-router, LiteLLM, an .env file or a shell's profile
    ///
    /// Shows what would be written, and what has no counterpart. Nothing is written before you say so. Maps that are
    /// there stay as they are; the key goes into the keychain and is never shown.
    #[command(
        after_help = "Examples:\n  turnpike import                        # looks where the tools keep their settings\n  \
                            turnpike import --from ccr --apply\n  turnpike import ~/litellm/config.yaml"
    )]
    Import(ImportArgs),
    /// List models of the catalogue: price, window, abilities
    Models(ModelsArgs),
    /// Say what was spent
    #[command(
        after_help = "Times: a day (2026-11-01), an instant (2026-11-01T09:30:00+01:00), a length up to now (30m, 24h, \
                            7d, 4w), or today, yesterday, this-week, this-month.\n\nExamples:\n  turnpike spend\n  turnpike \
                            spend --by model --since 7d\n  turnpike spend --by project --since this-month --csv\n  turnpike spend --by session --only \
                            project=/src/app\n  turnpike spend speed --since 7d"
    )]
    Spend(SpendArgs),
    /// Print one line for Claude Code's status line: model, session, today, budget left, cache rate
    ///
    /// Claude Code hands it what it knows of the session. It asks the ledger alone, and whatever goes wrong, it prints a
    /// line and ends well. In settings.json: "statusLine": { "type": "command", "command": "turnpike statusline" }
    Statusline,
    /// Say what may be spent and how that stands; change it, or raise it until it starts anew
    ///
    /// A budget is for a day, a week or a month: of everything, of one client, or of one project's folder. Unless it is
    /// told to stop, it only warns.
    #[command(
        after_help = "Examples:\n  turnpike budget\n  turnpike budget set 10 --action stop\n  turnpike budget set 50 \
                            --period monthly --project ~/src/app\n  turnpike budget raise 5",
        args_conflicts_with_subcommands = true
    )]
    Budget {
        /// Print JSON, as `budget show --json` does
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        action: Option<BudgetAction>,
    },
    /// Look at what requests ask and what is answered; replay one on another model
    ///
    /// Off unless you turn it on, for an hour at most. Bodies are kept in the service's memory alone, without keys and
    /// tokens, bounded, and forgotten after a while. The page shows the same.
    #[command(
        after_help = "Examples:\n  turnpike capture on --requests 1\n  turnpike capture list\n  turnpike capture show \
                            7\n  turnpike capture replay 7 z-ai/glm-5.2\n  turnpike capture delete --all"
    )]
    Capture {
        #[command(subcommand)]
        action: CaptureAction,
    },
    /// List who changed keys, tokens, budgets, maps and the configuration by command, and when; the newest first
    Audit(AuditArgs),
    /// Say whether the service runs, and how it fares
    Status(StatusArgs),
    /// Serve requests again
    Start,
    /// Answer each request, at once, that Turnpike is stopped; streams in flight finish
    ///
    /// The service goes on, so that clients are told instead of meeting a closed port. Kept over restarts.
    Stop {
        /// End the service as well, after at most thirty seconds for streams in flight
        #[arg(long)]
        service: bool,
    },
    /// Look whether the ledger is sound, or print every request of it
    Ledger {
        #[command(subcommand)]
        action: LedgerAction,
    },
    /// Keep the ledger and the configuration in a new folder; the service may run meanwhile
    ///
    /// Keys and tokens are not in it.
    Backup(BackupArgs),
    /// Bring ledger and configuration of a backup back; what is there now is kept beside it
    ///
    /// The service must not run: `turnpike stop --service` ends it.
    Restore(RestoreArgs),
    /// Show the service's log, follow it, change how much is logged
    Logs(LogsArgs),
    /// Check port, key, upstream, configuration and Claude Code, and say what to do
    ///
    /// Names the file or the variable that decides where Claude Code goes, with which token and model. Ends with 1 when
    /// something is wrong, with 0 when all works; warnings are no errors.
    Doctor(DoctorArgs),
    /// Open the page in your browser
    ///
    /// The link lets one browser in, once, within a minute. Over SSH it is printed, with the command that brings the port
    /// to the machine in front of you.
    Ui(UiArgs),
    /// Print completions for your shell
    #[command(
        after_help = "Examples:\n  turnpike completions bash > ~/.local/share/bash-completion/completions/turnpike\n  \
                            turnpike completions fish > ~/.config/fish/completions/turnpike.fish"
    )]
    Completions(CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_command() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let is_named = HELP.lines().any(|line| {
                let word = line.strip_prefix("  ").and_then(|line| line.split("  ").next());
                word.is_some_and(|word| word.split(", ").any(|word| word == name))
            });
            assert!(is_named, "`{name}` is missing in the top level's help");
            assert!(command.get_about().is_some(), "`{name}` says nothing about itself");
        }
    }

    #[test]
    fn every_option_says_what_it_does() {
        fn look(command: &clap::Command) {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }

    #[test]
    fn what_stands_behind_the_dashes_is_the_commands() {
        type Case = (&'static [&'static str], Option<&'static str>, &'static [&'static str]);
        let rows: [Case; 4] = [
            (
                &["--model", "m", "--", "claude", "-p", "--model", "x"],
                Some("m"),
                &["claude", "-p", "--model", "x"],
            ),
            (&["--", "claude", "--", "-x"], None, &["claude", "--", "-x"]),
            (&["claude", "-p", "--data-dir", "d"], None, &["claude", "-p", "--data-dir", "d"]),
            (&["--model", "m", "claude", "--help"], Some("m"), &["claude", "--help"]),
        ];
        for (arguments, model, command) in rows {
            let cli = Cli::try_parse_from(["turnpike", "run"].iter().chain(arguments)).unwrap();
            assert_eq!(cli.data_dir, None, "{arguments:?}");
            let Command::Run(run) = cli.command else { panic!("{arguments:?}") };
            assert_eq!(run.model.as_deref(), model, "{arguments:?}");
            assert_eq!(run.command, command, "{arguments:?}");
        }
        assert!(Cli::try_parse_from(["turnpike", "run", "--modle", "m", "--", "claude"]).is_err());
    }
}
