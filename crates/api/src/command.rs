//! What each command takes and answers. Money is integers of nano-dollars (10⁻⁹ USD), times are Unix seconds
//! unless a name says otherwise.

mod activity;
mod at_login;
mod audit;
mod budget;
mod capture;
mod claude;
mod client;
mod client_environment;
mod config;
mod doctor;
mod import;
mod insight;
mod key;
mod limits;
mod log;
mod login;
mod map;
mod models;
mod notice;
mod page;
mod preset;
mod probe;
mod route;
mod service;
mod shell;
mod spend;
mod status;

pub use activity::{Activity, ActivityReply, ActivityRow, Fact, RequestDetails, RequestDetailsReply};
pub use at_login::{AtLoginReply, SetAtLogin, ShowAtLogin, StartsAtLogin};
pub use audit::{Audit, AuditReply, AuditRow};
pub use budget::{BudgetOf, BudgetStanding, Budgets, BudgetsReply, RaiseBudget, SetBudget};
pub use capture::{
    AnswerPart, CaptureStanding, CapturedBody, CapturedBodyReply, CapturedRequest, Captures, CapturesReply,
    ForgetCaptures, Replay, ReplayReply, ReplaySide, StartCapture, StopCapture, UndoForget,
};
pub use claude::{
    ApplyClaude, ClaudeOptions, ClaudeReply, ClaudeState, DiffKind, DiffLine, ShowClaude, UndoClaude,
};
pub use client::{
    AddClient, ClientEntry, ClientLimits, ClientToken, ClientsReply, ListClients, RevokeClient, RotateClient,
};
pub use client_environment::{Environment, EnvironmentReply, Variable};
pub use config::{Config, ConfigReply, Edited, SetConfig};
pub use doctor::{Doctor, DoctorReply, Finding, Severity};
pub use import::{
    ApplyImport, ImportFrom, ImportKey, ImportPlace, ImportPreview, ImportSource, Imported, PreviewImport,
};
pub use insight::{
    ClaudeComparison, Forecast, ForecastLine, ForecastReply, ModelSpeed, Percentiles, Reconcile,
    ReconcileReply, Reconciliation, ReconciliationLine, SpendInsight, SpendInsightReply, SpendSession,
    SpendSessionReply,
};
pub use key::{ClearKey, KeyReport, KeySource, KeyState, KeyStatus, SetKey, UndoKey};
pub use limits::{FreeTier, LeftOut, Limits, LimitsReply};
pub use log::{LogPosition, LogTail, LogTailReply, SetLogLevel, SetLogLevelReply};
pub use login::{BeginLogin, CancelLogin, FinishLogin, LoginReply, LoginState, LoginStatus};
pub use map::{AddMap, ListMaps, MapEntry, MapsReply, MoveMap, RemoveMap, RuleEntry};
pub use models::{Model, Models, ModelsReply, RefreshModels, RefreshedModels};
pub use notice::{KeptNotice, NoticeSwitch, Notices, NoticesReply};
pub use page::{OpenDemo, OpenPage, PageLink};
pub use preset::{ListPresets, Preset, PresetRole, PresetsReply, UsePreset, UsedPreset};
pub use probe::{Conformance, Probe, TestMap};
pub use route::{
    ListRoutes, MoveRoute, RemoveRoute, RoleAnswer, Route, RouteList, RouteValue, RoutesReply, SaveRoute,
    UndoEdit,
};
pub use service::{
    CancelRequest, CancelRequestReply, RotateToken, Shutdown, ShutdownReply, Start, StateReply, Stop, Token,
    TokenReply,
};
pub use shell::{InstallShell, ListShells, RemoveShell, ShellProfile, ShellsReply};
pub use spend::{Spend, SpendReport, SpendRow, Totals};
pub use status::{
    Balance, ConfigStanding, LedgerStanding, LiveRequest, ProxyState, Status, StatusReply, Today,
};
