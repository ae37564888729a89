//! The one list of commands.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::command::{
    Activity, ActivityReply, AddClient, AddMap, ApplyClaude, ApplyImport, AtLoginReply, Audit, AuditReply,
    BeginLogin, BudgetStanding, Budgets, BudgetsReply, CancelLogin, CancelRequest, CancelRequestReply,
    CapturedBody, CapturedBodyReply, Captures, CapturesReply, ClaudeReply, ClearKey, ClientToken,
    ClientsReply, Config, ConfigReply, Conformance, Doctor, DoctorReply, Edited, Environment,
    EnvironmentReply, FinishLogin, Forecast, ForecastReply, ForgetCaptures, ImportPreview, Imported,
    InstallShell, KeyReport, KeyStatus, Limits, LimitsReply, ListClients, ListMaps, ListPresets, ListRoutes,
    ListShells, LogTail, LogTailReply, LoginReply, LoginStatus, MapsReply, Models, ModelsReply, MoveMap,
    MoveRoute, Notices, NoticesReply, OpenDemo, OpenPage, PageLink, PresetsReply, PreviewImport, RaiseBudget,
    Reconcile, ReconcileReply, RefreshModels, RefreshedModels, RemoveMap, RemoveRoute, RemoveShell, Replay,
    ReplayReply, RequestDetails, RequestDetailsReply, RevokeClient, RotateClient, RotateToken, RoutesReply,
    SaveRoute, SetAtLogin, SetBudget, SetConfig, SetKey, SetLogLevel, SetLogLevelReply, ShellProfile,
    ShellsReply, ShowAtLogin, ShowClaude, Shutdown, ShutdownReply, Spend, SpendInsight, SpendInsightReply,
    SpendReport, SpendSession, SpendSessionReply, Start, StartCapture, StateReply, Status, StatusReply, Stop,
    StopCapture, TestMap, Token, TokenReply, UndoClaude, UndoEdit, UndoForget, UndoKey, UsePreset,
    UsedPreset,
};
use crate::error::{ApiError, ErrorCode};

/// What a client sends: a command with what it takes.
pub trait Command: Serialize + DeserializeOwned {
    /// Its name, the last part of its path.
    const NAME: &'static str;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned;
}

/// One line of the list, for those who only want to know what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// From one line for each command: the [`Command`] impls, [`COMMANDS`], [`Handler`] and [`dispatch`].
macro_rules! commands {
    ($($name:literal, $method:ident($request:ident) -> $reply:ident, $about:literal;)+) => {
        /// Every command.
        pub const COMMANDS: &[CommandInfo] = &[$(CommandInfo { name: $name, about: $about },)+];

        $(impl Command for $request {
            const NAME: &'static str = $name;
            type Reply = $reply;
        })+

        /// Name, request and reply of each, in TypeScript.
        #[cfg(test)]
        pub(crate) fn typescript(types: &mut crate::typescript::Declarations) -> Vec<(&'static str, String, String)> {
            vec![$(($name, types.add::<$request>(), types.add::<$reply>()),)+]
        }

        /// Who carries the commands out: one method for each.
        pub trait Handler: Sync {
            $(
                #[doc = $about]
                ///
                /// # Errors
                /// A code and a sentence; nothing was changed then.
                fn $method(&self, request: $request)
                    -> impl Future<Output = Result<$reply, ApiError>> + Send;
            )+
        }

        /// Carries out the command of that name with a JSON body, and gives the JSON of its answer.
        ///
        /// # Errors
        /// [`ErrorCode::NotFound`] for a name that is none, [`ErrorCode::Invalid`] for a body that the command
        /// does not take, else what the handler says.
        pub async fn dispatch<H: Handler>(handler: &H, name: &str, body: &[u8]) -> Result<Vec<u8>, ApiError> {
            match name {
                $($name => write(&handler.$method(read(name, body)?).await?),)+
                _ => Err(unknown(name)),
            }
        }
    };
}

commands! {
    "status", status(Status) -> StatusReply, "How the service fares.";
    "start", start(Start) -> StateReply, "Serves requests again.";
    "stop", stop(Stop) -> StateReply, "Answers each request that Turnpike is stopped.";
    "shutdown", shutdown(Shutdown) -> ShutdownReply, "Ends the service.";
    "request.cancel", cancel_request(CancelRequest) -> CancelRequestReply, "Ends one running request.";
    "token", token(Token) -> TokenReply, "The local token.";
    "token.rotate", rotate_token(RotateToken) -> TokenReply, "Replaces the local token.";
    "environment", environment(Environment) -> EnvironmentReply, "What a client needs in its environment.";
    "key.status", key_status(KeyStatus) -> KeyReport, "What is known of the OpenRouter key.";
    "key.set", set_key(SetKey) -> KeyReport, "Keeps a key in the system's keychain.";
    "key.clear", clear_key(ClearKey) -> KeyReport, "Removes the key from the system's keychain.";
    "key.undo", undo_key(UndoKey) -> KeyReport, "Takes the last change of the key back, for a minute.";
    "key.login", begin_login(BeginLogin) -> LoginReply, "Begins to get a key from OpenRouter in a browser.";
    "key.login.state", login_status(LoginStatus) -> LoginReply, "How that login stands.";
    "key.login.finish", finish_login(FinishLogin) -> LoginReply, "Ends it with a code that a person has copied.";
    "key.login.cancel", cancel_login(CancelLogin) -> LoginReply, "Gives the login up.";
    "client.list", list_clients(ListClients) -> ClientsReply, "Clients with tokens of their own, and what they spent.";
    "client.add", add_client(AddClient) -> ClientToken, "Adds a client, and tells its token once.";
    "client.rotate", rotate_client(RotateClient) -> ClientToken, "Gives a client another token.";
    "client.revoke", revoke_client(RevokeClient) -> Edited, "Takes a client's token back.";
    "config.get", config(Config) -> ConfigReply, "The configuration's text.";
    "config.set", set_config(SetConfig) -> Edited, "Sets or removes one value of the configuration.";
    "config.undo", undo_edit(UndoEdit) -> Edited, "Takes an edit of the configuration back.";
    "route.list", list_routes(ListRoutes) -> RoutesReply, "Maps and rules in full, and who answers for each role.";
    "route.save", save_route(SaveRoute) -> Edited, "Changes or adds a map or a rule.";
    "route.remove", remove_route(RemoveRoute) -> Edited, "Removes a map or a rule.";
    "route.move", move_route(MoveRoute) -> Edited, "Moves a map or a rule.";
    "map.list", list_maps(ListMaps) -> MapsReply, "Which model answers to which name.";
    "map.add", add_map(AddMap) -> Edited, "Adds a map.";
    "map.remove", remove_map(RemoveMap) -> Edited, "Removes a map.";
    "map.move", move_map(MoveMap) -> Edited, "Moves a map to another place in the order.";
    "map.test", test_map(TestMap) -> Conformance, "Probes a model by a few small requests.";
    "limits", limits(Limits) -> LimitsReply, "Which models are left out for now, and how the free tier stands.";
    "notices", notices(Notices) -> NoticesReply, "What people were told of lately.";
    "preset.list", list_presets(ListPresets) -> PresetsReply, "The presets with their models and prices.";
    "preset.use", use_preset(UsePreset) -> UsedPreset, "Writes a preset's maps and rules into the configuration.";
    "import.preview", preview_import(PreviewImport) -> ImportPreview, "What other tools' settings would become here.";
    "import.apply", apply_import(ApplyImport) -> Imported, "Writes what was shown of them.";
    "models.refresh", refresh_models(RefreshModels) -> RefreshedModels, "Fetches the catalogue now.";
    "models", models(Models) -> ModelsReply, "Models of the catalogue.";
    "spend", spend(Spend) -> SpendReport, "What was spent.";
    "spend.insight", spend_insight(SpendInsight) -> SpendInsightReply, "What the figures say.";
    "spend.session", spend_session(SpendSession) -> SpendSessionReply, "What a session cost.";
    "spend.forecast", forecast(Forecast) -> ForecastReply, "When money runs out at the present rate.";
    "spend.reconcile", reconcile(Reconcile) -> ReconcileReply, "Compares the ledger with the key's usage.";
    "budget.list", budgets(Budgets) -> BudgetsReply, "Every budget and how it stands.";
    "budget.raise", raise_budget(RaiseBudget) -> BudgetStanding, "Raises a cap until its period ends.";
    "budget.set", set_budget(SetBudget) -> Edited, "Changes a cap in the configuration.";
    "activity.list", activity(Activity) -> ActivityReply, "Single requests, the newest first.";
    "activity.details", request_details(RequestDetails) -> RequestDetailsReply, "All that is known of one request.";
    "capture.status", captures(Captures) -> CapturesReply, "Whether bodies are captured, and which are kept.";
    "capture.start", start_capture(StartCapture) -> CapturesReply, "Captures bodies for a while.";
    "capture.stop", stop_capture(StopCapture) -> CapturesReply, "Captures no further bodies.";
    "capture.forget", forget_captures(ForgetCaptures) -> CapturesReply, "Forgets captured bodies.";
    "capture.undo", undo_forget(UndoForget) -> CapturesReply, "Takes back what was forgotten last, for a minute.";
    "capture.body", captured_body(CapturedBody) -> CapturedBodyReply, "The bodies of a captured request.";
    "capture.replay", replay(Replay) -> ReplayReply, "Asks another model what a captured request asked.";
    "audit.list", audit(Audit) -> AuditReply, "Keys, tokens, budgets and maps: who changed what, and when.";
    "log.level", set_log_level(SetLogLevel) -> SetLogLevelReply, "Changes how much is logged.";
    "log.tail", log_tail(LogTail) -> LogTailReply, "The log from a place on.";
    "page.open", open_page(OpenPage) -> PageLink, "A link that lets a browser into the page once.";
    "demo.open", open_demo(OpenDemo) -> PageLink, "Starts the demo, with a link into its page.";
    "shell.list", list_shells(ListShells) -> ShellsReply, "Profiles of shells.";
    "shell.install", install_shell(InstallShell) -> ShellProfile, "Lets a shell's profile set the environment of clients.";
    "shell.remove", remove_shell(RemoveShell) -> ShellProfile, "Takes that out of the profile.";
    "claude.show", show_claude(ShowClaude) -> ClaudeReply, "How Claude Code's settings stand, and what connecting changes.";
    "claude.apply", apply_claude(ApplyClaude) -> ClaudeReply, "Connects Claude Code by its settings.";
    "claude.undo", undo_claude(UndoClaude) -> ClaudeReply, "Disconnects Claude Code.";
    "at_login.show", show_at_login(ShowAtLogin) -> AtLoginReply, "Whether Turnpike is started at login.";
    "at_login.set", set_at_login(SetAtLogin) -> AtLoginReply, "Has Turnpike started at login, or no more.";
    "doctor", doctor(Doctor) -> DoctorReply, "What is wrong, and what to do about it.";
}

/// Reads what a command takes. No body at all stands for an empty object.
fn read<C: Command>(name: &str, body: &[u8]) -> Result<C, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| ApiError::new(ErrorCode::Invalid, format!("`{name}` does not take this: {error}")))
}

fn write<R: Serialize>(reply: &R) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(reply).map_err(|error| {
        ApiError::new(ErrorCode::Internal, format!("the answer cannot be written as JSON: {error}"))
    })
}

fn unknown(name: &str) -> ApiError {
    let name: String = name.chars().take(40).collect();
    let known = COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>().join(", ");
    ApiError::new(ErrorCode::NotFound, format!("there is no command `{name}`; there are: {known}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_single() {
        let names: HashSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
    }

    #[test]
    fn no_body_is_an_empty_object_and_a_wrong_one_names_the_command() {
        assert_eq!(read::<Status>("status", b""), Ok(Status {}));
        let error = read::<CancelRequest>("request.cancel", b"{\"id\":\"seven\"}").unwrap_err();
        assert_eq!(error.code, ErrorCode::Invalid);
        assert!(error.message.starts_with("`request.cancel` does not take this"), "{}", error.message);
    }

    #[test]
    fn an_unknown_name_is_answered_by_the_list() {
        let error = unknown("dance");
        assert_eq!(error.code, ErrorCode::NotFound);
        assert!(error.message.contains("`dance`") && error.message.contains("map.add"), "{}", error.message);
    }
}
