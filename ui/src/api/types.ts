// @generated from crates/api; see crates/api/src/typescript.rs

/** Every command: what it takes and what it answers. */
export interface Commands {
  "status": { request: Status; reply: StatusReply };
  "start": { request: Start; reply: StateReply };
  "stop": { request: Stop; reply: StateReply };
  "shutdown": { request: Shutdown; reply: ShutdownReply };
  "request.cancel": { request: CancelRequest; reply: CancelRequestReply };
  "token": { request: Token; reply: TokenReply };
  "token.rotate": { request: RotateToken; reply: TokenReply };
  "environment": { request: Environment; reply: EnvironmentReply };
  "key.status": { request: KeyStatus; reply: KeyReport };
  "key.set": { request: SetKey; reply: KeyReport };
  "key.clear": { request: ClearKey; reply: KeyReport };
  "key.undo": { request: UndoKey; reply: KeyReport };
  "key.login": { request: BeginLogin; reply: LoginReply };
  "key.login.state": { request: LoginStatus; reply: LoginReply };
  "key.login.finish": { request: FinishLogin; reply: LoginReply };
  "key.login.cancel": { request: CancelLogin; reply: LoginReply };
  "client.list": { request: ListClients; reply: ClientsReply };
  "client.add": { request: AddClient; reply: ClientToken };
  "client.rotate": { request: RotateClient; reply: ClientToken };
  "client.revoke": { request: RevokeClient; reply: Edited };
  "config.get": { request: Config; reply: ConfigReply };
  "config.set": { request: SetConfig; reply: Edited };
  "config.undo": { request: UndoEdit; reply: Edited };
  "route.list": { request: ListRoutes; reply: RoutesReply };
  "route.save": { request: SaveRoute; reply: Edited };
  "route.remove": { request: RemoveRoute; reply: Edited };
  "route.move": { request: MoveRoute; reply: Edited };
  "map.list": { request: ListMaps; reply: MapsReply };
  "map.add": { request: AddMap; reply: Edited };
  "map.remove": { request: RemoveMap; reply: Edited };
  "map.move": { request: MoveMap; reply: Edited };
  "map.test": { request: TestMap; reply: Conformance };
  "limits": { request: Limits; reply: LimitsReply };
  "notices": { request: Notices; reply: NoticesReply };
  "preset.list": { request: ListPresets; reply: PresetsReply };
  "preset.use": { request: UsePreset; reply: UsedPreset };
  "import.preview": { request: PreviewImport; reply: ImportPreview };
  "import.apply": { request: ApplyImport; reply: Imported };
  "models.refresh": { request: RefreshModels; reply: RefreshedModels };
  "models": { request: Models; reply: ModelsReply };
  "spend": { request: Spend; reply: SpendReport };
  "spend.insight": { request: SpendInsight; reply: SpendInsightReply };
  "spend.session": { request: SpendSession; reply: SpendSessionReply };
  "spend.forecast": { request: Forecast; reply: ForecastReply };
  "spend.reconcile": { request: Reconcile; reply: ReconcileReply };
  "budget.list": { request: Budgets; reply: BudgetsReply };
  "budget.raise": { request: RaiseBudget; reply: BudgetStanding };
  "budget.set": { request: SetBudget; reply: Edited };
  "activity.list": { request: Activity; reply: ActivityReply };
  "activity.details": { request: RequestDetails; reply: RequestDetailsReply };
  "capture.status": { request: Captures; reply: CapturesReply };
  "capture.start": { request: StartCapture; reply: CapturesReply };
  "capture.stop": { request: StopCapture; reply: CapturesReply };
  "capture.forget": { request: ForgetCaptures; reply: CapturesReply };
  "capture.undo": { request: UndoForget; reply: CapturesReply };
  "capture.body": { request: CapturedBody; reply: CapturedBodyReply };
  "capture.replay": { request: Replay; reply: ReplayReply };
  "audit.list": { request: Audit; reply: AuditReply };
  "log.level": { request: SetLogLevel; reply: SetLogLevelReply };
  "log.tail": { request: LogTail; reply: LogTailReply };
  "page.open": { request: OpenPage; reply: PageLink };
  "demo.open": { request: OpenDemo; reply: PageLink };
  "shell.list": { request: ListShells; reply: ShellsReply };
  "shell.install": { request: InstallShell; reply: ShellProfile };
  "shell.remove": { request: RemoveShell; reply: ShellProfile };
  "claude.show": { request: ShowClaude; reply: ClaudeReply };
  "claude.apply": { request: ApplyClaude; reply: ClaudeReply };
  "claude.undo": { request: UndoClaude; reply: ClaudeReply };
  "at_login.show": { request: ShowAtLogin; reply: AtLoginReply };
  "at_login.set": { request: SetAtLogin; reply: AtLoginReply };
  "doctor": { request: Doctor; reply: DoctorReply };
}

/**
 * Asks for requests, the newest first.
 */
export type Activity = { 
/**
 * Only those before this row: where the last answer ended.
 */
before: number | null, 
/**
 * How many, at most 500; `None`: 50.
 */
limit: number | null, 
/**
 * Words that must all be in names, slugs, project, session or error.
 */
words: string | null, 
/**
 * `open`, `ok`, `error`, `cancelled`, `truncated` or `interrupted`.
 */
status: string | null, 
/**
 * Facts that must all be true.
 */
only: Array<Fact> | null, };

/**
 * Requests, the newest first.
 */
export type ActivityReply = { 
/**
 * The requests.
 */
rows: Array<ActivityRow>, 
/**
 * Where to go on; `None` when all were looked at. With words there may be more even behind an empty page, since
 * one question looks at a bounded number of rows.
 */
next: number | null, };

/**
 * One request.
 */
export type ActivityRow = { 
/**
 * Number of its row.
 */
id: number, 
/**
 * When it was accepted, Unix milliseconds.
 */
started_at_ms: number, 
/**
 * From acceptance to the first content, milliseconds.
 */
first_token_ms: number | null, 
/**
 * From acceptance to the end, milliseconds.
 */
duration_ms: number | null, 
/**
 * `open`, `ok`, `error`, `cancelled`, `truncated` or `interrupted`.
 */
status: string, 
/**
 * Class of the request.
 */
class: string | null, 
/**
 * Type of the agent that asked.
 */
agent_type: string | null, 
/**
 * The client's session.
 */
session: string | null, 
/**
 * Folder to which the cost belongs.
 */
project: string | null, 
/**
 * Git branch.
 */
branch: string | null, 
/**
 * Name of the client's token.
 */
client: string | null, 
/**
 * The model's name as the client wrote it.
 */
requested_model: string, 
/**
 * Slug of the model that answered.
 */
served_model: string | null, 
/**
 * Slug it was sent to last.
 */
target: string | null, 
/**
 * The provider behind the upstream.
 */
provider: string | null, 
/**
 * `native` or `translate`.
 */
mode: string | null, 
/**
 * Input tokens that no cache had to do with.
 */
input_tokens: number, 
/**
 * Input tokens read from the prompt cache.
 */
cache_read_tokens: number, 
/**
 * Input tokens written to the prompt cache.
 */
cache_write_tokens: number, 
/**
 * Output tokens, reasoning included.
 */
output_tokens: number, 
/**
 * Output tokens spent on reasoning.
 */
reasoning_tokens: number, 
/**
 * Nano-dollars.
 */
cost_nanos: number, 
/**
 * Nano-dollars that the provider bills to a key of the user's own, apart from the above.
 */
byok_cost_nanos: number, 
/**
 * `upstream`, `looked_up`, `estimate` or `none`.
 */
cost_source: string, 
/**
 * Status the client got.
 */
http_status: number | null, 
/**
 * Error type the client got.
 */
error_type: string | null, 
/**
 * The error's words.
 */
error_message: string | null, 
/**
 * Stop reason the client got.
 */
stop_reason: string | null, };

/**
 * Adds a client. Its limits can be changed later as any value of the configuration.
 */
export type AddClient = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Patterns of the models that may answer it (`qwen/*`), or short names. What counts is the model that answers,
 * whatever name it was asked by.
 */
models: Array<string> | null, 
/**
 * Requests in a minute.
 */
requests_per_minute: number | null, 
/**
 * Requests in an hour.
 */
requests_per_hour: number | null, 
/**
 * Requests under way at once, streamed or not.
 */
parallel_streams: number | null, 
/**
 * The cap of a day in nano-dollars.
 */
daily_nanos: number | null, 
/**
 * The cap of a week in nano-dollars.
 */
weekly_nanos: number | null, 
/**
 * The cap of a month in nano-dollars.
 */
monthly_nanos: number | null, 
/**
 * What happens at a cap: `warn` or `stop`; `None`: as for everybody.
 */
action: string | null, };

/**
 * Adds a map.
 */
export type AddMap = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * The map.
 */
map: MapEntry, 
/**
 * Its place from 0; `None` puts it last.
 */
at: number | null, };

/**
 * A part of an answer, as people read it.
 */
export type AnswerPart = { 
/**
 * `text`, `thinking`, `tool_use`, `error`, or another kind of block.
 */
kind: string, 
/**
 * Name of the tool that is called.
 */
name: string | null, 
/**
 * The words; for a tool its arguments as JSON.
 */
text: string, };

/**
 * A refusal or a failure: a code for programs, a sentence for people.
 */
export type ApiError = { 
/**
 * What kind of failure it is.
 */
code: ErrorCode, 
/**
 * What happened and what to do.
 */
message: string, 
/**
 * The field of the request that is wrong, where it is one: `minutes`, or a value's name.
 */
field?: string | null, };

/**
 * Connects Claude Code, or brings its settings up to date.
 */
export type ApplyClaude = { 
/**
 * What to write; without, what was written the last time, or else as little as possible.
 */
options: ClaudeOptions | null, 
/**
 * The file that was looked at: when it is another one by now, that is a conflict and nothing is changed.
 */
revision: string | null, };

/**
 * Writes what was shown.
 */
export type ApplyImport = { 
/**
 * The revision that it was shown for.
 */
revision: string, 
/**
 * Where to look, as before.
 */
place: ImportPlace, 
/**
 * The text that was shown: what would be written must still be that.
 */
text: string, 
/**
 * Whether the key that was found goes into the keychain, in the place of the one that is there.
 */
with_key: boolean, };

/**
 * How it stands.
 */
export type AtLoginReply = { 
/**
 * Whether it is started at login.
 */
is_on: boolean, 
/**
 * What is started, or would be. `None` where nothing can be.
 */
starts: StartsAtLogin | null, 
/**
 * The file that says so, or would.
 */
file: string | null, 
/**
 * The same for people, with what to know of it.
 */
message: string, 
/**
 * Why it cannot be changed here, and what to do instead.
 */
problem: string | null, };

/**
 * Asks for control actions, the newest first.
 */
export type Audit = { 
/**
 * Only actions before that one: the last of the page before.
 */
before: number | null, 
/**
 * How many, 100 unless told, 1,000 at most.
 */
limit: number | null, };

/**
 * Control actions, the newest first.
 */
export type AuditReply = { 
/**
 * The actions.
 */
actions: Array<AuditRow>, 
/**
 * Where to go on; `None` when these were all.
 */
next: number | null, };

/**
 * One action.
 */
export type AuditRow = { 
/**
 * Its number.
 */
id: number, 
/**
 * When, Unix milliseconds.
 */
at_ms: number, 
/**
 * Who: `page`, `program` (the command line or the tray, through the service), `cli` (without one).
 */
actor: string, 
/**
 * What: the name of the command.
 */
action: string, 
/**
 * The client, map, budget or place it was about.
 */
subject: string | null, 
/**
 * What else was asked for, as JSON; never a secret.
 */
details: string | null, };

/**
 * What the upstream says of the key's money: asked for every ten minutes.
 */
export type Balance = { 
/**
 * When it said so, Unix seconds.
 */
at: number, 
/**
 * The key's limit in nano-dollars, where it has one.
 */
limit_nanos: number | null, 
/**
 * What is left of that.
 */
limit_left_nanos: number | null, 
/**
 * When the limit begins anew: `daily`, `weekly`, `monthly`, or never.
 */
limit_reset: string | null, 
/**
 * What is left of the account's credits; `None` for a key that may not read them, as most may not.
 */
credits_left_nanos: number | null, 
/**
 * Less than $10 of credits were ever bought: few free requests a day.
 */
is_free_tier: boolean, };

/**
 * Begins a login; one that waits already is over then.
 */
export type BeginLogin = { 
/**
 * The browser comes back to this machine by itself. Without it OpenRouter shows a code, to be given to
 * [`FinishLogin`]: for a browser on another machine.
 */
callback: boolean, 
/**
 * Also write a file, for the user's eyes only, that leads a browser to the link.
 */
redirect_file: boolean, };

/**
 * One cap and what of it is used.
 */
export type BudgetStanding = { 
/**
 * `daily`, `weekly` or `monthly`.
 */
period: string, 
/**
 * The cap in nano-dollars, as it is now.
 */
cap_nanos: number | null, 
/**
 * The part of it by which it was raised until the period ends.
 */
raised_nanos: number, 
/**
 * What settled requests cost.
 */
settled_nanos: number, 
/**
 * Whether a part of that is an estimate, be it of nothing. Only lists for people say so; an event says `false`.
 */
is_approximate: boolean, 
/**
 * What is reserved for requests under way.
 */
reserved_nanos: number, 
/**
 * What of the cap is settled, in thousandths.
 */
used_permille: number | null, 
/**
 * When the period began, Unix seconds.
 */
starts_at: number, 
/**
 * When it ends, Unix seconds.
 */
resets_at: number, 
/**
 * What happens at the cap: `warn` or `stop`.
 */
action: string, 
/**
 * Name of a client's token.
 */
client: string | null, 
/**
 * A folder, absolute.
 */
project: string | null, };

/**
 * Asks for every budget and how it stands.
 */
export type Budgets = Record<symbol, never>;

/**
 * Every budget.
 */
export type BudgetsReply = { 
/**
 * The configuration that sets them, to be shown again with a change.
 */
revision: string, 
/**
 * One line for each cap.
 */
budgets: Array<BudgetStanding>, 
/**
 * What everybody spent today, this week, this month, with a cap or without.
 */
totals: Array<BudgetStanding>, 
/**
 * Requests that were refused since the service started.
 */
refused: number, };

/**
 * Gives the login up.
 */
export type CancelLogin = Record<symbol, never>;

/**
 * Ends one running request, as if its client had gone away.
 */
export type CancelRequest = { 
/**
 * Number of its row.
 */
id: number, };

/**
 * Whether the request was there to be ended.
 */
export type CancelRequestReply = { 
/**
 * It was.
 */
was_running: boolean, };

/**
 * Whether bodies are captured now.
 */
export type CaptureStanding = { 
/**
 * Whether they are.
 */
is_on: boolean, 
/**
 * When it ends by itself, Unix seconds.
 */
until: number | null, 
/**
 * After how many further requests it ends.
 */
requests_left: number | null, 
/**
 * How many captured requests are kept.
 */
kept: number, };

/**
 * Asks for the bodies of a captured request.
 */
export type CapturedBody = { 
/**
 * Number of the request's row.
 */
id: number, };

/**
 * The bodies of a captured request, without what is secret.
 */
export type CapturedBodyReply = { 
/**
 * The request as JSON; `None` when it was too large to be kept.
 */
request: string | null, 
/**
 * The answer.
 */
answer: Array<AnswerPart>, 
/**
 * Whether the answer was longer than what is kept of it.
 */
is_cut: boolean, };

/**
 * A captured request.
 */
export type CapturedRequest = { 
/**
 * Number of its row.
 */
id: number, 
/**
 * When it was accepted, Unix seconds.
 */
at: number, 
/**
 * The model's name as the client wrote it.
 */
model: string, 
/**
 * Bytes that are kept of it.
 */
bytes: number, 
/**
 * How many secrets were taken out of it.
 */
redacted: number, };

/**
 * Asks whether bodies are captured, and which are kept.
 */
export type Captures = Record<symbol, never>;

/**
 * What is captured and kept. All of it is in memory alone.
 */
export type CapturesReply = { 
/**
 * Whether bodies are captured now.
 */
standing: CaptureStanding, 
/**
 * The captured requests, the newest first.
 */
kept: Array<CapturedRequest>, 
/**
 * Most requests that are kept; beyond that the oldest goes.
 */
most_requests: number, 
/**
 * Most bytes that are kept; beyond that the oldest goes.
 */
most_bytes: number, 
/**
 * Seconds after which each is forgotten by itself.
 */
kept_for_seconds: number, };

/**
 * Requests by names of Claude's models, and what their tokens cost at Claude's API list price.
 */
export type ClaudeComparison = { 
/**
 * What they cost.
 */
cost_nanos: number, 
/**
 * Whether a part of that is an estimate, be it of nothing.
 */
is_approximate: boolean, 
/**
 * What they would have cost.
 */
list_nanos: number, 
/**
 * The day of the price list, `YYYY-MM-DD`.
 */
prices_of: string, };

/**
 * What connecting writes besides the environment.
 */
export type ClaudeOptions = { 
/**
 * `apiKeyHelper` is a command that tells the local token, which then does not stand in the file.
 */
token_by_command: boolean, 
/**
 * `permissions.defaultMode` is `default`: Claude Code asks before it acts, instead of asking a model.
 */
default_mode: boolean, 
/**
 * `statusLine` is `turnpike statusline`.
 */
status_line: boolean, };

/**
 * How Claude Code's settings stand.
 */
export type ClaudeReply = { 
/**
 * The settings file.
 */
path: string, 
/**
 * The file that it is a link to, where it is one.
 */
link_to: string | null, 
/**
 * Which text of it was looked at.
 */
revision: string, 
/**
 * Whether Claude Code is connected.
 */
state: ClaudeState, 
/**
 * What the difference under `connect` is made with.
 */
options: ClaudeOptions, 
/**
 * What connecting means, to be said before it is done.
 */
sentence: string, 
/**
 * Sessions of Claude Code that run now and switch at once; `None` where they cannot be counted.
 */
running_sessions: number | null, 
/**
 * What tries Turnpike in one terminal, without any change.
 */
try_command: string, 
/**
 * What connecting changes, or bringing up to date; empty when there is nothing to change. Secrets are dots.
 */
connect: Array<DiffLine>, 
/**
 * What disconnecting changes. Secrets are dots.
 */
disconnect: Array<DiffLine>, 
/**
 * Keys that were ours and have been changed since: disconnecting leaves them. As `env.ANTHROPIC_BASE_URL`.
 */
left: Array<string>, 
/**
 * What to know, each a sentence.
 */
notes: Array<string>, 
/**
 * Why the file cannot be changed, where it cannot.
 */
problem: string | null, };

/**
 * Whether Claude Code is connected.
 */
export type ClaudeState = "disconnected" | "connected" | "outdated" | "suspended";

/**
 * Removes the key from the system's keychain.
 */
export type ClearKey = Record<symbol, never>;

/**
 * One client.
 */
export type ClientEntry = { 
/**
 * Its name.
 */
name: string, 
/**
 * Whether a token lets it in; none does after it was revoked.
 */
has_token: boolean, 
/**
 * What it spent today, this week, this month, with the cap where there is one.
 */
spent: Array<BudgetStanding>, 
/**
 * Requests of it under way.
 */
running: number, 
/**
 * Patterns of the models that may answer it (`qwen/*`), or short names. What counts is the model that answers,
 * whatever name it was asked by.
 */
models: Array<string> | null, 
/**
 * Requests in a minute.
 */
requests_per_minute: number | null, 
/**
 * Requests in an hour.
 */
requests_per_hour: number | null, 
/**
 * Requests under way at once, streamed or not.
 */
parallel_streams: number | null, 
/**
 * The cap of a day in nano-dollars.
 */
daily_nanos: number | null, 
/**
 * The cap of a week in nano-dollars.
 */
weekly_nanos: number | null, 
/**
 * The cap of a month in nano-dollars.
 */
monthly_nanos: number | null, 
/**
 * What happens at a cap: `warn` or `stop`; `None`: as for everybody.
 */
action: string | null, };

/**
 * A client's token. This is the only time it is told.
 */
export type ClientToken = { 
/**
 * Whose.
 */
name: string, 
/**
 * What the client shows to the data plane.
 */
token: SecretText, 
/**
 * The configuration's revision from here on.
 */
revision: string, };

/**
 * All clients, in the order of the configuration.
 */
export type ClientsReply = { 
/**
 * The revision to name in an edit.
 */
revision: string, 
/**
 * The clients.
 */
clients: Array<ClientEntry>, };

/**
 * Asks for the configuration's text.
 */
export type Config = Record<symbol, never>;

/**
 * The configuration's text.
 */
export type ConfigReply = { 
/**
 * The file.
 */
path: string, 
/**
 * Its text, as it stands in the file now.
 */
text: string, 
/**
 * Which text that is; an edit names it.
 */
revision: string, 
/**
 * Why that text is not in force: file, line, key and reason.
 */
refused: string | null, };

/**
 * The configuration in force.
 */
export type ConfigStanding = { 
/**
 * The file.
 */
path: string, 
/**
 * Which text of it is in force.
 */
revision: string, 
/**
 * Why the file's present text is not in force: file, line, key and reason.
 */
refused: string | null, };

/**
 * What a model showed when it was probed.
 */
export type Conformance = { 
/**
 * The model that was asked first, by its slug.
 */
slug: string, 
/**
 * When.
 */
tested: number, 
/**
 * What the probes cost together, in nano-dollars.
 */
cost_nanos: number, 
/**
 * Whether it was reached natively.
 */
native: boolean, 
/**
 * Whether tools or streaming failed when it was last probed natively.
 */
failed_natively: boolean, 
/**
 * The probes, in their order.
 */
probes: Array<Probe>, };

/**
 * What becomes of a line.
 */
export type DiffKind = "same" | "removed" | "added" | "gap";

/**
 * One line of a difference.
 */
export type DiffLine = { 
/**
 * What becomes of it.
 */
kind: DiffKind, 
/**
 * The line, without its end.
 */
text: string, };

/**
 * Examines port, key, upstream, configuration and client. Takes up to fifteen seconds, longer with requests.
 */
export type Doctor = { 
/**
 * Also send one small request to each model that maps and rules name. It costs money.
 */
requests: boolean, 
/**
 * Leave the client out: whoever asks looks at it from a terminal, where more is known of it.
 */
without_client: boolean, };

/**
 * What was found.
 */
export type DoctorReply = { 
/**
 * One finding for each thing that was looked at.
 */
findings: Array<Finding>, };

/**
 * An edit was made and is in force.
 */
export type Edited = { 
/**
 * The configuration's revision from here on.
 */
revision: string, };

/**
 * Asks for the environment of a client.
 */
export type Environment = { 
/**
 * The model that the client is told to ask for, when it is not one of Claude's own names.
 */
model: string | null, };

/**
 * The environment of a client.
 */
export type EnvironmentReply = { 
/**
 * The variables, in the order in which they are shown. One of them holds the local token.
 */
variables: Array<Variable>, 
/**
 * What to know before using them.
 */
warnings: Array<string>, };

/**
 * Kinds of failure that a program can branch on.
 */
export type ErrorCode = "invalid" | "unauthorized" | "forbidden" | "not_found" | "conflict" | "too_large" | "config" | "key" | "unavailable" | "internal" | "unknown";

/**
 * Something that happened. Events may be missed; a command tells the whole state at any time.
 */
export type Event = { "event": "state", 
/**
 * Its state from here on.
 */
state: ProxyState, } | { "event": "config_applied", 
/**
 * Its revision.
 */
revision: string, } | { "event": "config_refused", 
/**
 * File, line, key and reason.
 */
message: string, } | { "event": "key", 
/**
 * What is known now.
 */
key: KeyReport, } | { "event": "login", 
/**
 * How it stands now.
 */
login: LoginReply, } | { "event": "settled", 
/**
 * Number of the row.
 */
id: number, 
/**
 * Nano-dollars.
 */
cost_nanos: number, } | { "event": "cost_found", 
/**
 * Number of the row.
 */
id: number, 
/**
 * Nano-dollars.
 */
cost_nanos: number, } | { "event": "budget", 
/**
 * The mark in thousandths of the cap; 1,000 is the cap itself.
 */
mark_permille: number, 
/**
 * The budget.
 */
budget: BudgetStanding, 
/**
 * The same for people.
 */
message: string, } | { "event": "target_left_out", 
/**
 * Which, why, until when.
 */
target: LeftOut, 
/**
 * What runs instead; `None` when nothing does.
 */
instead: string | null, } | { "event": "target_back", 
/**
 * Its slug.
 */
slug: string, } | { "event": "fell_back", 
/**
 * The first of the plan.
 */
meant: string, 
/**
 * The one that answered.
 */
answered: string, } | { "event": "credits", 
/**
 * It has: requests are refused.
 */
is_spent: boolean, 
/**
 * The same for people.
 */
message: string, } | { "event": "spike", 
/**
 * What it cost, and what is usual.
 */
message: string, } | { "event": "noticed", 
/**
 * The notice.
 */
notice: KeptNotice, } | { "event": "capture", 
/**
 * How it stands from here on.
 */
capture: CaptureStanding, } | { "event": "at_login", 
/**
 * Whether Turnpike is.
 */
is_on: boolean, } | { "event": "shutting_down" };

/**
 * A fact of a request.
 */
export type Fact = { 
/**
 * Which: `model`, `project`, `session` … as spend is split by.
 */
by: string, 
/**
 * Its text; empty for requests that tell none.
 */
is: string, };

/**
 * One finding.
 */
export type Finding = { 
/**
 * What was looked at: `config`, `port`, `key`, `upstream`, `client`, `base URL`, `token`, `model` …
 */
subject: string, 
/**
 * How bad it is.
 */
severity: Severity, 
/**
 * What was found.
 */
message: string, 
/**
 * What to do about it; `None` where nothing is to be done.
 */
fix: string | null, };

/**
 * Ends the login that waits with what a person has copied from the browser. Waits until the key is kept.
 */
export type FinishLogin = { 
/**
 * The code, or the address at which the browser has ended.
 */
code: SecretText, };

/**
 * Asks when money runs out at the present rate.
 */
export type Forecast = Record<symbol, never>;

/**
 * Something that may end.
 */
export type ForecastLine = { 
/**
 * What: `the daily budget`, `the key's limit`.
 */
what: string, 
/**
 * Nano-dollars that are left.
 */
left_nanos: number, 
/**
 * Whether what was spent of it is an estimate in part.
 */
is_approximate: boolean, 
/**
 * When it ends at the rate of the last hour, Unix seconds; `None` when it does not before it starts anew.
 */
ends_at_hours_rate: number | null, 
/**
 * When it ends at the rate of the last 24 hours.
 */
ends_at_days_rate: number | null, 
/**
 * When it starts anew, Unix seconds, where it does.
 */
resets_at: number | null, };

/**
 * When money runs out.
 */
export type ForecastReply = { 
/**
 * What the last hour cost.
 */
last_hour_nanos: number, 
/**
 * Whether a part of that is an estimate.
 */
is_hour_approximate: boolean, 
/**
 * What the last 24 hours cost.
 */
last_day_nanos: number, 
/**
 * Whether a part of that is an estimate.
 */
is_day_approximate: boolean, 
/**
 * Whether the last hour cost more than five times what an hour of the week before did.
 */
is_spike: boolean, 
/**
 * What may end.
 */
lines: Array<ForecastLine>, };

/**
 * Forgets what was captured.
 */
export type ForgetCaptures = { 
/**
 * Number of the request's row; `None`: all of them.
 */
id: number | null, };

/**
 * Requests to free models.
 */
export type FreeTier = { 
/**
 * Requests of this day (UTC).
 */
used_today: number, 
/**
 * How many there are a day; `None` while it is not known.
 */
limit: number | null, 
/**
 * Requests of the last minute.
 */
last_minute: number, 
/**
 * When the day ends.
 */
resets: number, 
/**
 * A sentence for people; `None` where nothing free was used.
 */
message: string | null, };

/**
 * Whose settings.
 */
export type ImportFrom = "ccr" | "litellm" | "env" | "shell";

/**
 * A key that was found.
 */
export type ImportKey = { 
/**
 * How people recognise it: dots and the last four characters.
 */
masked: string, 
/**
 * Where it was found.
 */
found_in: string, };

/**
 * Where to look.
 */
export type ImportPlace = { 
/**
 * Only settings of this tool; `None`: of all of them.
 */
from: ImportFrom | null, 
/**
 * This file; `None`: where the tools keep theirs.
 */
path: string | null, 
/**
 * A folder whose `config.yaml` and `.env` are looked at too.
 */
folder: string | null, };

/**
 * What would be imported.
 */
export type ImportPreview = { 
/**
 * The configuration's revision, to be named when it is applied.
 */
revision: string, 
/**
 * The files in which something was found.
 */
sources: Array<ImportSource>, 
/**
 * The entries that would be added to config.toml, as they would stand there; empty for nothing. Each goes behind
 * those of its kind.
 */
text: string, 
/**
 * How many maps are in it.
 */
maps: number, 
/**
 * How many rules are in it.
 */
rules: number, 
/**
 * The OpenRouter key that was found. It would go into the keychain.
 */
key: ImportKey | null, 
/**
 * What is not written because the configuration says something already, each a sentence.
 */
conflicts: Array<string>, 
/**
 * What has no counterpart here, and what to know, each a sentence.
 */
notices: Array<string>, };

/**
 * A file in which something was found.
 */
export type ImportSource = { 
/**
 * Whose it is.
 */
from: ImportFrom, 
/**
 * The file.
 */
path: string, };

/**
 * It was written.
 */
export type Imported = { 
/**
 * The configuration's revision from here on.
 */
revision: string, 
/**
 * How many maps were added.
 */
maps: number, 
/**
 * How many rules were added.
 */
rules: number, 
/**
 * What is known of the key, when one was taken over.
 */
key: KeyReport | null, };

/**
 * Puts the block into a shell's profile.
 */
export type InstallShell = { 
/**
 * `bash`, `zsh`, `fish`, `nu` or `pwsh`.
 */
shell: string, };

/**
 * A notice that is kept.
 */
export type KeptNotice = { 
/**
 * When.
 */
at: number, 
/**
 * Its kind.
 */
kind: NoticeKind, 
/**
 * What it is about: the same is not told again within its period.
 */
subject: string, 
/**
 * One sentence.
 */
text: string, 
/**
 * Seconds in which it is not repeated.
 */
period_seconds: number, };

/**
 * What is known of the key.
 */
export type KeyReport = { 
/**
 * Whether there is one to use.
 */
state: KeyState, 
/**
 * Where it comes from.
 */
source: KeySource | null, 
/**
 * How people recognise it: dots and the last four characters.
 */
masked: string | null, 
/**
 * One sentence: what holds, and what to do.
 */
message: string, 
/**
 * The keychain has not answered; the service goes on asking it.
 */
awaited: boolean, 
/**
 * Number of the last change, while it can be taken back.
 */
undo: number | null, };

/**
 * Where a key comes from.
 */
export type KeySource = "environment" | "file" | "keychain" | "demo";

/**
 * Whether there is a key to use.
 */
export type KeyState = "ready" | "missing" | "locked" | "unavailable" | "refused";

/**
 * Asks what is known of the key.
 */
export type KeyStatus = { 
/**
 * Also ask the upstream whether it takes the key, for at most ten seconds.
 */
check: boolean, };

/**
 * Whether rows get to the disk.
 */
export type LedgerStanding = { 
/**
 * They do.
 */
is_ok: boolean, 
/**
 * Why not, and what to do.
 */
problem: string | null, 
/**
 * Rows that wait in memory.
 */
queued: number, 
/**
 * Rows that will never be in the ledger.
 */
lost: number, };

/**
 * A target that is left out for a while.
 */
export type LeftOut = { 
/**
 * Its slug.
 */
slug: string, 
/**
 * `limited` (the upstream named the time), `busy`, `failing` or `gone`.
 */
why: string, 
/**
 * Since when.
 */
since: number, 
/**
 * Until when; then it is tried again.
 */
until: number, 
/**
 * A sentence for people.
 */
message: string, };

/**
 * Asks who is left out, and how the free tier stands.
 */
export type Limits = Record<symbol, never>;

/**
 * Who is left out, and how the free tier stands.
 */
export type LimitsReply = { 
/**
 * Targets that are left out now, by slug.
 */
left_out: Array<LeftOut>, 
/**
 * Requests to free models.
 */
free: FreeTier, };

/**
 * Asks for all clients.
 */
export type ListClients = Record<symbol, never>;

/**
 * Asks for all maps.
 */
export type ListMaps = Record<symbol, never>;

/**
 * Asks for all presets.
 */
export type ListPresets = Record<symbol, never>;

/**
 * Asks for all maps and rules, and for who answers for each role.
 */
export type ListRoutes = Record<symbol, never>;

/**
 * Asks for the profiles of all shells.
 */
export type ListShells = Record<symbol, never>;

/**
 * A request that runs now.
 */
export type LiveRequest = { 
/**
 * Number of its row.
 */
id: number, 
/**
 * The model's name as the client wrote it.
 */
model: string, 
/**
 * Slug it was sent to.
 */
target: string, 
/**
 * Class of the request.
 */
class: string, 
/**
 * Folder the session works in.
 */
project: string | null, 
/**
 * The client's session.
 */
session: string | null, 
/**
 * Name of the client whose token was shown.
 */
client: string | null, 
/**
 * Milliseconds since it was accepted.
 */
running_ms: number, 
/**
 * Output tokens so far, by estimate.
 */
output_tokens_estimate: number, 
/**
 * Nano-dollars so far, by estimate: nothing of the prompt counts as cached. `None` where no price is known.
 */
cost_nanos_estimate: number | null, };

/**
 * A place in the log: which of its numbered files, and how many bytes into it.
 */
export type LogPosition = { 
/**
 * Number of the file. Later files have larger numbers.
 */
file: number, 
/**
 * Bytes from its beginning.
 */
offset: number, };

/**
 * Asks for the log from a place on.
 */
export type LogTail = { 
/**
 * Where the last answer ended; `None` for the last lines there are.
 */
after: LogPosition | null, 
/**
 * How many lines at most, up to 1,000.
 */
lines: number | null, };

/**
 * A stretch of the log.
 */
export type LogTailReply = { 
/**
 * Whole lines, without their ends.
 */
lines: Array<string>, 
/**
 * Where to go on.
 */
next: LogPosition, };

/**
 * How the login stands.
 */
export type LoginReply = { 
/**
 * Where it stands.
 */
state: LoginState, 
/**
 * What to open in a browser, while it waits.
 */
url: string | null, 
/**
 * The file that leads there, where one was asked for just now.
 */
redirect_file: string | null, 
/**
 * Until when it waits.
 */
until: number | null, 
/**
 * Dots and the last four characters of the key that it brought.
 */
masked: string | null, 
/**
 * One sentence: what holds, and what to do.
 */
message: string, };

/**
 * Where a login stands.
 */
export type LoginState = "none" | "waiting" | "working" | "done" | "failed";

/**
 * Asks how the login stands.
 */
export type LoginStatus = Record<symbol, never>;

/**
 * One map.
 */
export type MapEntry = { 
/**
 * The model's name as clients send it; `*` stands for any signs.
 */
name: string, 
/**
 * The model that answers.
 */
target: string, 
/**
 * Models to go on with when that one fails.
 */
fallback: Array<string>, 
/**
 * What it showed when it was probed last, as `6/7 on 2026-11-21`.
 */
conformance: string | null, };

/**
 * All maps, in the order in which they are tried.
 */
export type MapsReply = { 
/**
 * The revision to name in an edit.
 */
revision: string, 
/**
 * The maps.
 */
maps: Array<MapEntry>, 
/**
 * The rules, which come before the maps.
 */
rules: Array<RuleEntry>, };

/**
 * One model.
 */
export type Model = { 
/**
 * `author/slug`, with a variant such as `:free` where it has one.
 */
slug: string, 
/**
 * Name for people.
 */
name: string, 
/**
 * Context window in tokens.
 */
window: number | null, 
/**
 * Nano-dollars for a million input tokens; `None` where it varies.
 */
input_nanos_per_million: number | null, 
/**
 * Nano-dollars for a million output tokens; `None` where it varies.
 */
output_nanos_per_million: number | null, 
/**
 * What it can: `tools`, `image`, `thinking` …
 */
abilities: Array<string>, 
/**
 * Most tokens of an answer.
 */
max_output: number | null, 
/**
 * Whether it costs nothing and counts against the day's free requests.
 */
is_free: boolean, 
/**
 * The day after which it is gone, `YYYY-MM-DD`.
 */
expires: string | null, 
/**
 * What it showed when it was probed last, as `6/7 on 2026-11-21`.
 */
conformance: string | null, 
/**
 * What the user's own last seven days would have cost on it, in nano-dollars: the same tokens at its prices.
 */
last_week_nanos: number | null, 
/**
 * Milliseconds to its first content, half of the answers of the last thirty days; `None` where it was not used.
 */
first_token_ms: number | null, 
/**
 * Its output tokens in a second, likewise.
 */
tokens_per_second: number | null, };

/**
 * How fast one model answered. Times are known to a tenth.
 */
export type ModelSpeed = { 
/**
 * The model; `None` where none was told.
 */
model: string | null, 
/**
 * Answers that were timed.
 */
answers: number, 
/**
 * Requests in all.
 */
requests: number, 
/**
 * Those of them that went wrong; not those that their client left.
 */
failed: number, 
/**
 * Milliseconds from acceptance to the first content.
 */
first_token: Percentiles, 
/**
 * Milliseconds from acceptance to the end.
 */
duration: Percentiles, 
/**
 * Output tokens in a second, after the first content.
 */
tokens_per_second: number | null, };

/**
 * Asks for models of the catalogue.
 */
export type Models = { 
/**
 * Words that must all be in the slug or the name; empty for all models.
 */
search: string, };

/**
 * Models of the catalogue, by slug.
 */
export type ModelsReply = { 
/**
 * The models.
 */
models: Array<Model>, 
/**
 * When the catalogue was fetched; `None` for the facts that come with the program.
 */
fetched: number | null, 
/**
 * What the user's last seven days cost in fact, in nano-dollars; `None` where nothing was asked.
 */
last_week_nanos: number | null, 
/**
 * Whether a part of that is an estimate.
 */
is_last_week_approximate: boolean, };

/**
 * Moves a map to another place in the order.
 */
export type MoveMap = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Its new place, from 0.
 */
to: number, };

/**
 * Moves a map or a rule to another place in the order.
 */
export type MoveRoute = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Which list.
 */
list: RouteList, 
/**
 * Its position.
 */
at: number, 
/**
 * Its new position.
 */
to: number, };

/**
 * A kind of notice. Its name is that of its switch in `[notify]`.
 */
export type NoticeKind = "stopped" | "key" | "limited" | "budget" | "credits" | "fallback" | "limit_over" | "spike";

/**
 * Whether the desktop shows notices of a kind.
 */
export type NoticeSwitch = { 
/**
 * The kind; its switch is `notify.` and this name in the configuration.
 */
kind: NoticeKind, 
/**
 * The first line of its notifications.
 */
title: string, 
/**
 * Whether it is shown.
 */
is_on: boolean, };

/**
 * Asks what people were told of lately.
 */
export type Notices = Record<symbol, never>;

/**
 * What people were told of lately.
 */
export type NoticesReply = { 
/**
 * The last hundred, the newest first, of kinds that are not shown too.
 */
notices: Array<KeptNotice>, 
/**
 * Every kind, the gravest first, and whether the desktop shows it.
 */
kinds: Array<NoticeSwitch>, };

/**
 * Starts the demo, on a simulated OpenRouter, beside the running service, and asks for a link into its page. One that runs
 * already ends first. It ends with the service, and once there is a key.
 */
export type OpenDemo = Record<symbol, never>;

/**
 * Asks for a link that lets a browser in once.
 */
export type OpenPage = { 
/**
 * Also write a file, readable by its owner alone, that leads a browser to the link, so that the link is in no
 * command line.
 */
redirect_file: boolean, };

/**
 * A link that lets a browser in once.
 */
export type PageLink = { 
/**
 * The link. Its code stands behind the `#`, which browsers do not send.
 */
url: SecretText, 
/**
 * How long it can be used, in seconds.
 */
valid_seconds: number, 
/**
 * The file that leads there, when one was asked for; it goes when the link is used or has expired.
 */
redirect_file: string | null, };

/**
 * So many milliseconds take at most half, 95 % and 99 % of the answers.
 */
export type Percentiles = { 
/**
 * Half.
 */
p50_ms: number | null, 
/**
 * 95 %.
 */
p95_ms: number | null, 
/**
 * 99 %.
 */
p99_ms: number | null, };

/**
 * One preset.
 */
export type Preset = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it is, in a sentence.
 */
about: string, 
/**
 * Whether its entries are in the configuration now.
 */
is_in_use: boolean, 
/**
 * One model for each role.
 */
roles: Array<PresetRole>, 
/**
 * What was replaced since the table was written and what is missing, each a sentence.
 */
notices: Array<string>, };

/**
 * A model for a role. Prices are nano-dollars for a million tokens; `None` where they are not known or vary.
 */
export type PresetRole = { 
/**
 * `opus`, `sonnet`, `haiku`, `subagent`, `safety_check`, `images` or `fallback`.
 */
role: string, 
/**
 * The model.
 */
slug: string, 
/**
 * Its price for input.
 */
input_nanos_per_million: number | null, 
/**
 * Its price for output.
 */
output_nanos_per_million: number | null, 
/**
 * What Claude's own model of the role takes for input, by list price.
 */
claude_input_nanos_per_million: number | null, 
/**
 * The same for output.
 */
claude_output_nanos_per_million: number | null, };

/**
 * All presets.
 */
export type PresetsReply = { 
/**
 * The revision to name when one is chosen.
 */
revision: string, 
/**
 * The day on which the table of presets was last gone over, `YYYY-MM-DD`.
 */
table_of: string, 
/**
 * When the catalogue that they are checked against was fetched; `None` for the facts that come with the program.
 */
checked: number | null, 
/**
 * The presets.
 */
presets: Array<Preset>, };

/**
 * Looks for other tools' settings and tells what they would become. Changes nothing.
 */
export type PreviewImport = { 
/**
 * Where to look.
 */
place: ImportPlace, };

/**
 * One probe.
 */
export type Probe = { 
/**
 * `tools`, `parallel_tools`, `streaming`, `thinking`, `long_arguments`, `images` or `stop`.
 */
name: string, 
/**
 * Whether it went as it should.
 */
passed: boolean, 
/**
 * What was seen, in a sentence.
 */
seen: string, 
/**
 * Whether this says something about the model: the upstream answered, and the model itself.
 */
counts: boolean, 
/**
 * What was mended in the answer.
 */
mended: Array<string>, };

/**
 * Whether the data plane serves requests.
 */
export type ProxyState = "running" | "stopped" | "shutting_down";

/**
 * Raises a cap until its period ends.
 */
export type RaiseBudget = { 
/**
 * `daily`, `weekly` or `monthly`.
 */
period: string, 
/**
 * By how many nano-dollars; less than none takes a raise back, and no more than was raised.
 */
by_nanos: number, 
/**
 * Name of a client's token.
 */
client: string | null, 
/**
 * A folder, absolute.
 */
project: string | null, };

/**
 * Compares the ledger with what the upstream says of the key.
 */
export type Reconcile = { 
/**
 * Ask the upstream now instead of telling the latest comparison.
 */
now: boolean, };

/**
 * The comparison, and those of the days before.
 */
export type ReconcileReply = { 
/**
 * The latest; `None` before the first.
 */
latest: Reconciliation | null, 
/**
 * One of each day, the newest first.
 */
days: Array<Reconciliation>, };

/**
 * The ledger's sums beside those of the key, all in UTC.
 */
export type Reconciliation = { 
/**
 * When it was made, Unix seconds.
 */
at: number, 
/**
 * The day, week and month of it.
 */
lines: Array<ReconciliationLine>, };

/**
 * One stretch of time.
 */
export type ReconciliationLine = { 
/**
 * `daily`, `weekly` or `monthly`.
 */
period: string, 
/**
 * What the ledger says, estimates included.
 */
ledger_nanos: number, 
/**
 * The part of it that is an estimate.
 */
estimated_nanos: number, 
/**
 * Requests whose cost is an estimate, also those taken to cost nothing.
 */
estimates: number, 
/**
 * What the upstream says the key used; `None` where it does not say.
 */
key_nanos: number | null, 
/**
 * The key's sum less the ledger's.
 */
drift_nanos: number | null, 
/**
 * What is likely behind the difference, a sentence; `None` where there is none.
 */
cause: string | null, };

/**
 * Fetches the catalogue now.
 */
export type RefreshModels = Record<symbol, never>;

/**
 * The catalogue was fetched.
 */
export type RefreshedModels = { 
/**
 * How many models it has.
 */
count: number, 
/**
 * When it was fetched.
 */
fetched: number, };

/**
 * Removes a map.
 */
export type RemoveMap = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Its name.
 */
name: string, };

/**
 * Removes a map or a rule.
 */
export type RemoveRoute = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Which list.
 */
list: RouteList, 
/**
 * Its position.
 */
at: number, };

/**
 * Takes the block out of a shell's profile.
 */
export type RemoveShell = { 
/**
 * `bash`, `zsh`, `fish`, `nu` or `pwsh`.
 */
shell: string, };

/**
 * Asks another model what a captured request asked. It is billed as a request of its own, and marked as a replay.
 */
export type Replay = { 
/**
 * Number of the captured request's row.
 */
id: number, 
/**
 * Slug or short name of the other model; rules and maps are not looked at.
 */
model: string, };

/**
 * Both answers, side by side.
 */
export type ReplayReply = { 
/**
 * What the client got.
 */
original: ReplaySide, 
/**
 * What the other model said.
 */
replay: ReplaySide, };

/**
 * One of two answers.
 */
export type ReplaySide = { 
/**
 * Its row; `None` when the ledger cannot tell it.
 */
row: ActivityRow | null, 
/**
 * The HTTP status of the answer.
 */
http_status: number, 
/**
 * The answer.
 */
answer: Array<AnswerPart>, };

/**
 * Asks for all that is known of one request.
 */
export type RequestDetails = { 
/**
 * Number of its row.
 */
id: number, };

/**
 * All that is known of one request.
 */
export type RequestDetailsReply = { 
/**
 * What the list shows.
 */
row: ActivityRow, 
/**
 * Why it went where it went, as JSON.
 */
decision: string | null, 
/**
 * Retries and fallbacks, as JSON.
 */
attempts: string | null, 
/**
 * Parameters that were not passed on, as JSON.
 */
dropped: string | null, 
/**
 * What was mended in the answer, as JSON.
 */
repairs: string | null, 
/**
 * The upstream's id of the answer.
 */
generation_id: string | null, 
/**
 * What its input that came from no cache cost above what reading it from one would have cost, in nano-dollars at
 * today's prices; `None` where the model has no price for cached input.
 */
missed_nanos: number | null, 
/**
 * Bytes of the client's body.
 */
request_bytes: number, 
/**
 * Bytes of the answer's body.
 */
response_bytes: number, };

/**
 * Takes a client's token back: it is refused from here on, and what it has under way ends.
 */
export type RevokeClient = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Also take its entry with all its limits out of the configuration.
 */
forget: boolean, };

/**
 * Who answers for a role of Claude's.
 */
export type RoleAnswer = { 
/**
 * `opus`, `sonnet`, `haiku`, `subagent` or `safety_check`.
 */
id: string, 
/**
 * The slug that is asked first.
 */
slug: string, 
/**
 * Slugs to go on with when that one fails.
 */
fallback: Array<string>, 
/**
 * `map`, `rule` or `default`.
 */
by: string, 
/**
 * Name of the map or rule that decides.
 */
name: string | null, 
/**
 * The list in which the role has an entry of its own, or gets one.
 */
list: RouteList, 
/**
 * Position of its own entry; `None` while it has none.
 */
at: number | null, 
/**
 * What an entry of its own begins with.
 */
own: Array<RouteValue>, };

/**
 * Gives a client another token; the old one lets nobody in from here on, what runs goes on.
 */
export type RotateClient = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Its name.
 */
name: string, };

/**
 * Replaces the local token; the old one lets nobody in from here on.
 */
export type RotateToken = Record<symbol, never>;

/**
 * A map or a rule.
 */
export type Route = { 
/**
 * What is written in it, in its order.
 */
values: Array<RouteValue>, 
/**
 * What its target showed when it was probed last, as `6/7 on 2026-11-21`.
 */
conformance: string | null, };

/**
 * Which of the two lists.
 */
export type RouteList = "map" | "rule";

/**
 * One value of a map or a rule.
 */
export type RouteValue = { 
/**
 * Its place in it, as `target` or `params.temperature`.
 */
name: string, 
/**
 * The value as JSON.
 */
json: string, };

/**
 * All maps and rules, in the order in which they are tried.
 */
export type RoutesReply = { 
/**
 * The revision to name in an edit.
 */
revision: string, 
/**
 * The maps.
 */
maps: Array<Route>, 
/**
 * The rules, which come before the maps.
 */
rules: Array<Route>, 
/**
 * Who answers for Claude's roles, by all of these and the defaults.
 */
roles: Array<RoleAnswer>, };

/**
 * One rule.
 */
export type RuleEntry = { 
/**
 * Its name, where it has one.
 */
name: string | null, 
/**
 * What it is for, as `class auxiliary, no has_image`.
 */
when: string, 
/**
 * The model that answers.
 */
target: string, 
/**
 * Models to go on with when that one fails.
 */
fallback: Array<string>, 
/**
 * What its target showed when it was probed last, as `6/7 on 2026-11-21`.
 */
conformance: string | null, };

/**
 * Changes a map or a rule, or adds one. What is not named is removed; what stays keeps its comments.
 */
export type SaveRoute = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * Which list.
 */
list: RouteList, 
/**
 * Position of the one that is changed; `None` adds one.
 */
at: number | null, 
/**
 * Position of the one before which a new one goes; `None`: last.
 */
before: number | null, 
/**
 * All of its values.
 */
values: Array<RouteValue>, };

/**
 * A text that is sent but never printed: its `Debug` shows dots, and memory is wiped on drop.
 */
export type SecretText = string;

/**
 * Has Turnpike started at each login, or no more. What runs goes on either way.
 */
export type SetAtLogin = { 
/**
 * Whether it is to be started.
 */
is_on: boolean, };

/**
 * Changes a cap, or what happens at it, in the configuration.
 */
export type SetBudget = { 
/**
 * The revision that this was made for.
 */
revision: string, 
/**
 * `daily`, `weekly` or `monthly`.
 */
period: string, 
/**
 * The cap in nano-dollars; `None` removes it.
 */
cap_nanos: number | null, 
/**
 * What happens at the cap: `warn` or `stop`; `None` leaves that as it is.
 */
action: string | null, 
/**
 * Name of a client's token.
 */
client: string | null, 
/**
 * A folder, absolute.
 */
project: string | null, };

/**
 * Sets or removes one value.
 */
export type SetConfig = { 
/**
 * The revision that the change was made for; another one is a conflict, and nothing is changed.
 */
revision: string, 
/**
 * The place, as `budget.daily_usd` or `map[0].target`.
 */
path: string, 
/**
 * The value as it is written in the file (`5.00`, `"warn"`, `["a", "b"]`); `None` removes it.
 */
value: string | null, };

/**
 * Keeps a key in the system's keychain.
 */
export type SetKey = { 
/**
 * The key.
 */
key: SecretText, };

/**
 * Changes how much is logged, until the service ends.
 */
export type SetLogLevel = { 
/**
 * `error`, `warn`, `info`, `debug` or `trace`.
 */
level: string, };

/**
 * The level was changed.
 */
export type SetLogLevelReply = { 
/**
 * The level now.
 */
level: string, 
/**
 * The level before.
 */
before: string, };

/**
 * How bad a finding is.
 */
export type Severity = "ok" | "warning" | "error";

/**
 * A shell's profile.
 */
export type ShellProfile = { 
/**
 * `bash`, `zsh`, `fish`, `nu` or `pwsh`.
 */
shell: string, 
/**
 * The file that each session of the shell reads.
 */
path: string, 
/**
 * Whether that file is there.
 */
exists: boolean, 
/**
 * Whether the block is in it.
 */
is_installed: boolean, 
/**
 * The line that the block holds, or would hold.
 */
line: string, 
/**
 * Why the file is left alone, where it is.
 */
problem: string | null, };

/**
 * The profiles of all shells.
 */
export type ShellsReply = { 
/**
 * One for each shell.
 */
shells: Array<ShellProfile>, };

/**
 * Asks whether Turnpike is started at login.
 */
export type ShowAtLogin = Record<symbol, never>;

/**
 * Looks at the settings file, and tells what connecting and disconnecting would change. Changes nothing.
 */
export type ShowClaude = { 
/**
 * What connecting is to write; without, what it wrote the last time, or else as little as possible.
 */
options: ClaudeOptions | null, };

/**
 * Ends the service: no new requests, those in flight may finish for thirty seconds.
 */
export type Shutdown = Record<symbol, never>;

/**
 * The service is ending.
 */
export type ShutdownReply = { 
/**
 * Requests it waits for.
 */
live: number, };

/**
 * Asks for sums over settled requests.
 */
export type Spend = { 
/**
 * What to split by: `day`, `model`, `session`, `project`, `class` … Empty: `day`.
 */
by: string, 
/**
 * From when on, as people write it (`2026-11-01`, `7d`, `today`, an instant); `None`: from the beginning.
 */
since: string | null, 
/**
 * Up to the end of what, written likewise; `None`: open end.
 */
until: string | null, 
/**
 * How many rows at most.
 */
limit: number | null, 
/**
 * Only requests of which all of these are true.
 */
only: Array<Fact> | null, 
/**
 * Also what cache misses cost: [`Totals::missed_nanos`].
 */
misses: boolean, };

/**
 * Asks what the figures of a time say.
 */
export type SpendInsight = { 
/**
 * From when on, as people write it; `None`: from the beginning.
 */
since: string | null, 
/**
 * Up to the end of what, written likewise; `None`: open end.
 */
until: string | null, };

/**
 * What the figures say.
 */
export type SpendInsightReply = { 
/**
 * The sums.
 */
total: Totals, 
/**
 * What reading from the prompt cache saved, less what writing to it cost more, in nano-dollars at today's prices;
 * `None` where no price is known.
 */
cache_saved_nanos: number | null, 
/**
 * The comparison with Claude's API list price; `None` where nothing was asked for by a name of Claude's.
 */
claude: ClaudeComparison | null, 
/**
 * How fast models answered, the one with the most answers first.
 */
speeds: Array<ModelSpeed>, 
/**
 * The dearest sessions, ten at most.
 */
sessions: Array<SpendRow>, };

/**
 * Sums over settled requests.
 */
export type SpendReport = { 
/**
 * What they are split by.
 */
by: string, 
/**
 * Times in order; all else the dearest first.
 */
rows: Array<SpendRow>, 
/**
 * Rows that the limit has cut off.
 */
omitted: number, 
/**
 * The sum of all, those cut off included.
 */
total: Totals, };

/**
 * One line.
 */
export type SpendRow = { 
/**
 * The day, the model …; `None` where the requests tell none.
 */
key: string | null, 
/**
 * Settled requests.
 */
requests: number, 
/**
 * Those of them that went wrong; not those that their client left.
 */
failed: number, 
/**
 * Nano-dollars that the upstream billed, estimates included.
 */
cost_nanos: number, 
/**
 * The part of it that is an estimate.
 */
estimated_nanos: number, 
/**
 * Requests whose cost is an estimate, also those taken to cost nothing because nobody has told yet, or ever will. Of
 * rows that were taken out none is counted; of more than 20,000, lines by a fact know the newest.
 */
estimates: number, 
/**
 * Nano-dollars that providers bill to a key of the user's own, apart from the above.
 */
byok_cost_nanos: number, 
/**
 * Input tokens that no cache had to do with.
 */
input_tokens: number, 
/**
 * Output tokens, reasoning included.
 */
output_tokens: number, 
/**
 * Input tokens read from the prompt cache.
 */
cache_read_tokens: number, 
/**
 * Input tokens written to the prompt cache.
 */
cache_write_tokens: number, 
/**
 * Output tokens spent on reasoning.
 */
reasoning_tokens: number, 
/**
 * Share of input tokens that came from the cache, in whole percent.
 */
cached_percent: number | null, 
/**
 * What input that came from no cache cost above what reading it from one would have cost, in nano-dollars at today's
 * prices. `None` where it was not asked for, and where no model that answered has a price for cached input.
 */
missed_nanos: number | null, };

/**
 * Asks what a session cost.
 */
export type SpendSession = { 
/**
 * The client's session id.
 */
session: string, };

/**
 * What a session cost.
 */
export type SpendSessionReply = { 
/**
 * The client's session id.
 */
session: string, 
/**
 * The folder it works in.
 */
project: string | null, 
/**
 * Its first request, Unix seconds.
 */
first_at: number, 
/**
 * Its latest request, Unix seconds.
 */
last_at: number, 
/**
 * Requests that run, and are in none of the sums.
 */
running: number, 
/**
 * The sums.
 */
total: Totals, 
/**
 * The same by model that answered, the dearest first.
 */
models: Array<SpendRow>, };

/**
 * Serves requests again. Kept over restarts.
 */
export type Start = Record<symbol, never>;

/**
 * Captures bodies from now on: until so many requests were captured, or until the time is over, whichever is first.
 */
export type StartCapture = { 
/**
 * How many requests, from 1; `None`: all of the time.
 */
requests: number | null, 
/**
 * Minutes, 1 to 60; `None`: 60.
 */
minutes: number | null, };

/**
 * What is started at login.
 */
export type StartsAtLogin = "tray" | "service";

/**
 * The data plane's state after a command.
 */
export type StateReply = { 
/**
 * The state.
 */
state: ProxyState, 
/**
 * Requests that still run.
 */
live: number, 
/**
 * Why this will be forgotten at the next start of the service, where it will.
 */
not_kept: string | null, };

/**
 * Asks for everything that a tray or a person looks at first.
 */
export type Status = Record<symbol, never>;

/**
 * How the service fares.
 */
export type StatusReply = { 
/**
 * Version of the service.
 */
version: string, 
/**
 * Its process.
 */
pid: number, 
/**
 * Random name of this run of the service.
 */
instance: string, 
/**
 * Seconds since it started.
 */
uptime_seconds: number, 
/**
 * Bytes of memory that it holds (resident set).
 */
memory_bytes: number, 
/**
 * Thousandths of one core that it used since it was asked last; 0 at first.
 */
cpu_permille: number, 
/**
 * Its data folder.
 */
data_dir: string, 
/**
 * How a terminal calls the program for this data folder: `turnpike`, with `--data-dir` where that is not the default one.
 */
program: string, 
/**
 * Whether requests are served.
 */
state: ProxyState, 
/**
 * Base URL of the data plane.
 */
data_plane: string, 
/**
 * Base URL of the control plane.
 */
control_plane: string, 
/**
 * Base URL of the upstream.
 */
upstream: string, 
/**
 * What is known of the OpenRouter key.
 */
key: KeyReport, 
/**
 * The configuration in force.
 */
config: ConfigStanding, 
/**
 * Whether rows get to the disk.
 */
ledger: LedgerStanding, 
/**
 * What today cost; `None` when the ledger cannot answer.
 */
today: Today | null, 
/**
 * What the upstream says of the key's money; `None` before it was asked.
 */
balance: Balance | null, 
/**
 * Requests running now, oldest first.
 */
live: Array<LiveRequest>, 
/**
 * Whether Claude Code is connected; `None` when that cannot be told.
 */
claude: ClaudeState | null, 
/**
 * Base URL of the page of the demo that runs beside it.
 */
demo: string | null, 
/**
 * Whether bodies of requests are captured now.
 */
capture: CaptureStanding, 
/**
 * `error`, `warn`, `info`, `debug` or `trace`.
 */
log_level: string, 
/**
 * What people should know, each a sentence with its remedy.
 */
notices: Array<string>, 
/**
 * The same of models that are gone, will be, or are left out for now: another one can be chosen.
 */
model_notices: Array<string>, };

/**
 * Answers each further request that Turnpike is stopped. Streams in flight finish. Kept over restarts.
 */
export type Stop = Record<symbol, never>;

/**
 * Captures no further bodies; those that are kept stay.
 */
export type StopCapture = Record<symbol, never>;

/**
 * Probes a model through the running data plane. Costs a few cents at most.
 */
export type TestMap = { 
/**
 * A name as a client would ask for it: a map's, a short name, or a slug.
 */
name: string, };

/**
 * What the user's day cost so far.
 */
export type Today = { 
/**
 * Settled requests.
 */
requests: number, 
/**
 * Nano-dollars, estimates included.
 */
cost_nanos: number, 
/**
 * Requests whose cost is an estimate, also those taken to cost nothing.
 */
estimates: number, 
/**
 * Today's cap in nano-dollars, where one is set, with what it was raised by.
 */
daily_cap_nanos: number | null, };

/**
 * Asks for the local token.
 */
export type Token = Record<symbol, never>;

/**
 * The local token.
 */
export type TokenReply = { 
/**
 * What clients show to the data plane.
 */
token: SecretText, };

/**
 * Sums.
 */
export type Totals = { 
/**
 * Settled requests.
 */
requests: number, 
/**
 * Those of them that went wrong; not those that their client left.
 */
failed: number, 
/**
 * Nano-dollars that the upstream billed, estimates included.
 */
cost_nanos: number, 
/**
 * The part of it that is an estimate.
 */
estimated_nanos: number, 
/**
 * Requests whose cost is an estimate, also those taken to cost nothing because nobody has told yet, or ever will. Of
 * rows that were taken out none is counted; of more than 20,000, lines by a fact know the newest.
 */
estimates: number, 
/**
 * Nano-dollars that providers bill to a key of the user's own, apart from the above.
 */
byok_cost_nanos: number, 
/**
 * Input tokens that no cache had to do with.
 */
input_tokens: number, 
/**
 * Output tokens, reasoning included.
 */
output_tokens: number, 
/**
 * Input tokens read from the prompt cache.
 */
cache_read_tokens: number, 
/**
 * Input tokens written to the prompt cache.
 */
cache_write_tokens: number, 
/**
 * Output tokens spent on reasoning.
 */
reasoning_tokens: number, 
/**
 * Share of input tokens that came from the cache, in whole percent.
 */
cached_percent: number | null, 
/**
 * What input that came from no cache cost above what reading it from one would have cost, in nano-dollars at today's
 * prices. `None` where it was not asked for, and where no model that answered has a price for cached input.
 */
missed_nanos: number | null, };

/**
 * Disconnects Claude Code: puts back what was there for our keys and for `model`.
 */
export type UndoClaude = { 
/**
 * The file that was looked at: when it is another one by now, that is a conflict and nothing is changed.
 */
revision: string | null, };

/**
 * Takes an edit back, byte for byte. The service remembers its last twenty.
 */
export type UndoEdit = { 
/**
 * The revision that the edit led to; when the file holds another one by now, nothing is changed.
 */
revision: string, };

/**
 * Takes back what was forgotten last. The service keeps it for a minute, in memory.
 */
export type UndoForget = Record<symbol, never>;

/**
 * Puts back what there was before the last change of the key. The service keeps it for a minute, in memory.
 */
export type UndoKey = { 
/**
 * Number of the change, from [`KeyReport::undo`].
 */
change: number, };

/**
 * Writes a preset's maps and rules into the configuration, in the place of another preset's.
 */
export type UsePreset = { 
/**
 * The revision that the change was made for.
 */
revision: string, 
/**
 * The preset's name; `none` takes the entries of whatever preset away.
 */
name: string, };

/**
 * The preset is in force.
 */
export type UsedPreset = { 
/**
 * The configuration's revision from here on.
 */
revision: string, 
/**
 * What was replaced, and which of the user's own maps come first, each a sentence.
 */
notices: Array<string>, };

/**
 * One variable. Its value is never printed by accident: the local token is among them.
 */
export type Variable = { 
/**
 * `ANTHROPIC_BASE_URL` …
 */
name: string, 
/**
 * Its value; may be empty, which is not the same as leaving it out.
 */
value: SecretText, };
