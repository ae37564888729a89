//! The commands, carried out on the running service.

use std::sync::Arc;

use jiff::Timestamp;
use turnpike_api::command::{
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
use turnpike_api::{ApiError, ErrorCode, Event, Handler, SecretText};
use turnpike_settings::LocalToken;

use crate::core::{Core, blocking};
use crate::{
    account, activity, at_login, audit, budget, capture, catalogue, claude, client_environment, clients,
    config_edit, demo, doctor, import, insight, keys, limits, log, login, notices, own_use, presets, probe,
    routes, shells, spend, status, web,
};

/// Carries the commands out. A handle of its own, since some of them go on in a thread that may block.
#[derive(Clone, Debug)]
pub(crate) struct Commands(pub(crate) Arc<Core>);

// === impl Commands ===

impl Commands {
    /// Starts or stops, and keeps it over restarts.
    async fn set_paused(&self, paused: bool) -> Result<StateReply, ApiError> {
        let core = &self.0;
        if paused {
            core.proxy.pause()
        } else {
            core.proxy.resume()
        }
        tracing::info!(paused, "the data plane was {}", if paused { "stopped" } else { "started" });
        core.tell(Event::State { state: core.state() });
        let kept = blocking(core, move |core| core.remembered.change(|state| state.paused = paused)).await?;
        Ok(StateReply { state: core.state(), live: core.proxy.live().len(), not_kept: kept.err() })
    }

    fn log(&self) -> Result<&log::Log, ApiError> {
        self.0.log.as_ref().ok_or_else(|| {
            ApiError::new(ErrorCode::Unavailable, "this service keeps no log: it runs inside another program")
        })
    }
}

impl Handler for Commands {
    async fn status(&self, _: Status) -> Result<StatusReply, ApiError> {
        blocking(&self.0, status::of).await
    }

    async fn start(&self, _: Start) -> Result<StateReply, ApiError> {
        self.set_paused(false).await
    }

    async fn stop(&self, _: Stop) -> Result<StateReply, ApiError> {
        self.set_paused(true).await
    }

    async fn notices(&self, _: Notices) -> Result<NoticesReply, ApiError> {
        Ok(notices::of(&self.0))
    }

    async fn shutdown(&self, _: Shutdown) -> Result<ShutdownReply, ApiError> {
        tracing::info!("asked to end");
        self.0.end();
        Ok(ShutdownReply { live: self.0.proxy.live().len() })
    }

    async fn cancel_request(&self, request: CancelRequest) -> Result<CancelRequestReply, ApiError> {
        Ok(CancelRequestReply { was_running: self.0.proxy.cancel(request.id) })
    }

    async fn token(&self, _: Token) -> Result<TokenReply, ApiError> {
        Ok(token_reply(&self.0.token()))
    }

    async fn rotate_token(&self, _: RotateToken) -> Result<TokenReply, ApiError> {
        let rotated = blocking(&self.0, |core| LocalToken::rotate(&core.data_dir.token())).await?;
        let token = rotated.map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
        self.0.set_token(token.clone());
        tracing::info!("the local token was replaced");
        blocking(&self.0, |core| claude::refresh(core, false)).await?;
        Ok(token_reply(&token))
    }

    async fn environment(&self, request: Environment) -> Result<EnvironmentReply, ApiError> {
        Ok(client_environment::of_service(&self.0, request.model.as_deref()))
    }

    async fn key_status(&self, request: KeyStatus) -> Result<KeyReport, ApiError> {
        let core = &self.0;
        if request.check { core.keys.check(&core.upstream).await } else { Ok(core.keys.answered().await) }
    }

    async fn set_key(&self, request: SetKey) -> Result<KeyReport, ApiError> {
        keys::set(&self.0, &request.key).await
    }

    async fn clear_key(&self, _: ClearKey) -> Result<KeyReport, ApiError> {
        keys::clear(&self.0).await
    }

    async fn undo_key(&self, request: UndoKey) -> Result<KeyReport, ApiError> {
        keys::undo(&self.0, &request).await
    }

    async fn begin_login(&self, request: BeginLogin) -> Result<LoginReply, ApiError> {
        login::begin(&self.0, &request).await
    }

    async fn login_status(&self, _: LoginStatus) -> Result<LoginReply, ApiError> {
        Ok(self.0.login.reply())
    }

    async fn finish_login(&self, request: FinishLogin) -> Result<LoginReply, ApiError> {
        login::finish(&self.0, request.code.expose()).await
    }

    async fn cancel_login(&self, _: CancelLogin) -> Result<LoginReply, ApiError> {
        Ok(login::cancel(&self.0).await)
    }

    async fn list_clients(&self, _: ListClients) -> Result<ClientsReply, ApiError> {
        blocking(&self.0, clients::list).await
    }

    async fn add_client(&self, request: AddClient) -> Result<ClientToken, ApiError> {
        blocking(&self.0, move |core| clients::add(core, &request)).await?
    }

    async fn rotate_client(&self, request: RotateClient) -> Result<ClientToken, ApiError> {
        blocking(&self.0, move |core| clients::rotate(core, &request)).await?
    }

    async fn revoke_client(&self, request: RevokeClient) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| clients::revoke(core, &request)).await?
    }

    async fn config(&self, _: Config) -> Result<ConfigReply, ApiError> {
        blocking(&self.0, config_edit::text).await?
    }

    async fn set_config(&self, request: SetConfig) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| config_edit::set(core, &request)).await?
    }

    async fn undo_edit(&self, request: UndoEdit) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| config_edit::undo(core, &request)).await?
    }

    async fn list_routes(&self, _: ListRoutes) -> Result<RoutesReply, ApiError> {
        blocking(&self.0, routes::list).await?
    }

    async fn save_route(&self, request: SaveRoute) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| routes::save(core, &request)).await?
    }

    async fn remove_route(&self, request: RemoveRoute) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| routes::remove(core, &request)).await?
    }

    async fn move_route(&self, request: MoveRoute) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| routes::shift(core, &request)).await?
    }

    async fn captures(&self, _: Captures) -> Result<CapturesReply, ApiError> {
        Ok(capture::list(&self.0))
    }

    async fn start_capture(&self, request: StartCapture) -> Result<CapturesReply, ApiError> {
        capture::start(&self.0, &request)
    }

    async fn stop_capture(&self, _: StopCapture) -> Result<CapturesReply, ApiError> {
        Ok(capture::stop(&self.0))
    }

    async fn forget_captures(&self, request: ForgetCaptures) -> Result<CapturesReply, ApiError> {
        capture::forget(&self.0, &request)
    }

    async fn undo_forget(&self, _: UndoForget) -> Result<CapturesReply, ApiError> {
        capture::undo_forget(&self.0)
    }

    async fn captured_body(&self, request: CapturedBody) -> Result<CapturedBodyReply, ApiError> {
        capture::body(&self.0, &request)
    }

    async fn replay(&self, request: Replay) -> Result<ReplayReply, ApiError> {
        capture::replay(&self.0, request).await
    }

    async fn list_maps(&self, _: ListMaps) -> Result<MapsReply, ApiError> {
        blocking(&self.0, config_edit::maps).await?
    }

    async fn add_map(&self, request: AddMap) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| config_edit::add_map(core, &request)).await?
    }

    async fn remove_map(&self, request: RemoveMap) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| config_edit::remove_map(core, &request)).await?
    }

    async fn move_map(&self, request: MoveMap) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| config_edit::move_map(core, &request)).await?
    }

    async fn models(&self, request: Models) -> Result<ModelsReply, ApiError> {
        let fetched = self.0.catalogue.fetched().map(Timestamp::as_second);
        let mut reply = catalogue::search(&self.0.catalogue.get(), &request.search);
        let lived = blocking(&self.0, move |core| {
            let probed = probe::all(&core.data_dir.conformance());
            for model in &mut reply.models {
                model.conformance = probed.get(&model.slug).map(probe::summary);
            }
            own_use::add(core.ledger.reader(), &core.catalogue.get(), &mut reply, Timestamp::now());
            reply
        });
        Ok(ModelsReply { fetched, ..lived.await? })
    }

    async fn test_map(&self, request: TestMap) -> Result<Conformance, ApiError> {
        probe::run(&self.0, request).await
    }

    async fn preview_import(&self, request: PreviewImport) -> Result<ImportPreview, ApiError> {
        blocking(&self.0, move |core| import::preview_for(core, &request)).await?
    }

    async fn apply_import(&self, request: ApplyImport) -> Result<Imported, ApiError> {
        import::apply_for(&self.0, request).await
    }

    async fn refresh_models(&self, _: RefreshModels) -> Result<RefreshedModels, ApiError> {
        catalogue::refresh(&self.0).await
    }

    async fn limits(&self, _: Limits) -> Result<LimitsReply, ApiError> {
        Ok(limits::of(&self.0))
    }

    async fn list_presets(&self, _: ListPresets) -> Result<PresetsReply, ApiError> {
        blocking(&self.0, presets::list).await?
    }

    async fn use_preset(&self, request: UsePreset) -> Result<UsedPreset, ApiError> {
        blocking(&self.0, move |core| presets::put_to_use(core, &request)).await?
    }

    async fn spend(&self, request: Spend) -> Result<SpendReport, ApiError> {
        let report = blocking(&self.0, move |core| {
            // A receipt is asked for right after the last answer. If the disk is slow, it shows what is there.
            let _ = core.ledger.flush(core.pace.flush);
            let zone = core.config.now().config.general.timezone.zone();
            spend::report(core.ledger.reader(), &request, &core.catalogue.get(), Timestamp::now(), &zone)
        });
        Ok(report.await??)
    }

    async fn spend_insight(&self, request: SpendInsight) -> Result<SpendInsightReply, ApiError> {
        let report = blocking(&self.0, move |core| {
            let _ = core.ledger.flush(core.pace.flush);
            let zone = core.config.now().config.general.timezone.zone();
            insight::report(core.ledger.reader(), &request, &core.catalogue.get(), Timestamp::now(), &zone)
        });
        Ok(report.await??)
    }

    async fn spend_session(&self, request: SpendSession) -> Result<SpendSessionReply, ApiError> {
        blocking(&self.0, move |core| {
            let _ = core.ledger.flush(core.pace.flush);
            insight::session(core.ledger.reader(), &request.session)
        })
        .await?
    }

    async fn forecast(&self, _: Forecast) -> Result<ForecastReply, ApiError> {
        let forecast = blocking(&self.0, |core| {
            let _ = core.ledger.flush(core.pace.flush);
            let budgets = core.proxy.budget().totals();
            let (key, credits) = (core.account.key(), core.account.credits_left());
            insight::forecast(core.ledger.reader(), &budgets, (key.as_ref(), credits), Timestamp::now())
        });
        Ok(forecast.await?.map_err(spend::SpendError::from)?)
    }

    async fn reconcile(&self, request: Reconcile) -> Result<ReconcileReply, ApiError> {
        account::reconcile(&self.0, request.now).await
    }

    async fn budgets(&self, _: Budgets) -> Result<BudgetsReply, ApiError> {
        blocking(&self.0, budget::list).await
    }

    async fn raise_budget(&self, request: RaiseBudget) -> Result<BudgetStanding, ApiError> {
        blocking(&self.0, move |core| budget::raise(core, &request)).await?
    }

    async fn set_budget(&self, request: SetBudget) -> Result<Edited, ApiError> {
        blocking(&self.0, move |core| budget::set(core, &request)).await?
    }

    async fn activity(&self, request: Activity) -> Result<ActivityReply, ApiError> {
        blocking(&self.0, move |core| activity::list(core.ledger.reader(), &request)).await?
    }

    async fn request_details(&self, request: RequestDetails) -> Result<RequestDetailsReply, ApiError> {
        blocking(&self.0, move |core| {
            activity::details(core.ledger.reader(), &request, &core.catalogue.get())
        })
        .await?
    }

    async fn audit(&self, request: Audit) -> Result<AuditReply, ApiError> {
        blocking(&self.0, move |core| audit::list(core.ledger.reader(), &request)).await?
    }

    async fn set_log_level(&self, request: SetLogLevel) -> Result<SetLogLevelReply, ApiError> {
        let level = log::wanted_level(&request.level)?;
        let before = self.log()?.set_level(level);
        tracing::info!(before = before.as_str(), level = level.as_str(), "the log level was changed");
        Ok(SetLogLevelReply { level: level.as_str().to_owned(), before: before.as_str().to_owned() })
    }

    async fn log_tail(&self, request: LogTail) -> Result<LogTailReply, ApiError> {
        let folder = self.log()?.folder().clone();
        blocking(&self.0, move |_| log::lines(&folder, &request)).await?
    }

    async fn open_page(&self, request: OpenPage) -> Result<PageLink, ApiError> {
        web::open(&self.0, request).await
    }

    async fn open_demo(&self, _: OpenDemo) -> Result<PageLink, ApiError> {
        blocking(&self.0, demo::open).await?
    }

    async fn list_shells(&self, _: ListShells) -> Result<ShellsReply, ApiError> {
        blocking(&self.0, shells::list).await?
    }

    async fn install_shell(&self, request: InstallShell) -> Result<ShellProfile, ApiError> {
        blocking(&self.0, move |core| shells::install(core, &request.shell)).await?
    }

    async fn remove_shell(&self, request: RemoveShell) -> Result<ShellProfile, ApiError> {
        blocking(&self.0, move |core| shells::remove(core, &request.shell)).await?
    }

    async fn show_claude(&self, request: ShowClaude) -> Result<ClaudeReply, ApiError> {
        blocking(&self.0, move |core| claude::Client::of(core)?.show(request.options)).await?
    }

    async fn apply_claude(&self, request: ApplyClaude) -> Result<ClaudeReply, ApiError> {
        blocking(&self.0, move |core| claude::Client::of(core)?.apply(&request)).await?
    }

    async fn undo_claude(&self, request: UndoClaude) -> Result<ClaudeReply, ApiError> {
        blocking(&self.0, move |core| claude::Client::of(core)?.undo(&request)).await?
    }

    async fn show_at_login(&self, _: ShowAtLogin) -> Result<AtLoginReply, ApiError> {
        blocking(&self.0, at_login::show).await
    }

    async fn set_at_login(&self, request: SetAtLogin) -> Result<AtLoginReply, ApiError> {
        blocking(&self.0, move |core| at_login::set(core, request.is_on)).await?
    }

    async fn doctor(&self, request: Doctor) -> Result<DoctorReply, ApiError> {
        Ok(DoctorReply { findings: doctor::of_service(&self.0, &request).await? })
    }
}

fn token_reply(token: &LocalToken) -> TokenReply {
    TokenReply { token: SecretText::new(token.secret().expose().to_owned()) }
}
