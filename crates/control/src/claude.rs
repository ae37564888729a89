//! Connecting Claude Code by its own settings: the commands, and what the service does at its start and its end.
//!
//! The command line does the same without a service: settings must be taken back also when none runs.

mod sessions;
mod wanted;

use turnpike_api::command::{
    ApplyClaude, ClaudeOptions, ClaudeReply, ClaudeState, DiffKind, DiffLine, UndoClaude, Variable,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_settings::DataDir;
use turnpike_settings::claude::text::{self, Wanted};
use turnpike_settings::claude::{
    Change, ConnectOptions, Connections, SettingsError, SettingsPlace, Standing, Suspended,
};

use crate::called::called;
use crate::client_environment;
use crate::core::Core;
use crate::shell_profile::Program;

/// How Turnpike is tried without any change, behind the program's name.
const TRY: &str = "run -- claude";

/// A user's Claude Code, and what it needs to come here.
#[derive(Clone, Debug)]
pub struct Client {
    connections: Connections,
    place: SettingsPlace,
    program: Program,
    variables: Vec<Variable>,
    try_command: String,
}

// === impl Client ===

impl Client {
    /// This process's user's, for a service whose clients need those variables.
    ///
    /// # Errors
    /// When there is no home folder, or the program's own path is not known.
    pub fn new(data_dir: &DataDir, variables: Vec<Variable>) -> Result<Self, ApiError> {
        let place = SettingsPlace::of_process().map_err(|error| refused(&error))?;
        let program = Program::of_process(data_dir).map_err(|error| {
            ApiError::new(ErrorCode::Unavailable, format!("the program's own path is not known ({error})"))
        })?;
        let try_command = format!("{} {TRY}", called(data_dir));
        Ok(Self { connections: Connections::new(data_dir), place, program, variables, try_command })
    }

    pub(crate) fn of(core: &Core) -> Result<Self, ApiError> {
        Self::new(&core.data_dir, client_environment::of_service(core, None).variables)
    }

    /// How the settings stand, and what would change. Blocks on the disk.
    ///
    /// # Errors
    /// When the settings or the record cannot be read at all; what only stands in the way of a change is in the reply.
    pub fn show(&self, options: Option<ClaudeOptions>) -> Result<ClaudeReply, ApiError> {
        let standing = self.connections.look(&self.place).map_err(|error| refused(&error))?;
        let options = self.options(&standing, options);
        let connect = standing.connect(&self.wanted(&standing, options));
        let disconnect = standing.disconnect();
        let problem = standing.file.check_writable().err();
        let problem = connect.as_ref().err().or(disconnect.as_ref().err()).or(problem.as_ref());
        let problem = problem.map(ToString::to_string);
        let running_sessions = sessions::running();
        let lines = |change: &Result<Change, _>| {
            change.as_ref().map(|change| change.lines.iter().map(line).collect()).unwrap_or_default()
        };
        let connect: Vec<DiffLine> = lines(&connect);
        Ok(ClaudeReply {
            path: standing.file.path().display().to_string(),
            link_to: standing.file.link_to().map(|path| path.display().to_string()),
            revision: standing.file.revision(),
            state: state(&standing, !connect.is_empty()),
            options: to_api(options),
            sentence: sentence(running_sessions),
            running_sessions,
            try_command: self.try_command.clone(),
            connect,
            disconnect: lines(&disconnect),
            left: left(&disconnect.map(|change| change.left).unwrap_or_default()),
            notes: wanted::notes(&standing, options),
            problem,
        })
    }

    /// Connects, or brings the settings up to date. Blocks on the disk.
    ///
    /// # Errors
    /// When the file cannot be changed, or is another one than was looked at; it is as it was then.
    pub fn apply(&self, request: &ApplyClaude) -> Result<ClaudeReply, ApiError> {
        let standing = self.connections.look(&self.place).map_err(|error| refused(&error))?;
        let options = self.options(&standing, request.options);
        let wanted = |standing: &Standing| self.wanted(standing, options);
        let done = self.connections.connect(&self.place, options, request.revision.as_deref(), wanted);
        let done = done.map_err(|error| refused(&error))?;
        tracing::info!(
            settings = %self.place.path().display(), changed = done.has_changed, "Claude Code is connected"
        );
        self.show(None)
    }

    /// Disconnects. Blocks on the disk.
    ///
    /// # Errors
    /// When the file cannot be changed, or is another one than was looked at; it is as it was then.
    pub fn undo(&self, request: &UndoClaude) -> Result<ClaudeReply, ApiError> {
        let done = self.connections.disconnect(&self.place, request.revision.as_deref());
        let done = done.map_err(|error| refused(&error))?;
        tracing::info!(
            settings = %self.place.path().display(), changed = done.has_changed, "Claude Code is disconnected"
        );
        Ok(ClaudeReply { left: left(&done.left), ..self.show(None)? })
    }

    fn options(&self, standing: &Standing, asked: Option<ClaudeOptions>) -> ConnectOptions {
        let earlier = standing.connection.as_ref().map(|known| known.options);
        asked.map(from_api).or(earlier).unwrap_or_default()
    }

    fn wanted(&self, standing: &Standing, options: ConnectOptions) -> Vec<Wanted> {
        wanted::keys(standing, options, &self.program, &self.variables)
    }
}

/// Brings connected settings up to date, with another token, port or configuration; with `resumes`, also those that were
/// taken back at the last end. What cannot be done is logged; the page and doctor tell it. Blocks on the disk.
pub(crate) fn refresh(core: &Core, resumes: bool) {
    let variables = client_environment::of_service(core, None).variables;
    if let Err(error) = refresh_all(&core.data_dir, &variables, resumes) {
        tracing::warn!("Claude Code's settings are not up to date: {error}");
    }
}

/// Brings all settings that are connected up to date; with `resumes`, also those that were taken back at the last end of
/// the service. Blocks on the disk.
///
/// # Errors
/// The first that could not be written; the others are.
pub fn refresh_all(data_dir: &DataDir, variables: &[Variable], resumes: bool) -> Result<(), ApiError> {
    let connections = Connections::new(data_dir);
    let mut first = Ok(());
    for known in connections.all().map_err(|error| refused(&error))? {
        let place = SettingsPlace::new(known.settings.clone());
        let client = Client { place, ..Client::new(data_dir, variables.to_vec())? };
        let wanted = |standing: &Standing, options| client.wanted(standing, options);
        let done = connections.refresh(&client.place, resumes, wanted);
        first = first.and(done.map(drop).map_err(|error| refused(&error)));
    }
    first
}

/// Takes the settings back until the next start, unless the configuration says otherwise. Blocks on the disk.
pub(crate) fn suspend(core: &Core) {
    if !core.config.now().config.claude.undo_on_quit {
        return;
    }
    let restored = match Connections::new(&core.data_dir).suspend() {
        Ok(restored) => restored,
        Err(error) => return tracing::error!("Claude Code's settings still point here: {error}"),
    };
    for Suspended { settings, done } in restored {
        match done {
            Ok(_) => tracing::info!(
                settings = %settings.display(), "Claude Code is disconnected until the next start"
            ),
            Err(error) => tracing::error!("Claude Code's settings still point here: {error}"),
        }
    }
}

/// Whether Claude Code is connected as far as the record says; the settings are not looked at. Blocks on the disk.
pub(crate) fn state_in_record(core: &Core) -> Option<ClaudeState> {
    let connections = Connections::new(&core.data_dir).all().ok()?;
    Some(match connections.as_slice() {
        [] => ClaudeState::Disconnected,
        all if all.iter().all(|known| known.written.is_none()) => ClaudeState::Suspended,
        _ => ClaudeState::Connected,
    })
}

fn state(standing: &Standing, would_change: bool) -> ClaudeState {
    match (&standing.connection, standing.is_connected()) {
        (None, _) => ClaudeState::Disconnected,
        (Some(_), false) => ClaudeState::Suspended,
        (Some(_), true) if would_change => ClaudeState::Outdated,
        (Some(_), true) => ClaudeState::Connected,
    }
}

/// What connecting means.
fn sentence(running: Option<u32>) -> String {
    let switch = match running {
        None => "Running sessions switch now.".to_owned(),
        Some(0) => "No session runs now.".to_owned(),
        Some(1) => "1 running session switches now.".to_owned(),
        Some(count) => format!("{count} running sessions switch now."),
    };
    format!("Claude Code stops using your Claude plan and bills OpenRouter. {switch}")
}

fn left(paths: &[text::Path]) -> Vec<String> {
    paths.iter().map(|path| path.join(".")).collect()
}

fn line(line: &text::DiffLine) -> DiffLine {
    let kind = match line.kind {
        text::DiffKind::Same => DiffKind::Same,
        text::DiffKind::Removed => DiffKind::Removed,
        text::DiffKind::Added => DiffKind::Added,
        text::DiffKind::Gap => DiffKind::Gap,
    };
    DiffLine { kind, text: line.text.clone() }
}

fn from_api(options: ClaudeOptions) -> ConnectOptions {
    let ClaudeOptions { token_by_command, default_mode, status_line } = options;
    ConnectOptions { token_by_command, default_mode, status_line }
}

fn to_api(options: ConnectOptions) -> ClaudeOptions {
    let ConnectOptions { token_by_command, default_mode, status_line } = options;
    ClaudeOptions { token_by_command, default_mode, status_line }
}

fn refused(error: &SettingsError) -> ApiError {
    let code = match error {
        SettingsError::Changed { .. } => ErrorCode::Conflict,
        SettingsError::Text { .. } => ErrorCode::Invalid,
        _ => ErrorCode::Unavailable,
    };
    ApiError::new(code, error.to_string())
}
