//! Other proxies between the Messages API and OpenRouter, each started as its documentation says, on loopback.
//!
//! scripts/install-bench-peers.sh installs them. One that is not there or does not start is listed with the
//! reason; none is needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::process::{Program, SERVICE_CORE, free_port, pinned};
use super::{KEY, Way};
use crate::measure::correct::{CALLS, LONG_TEXT};
use crate::measure::requests::TEXT;

/// A running peer.
#[derive(Debug)]
pub struct Peer {
    name: &'static str,
    program: Program,
    port: u16,
    model_prefix: &'static str,
    _home: TempDir,
}

/// What a peer's command is built from.
struct Place<'a> {
    /// Where the peers are installed.
    folder: &'a Path,
    /// A home of its own.
    home: &'a Path,
    /// Where it shall listen.
    port: u16,
    /// `127.0.0.1:PORT` of the simulator.
    upstream: &'a str,
}

/// How to start one.
struct Recipe {
    name: &'static str,
    /// What the model name gets in front.
    model_prefix: &'static str,
    command: fn(&Place<'_>) -> Result<Command>,
}

/// The key that clients show to a peer that wants one.
const TOKEN: &str = "bench";
/// The slowest of them loads for half a minute.
const READY_WITHIN: Duration = Duration::from_secs(90);

const RECIPES: &[Recipe] = &[
    Recipe { name: "LiteLLM 1.106.0", model_prefix: "", command: litellm },
    Recipe { name: "claude-code-router 2.0.0", model_prefix: "sim,", command: claude_code_router },
    Recipe { name: "agentic-flow 2.1.3", model_prefix: "", command: agentic_flow },
    Recipe { name: "anthropic-proxy 1.2.0", model_prefix: "", command: anthropic_proxy },
    Recipe { name: "claude-code-mux 0.6.3", model_prefix: "", command: claude_code_mux },
];

/// Starts every peer; by its name, it or why it is not there.
#[must_use]
pub fn start_all(folder: &Path, upstream: &str) -> Vec<(&'static str, Result<Peer>)> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    RECIPES.iter().map(|recipe| (recipe.name, Peer::start(recipe, &folder, upstream))).collect()
}

// === impl Peer ===

impl Peer {
    fn start(recipe: &Recipe, folder: &Path, upstream: &str) -> Result<Self> {
        let home = TempDir::new()?;
        let port = free_port()?;
        let mut command = (recipe.command)(&Place { folder, home: home.path(), port, upstream })?;
        let log = home.path().join("output.log");
        let output = File::create(&log)?;
        command.env("HOME", home.path()).current_dir(home.path()).stdout(output.try_clone()?).stderr(output);
        let mut program = Program::start(command)?;
        program.wait_for_port(port, READY_WITHIN, &log)?;
        Ok(Self { name: recipe.name, program, port, model_prefix: recipe.model_prefix, _home: home })
    }

    /// The way through it.
    #[must_use]
    pub fn way(&self) -> Way {
        let address = format!("127.0.0.1:{}", self.port);
        let way = Way::messages(self.name, &address, TOKEN, Some(self.program.tree()));
        Way { model_prefix: self.model_prefix, ..way }
    }
}

/// A file that the installation leaves.
fn installed(folder: &Path, file: &str) -> Result<PathBuf> {
    let path = folder.join(file);
    ensure!(path.exists(), "it is not installed: {}", reason(folder, file));
    Ok(path)
}

/// What the installation noted, in a file beside the peer's folder.
fn reason(folder: &Path, file: &str) -> String {
    let peer = file.split('/').next().unwrap_or_default();
    let note = fs::read_to_string(folder.join(format!("{peer}.failed"))).unwrap_or_default();
    if note.is_empty() { "run scripts/install-bench-peers.sh".to_owned() } else { note }
}

fn litellm(place: &Place<'_>) -> Result<Command> {
    let program = installed(place.folder, "litellm/bin/litellm")?;
    // Through its Python, since the script's first line names the folder that it was installed in.
    let python = installed(place.folder, "litellm/bin/python")?;
    let config = place.home.join("config.yaml");
    let text = format!(
        "model_list:\n  - model_name: \"sim/*\"\n    litellm_params:\n      model: \"openrouter/sim/*\"\n      \
         api_base: http://{}/api/v1\n      api_key: {KEY}\n",
        place.upstream
    );
    fs::write(&config, text)?;
    let mut command = pinned(SERVICE_CORE, python);
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").arg(program).arg("--config").arg(config);
    // It listens on loopback only, and a key would cost it time.
    command.env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true");
    command.args(["--host", "127.0.0.1", "--num_workers", "1", "--port", &place.port.to_string()]);
    Ok(command)
}

fn claude_code_router(place: &Place<'_>) -> Result<Command> {
    let package = "claude-code-router/node_modules/@musistudio/claude-code-router/dist/cli.js";
    let program = installed(place.folder, package)?;
    let folder = place.home.join(".claude-code-router");
    fs::create_dir_all(&folder)?;
    let config = serde_json::json!({
        "HOST": "127.0.0.1", "PORT": place.port, "APIKEY": TOKEN, "LOG": false,
        "Providers": [{
            "name": "sim", "api_base_url": format!("http://{}/api/v1/chat/completions", place.upstream),
            "api_key": KEY, "models": ["sim/text"], "transformer": {"use": ["openrouter"]},
        }],
        "Router": {"default": "sim,sim/text"},
    });
    fs::write(folder.join("config.json"), config.to_string())?;
    let mut command = pinned(SERVICE_CORE, "node");
    command.arg(program).arg("start");
    Ok(command)
}

fn agentic_flow(place: &Place<'_>) -> Result<Command> {
    let package = "agentic-flow/node_modules/agentic-flow/dist/proxy/anthropic-to-openrouter.js";
    let program = installed(place.folder, package)?;
    let mut command = pinned(SERVICE_CORE, "node");
    command
        .arg(program)
        .env("PORT", place.port.to_string())
        .env("OPENROUTER_API_KEY", KEY)
        .env("ANTHROPIC_PROXY_BASE_URL", format!("http://{}/api/v1", place.upstream))
        .env("COMPLETION_MODEL", "sim/text");
    Ok(command)
}

fn anthropic_proxy(place: &Place<'_>) -> Result<Command> {
    let mut command = pinned(SERVICE_CORE, installed(place.folder, "anthropic-proxy/bin/anthropic-proxy")?);
    command
        .env("UPSTREAM_BASE_URL", format!("http://{}/api", place.upstream))
        .env("UPSTREAM_API_KEY", KEY)
        .env("PORT", place.port.to_string())
        .env("ANTHROPIC_PROXY_BIND", "127.0.0.1");
    Ok(command)
}

fn claude_code_mux(place: &Place<'_>) -> Result<Command> {
    let program = installed(place.folder, "claude-code-mux/bin/ccm")?;
    let folder = place.home.join(".claude-code-mux");
    fs::create_dir_all(&folder)?;
    let mut config = format!(
        "[server]\nhost = \"127.0.0.1\"\nport = {}\n\n[router]\ndefault = \"sim\"\n\n[[providers]]\nname = \"sim\"\n\
         provider_type = \"openai\"\napi_key = \"{KEY}\"\nbase_url = \"http://{}/api/v1\"\nenabled = true\nmodels = []\n",
        place.port, place.upstream
    );
    // It knows only models that are written down.
    for model in [TEXT, LONG_TEXT, CALLS] {
        config.push_str(&format!(
            "\n[[models]]\nname = \"{model}\"\n\n[[models.mappings]]\nprovider = \"sim\"\nactual_model = \"{model}\"\npriority = 1\n"
        ));
    }
    fs::write(folder.join("config.toml"), config).context("its configuration")?;
    let mut command = pinned(SERVICE_CORE, program);
    command.arg("start");
    Ok(command)
}
