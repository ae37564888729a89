//! From what the service tells to the one value that the menu is made of. Pure.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{
    ClaudeState, FreeTier, KeyState, LeftOut, LiveRequest, MapEntry, Model, Preset, ProxyState, RoleAnswer,
    StatusReply,
};

use crate::driver::{Service, Standing};
use crate::menu::{self, Choice, Limit, LiveRow, Power, TrayState};
use crate::roles;

/// What is asked for besides the status, and changes more rarely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// The maps of the configuration.
    pub maps: Vec<MapEntry>,
    /// Who answers for each role, by those, by rules or by default.
    pub answers: Vec<RoleAnswer>,
    /// Models of the catalogue that have been named so far, for their names.
    pub models: Vec<Model>,
    /// Models that are left out for now.
    pub left_out: Vec<LeftOut>,
    /// What answers instead of those, by slug.
    pub instead: HashMap<String, String>,
    /// The free tier, once something free was used.
    pub free: Option<FreeTier>,
    /// The presets.
    pub presets: Vec<Preset>,
    /// Whether the tray starts at login; `None` where that cannot be chosen.
    pub autostart: Option<bool>,
    /// Why the last click came to nothing.
    pub refused: Option<String>,
}

/// The state that the menu shows.
#[must_use]
pub fn tray_state(standing: &Standing, extras: &Extras) -> TrayState {
    let status = standing.status.as_ref();
    TrayState {
        power: power(standing),
        address: status.map(|status| bare(&status.data_plane)).unwrap_or_default(),
        needs: needs(standing, extras),
        today_nanos: status.and_then(|status| status.today).map(|today| today.cost_nanos),
        today_is_about: status.and_then(|status| status.today).is_some_and(|today| today.estimates > 0),
        cap_nanos: status.and_then(|status| status.today).and_then(|today| today.daily_cap_nanos),
        free: extras
            .free
            .as_ref()
            .and_then(|free| Some((free.limit?.saturating_sub(free.used_today), free.limit?))),
        live: status
            .map(|status| status.live.iter().map(|row| live(row, &extras.models)).collect())
            .unwrap_or_default(),
        live_nanos: status.and_then(live_nanos),
        limits: extras
            .left_out
            .iter()
            .filter(|left| left.is_limited())
            .map(|left| limit(left, extras))
            .collect(),
        roles: roles::roles(extras),
        preset: preset(extras),
        is_connected: status.and_then(|status| status.claude).map(ClaudeState::is_connected),
        autostart: extras.autostart,
        ends_service: standing.ends_with_tray,
        takes: status.map(StatusReply::takes),
    }
}

fn power(standing: &Standing) -> Power {
    match (&standing.service, &standing.status) {
        (Service::Quitting(live), _) => Power::Quitting(*live),
        (Service::Up | Service::Mute, Some(status)) => match status.state {
            _ if status.key.state == KeyState::Missing => Power::SetUpNeeded,
            ProxyState::Running => Power::Running,
            ProxyState::Stopped => Power::Stopped,
            ProxyState::ShuttingDown => Power::Quitting(status.live.len()),
        },
        (Service::Starting | Service::Up | Service::Mute, _) => Power::Starting,
        (Service::Down | Service::GivenUp(_), _) => Power::Down,
    }
}

/// One reason for a person to look; the gravest.
fn needs(standing: &Standing, extras: &Extras) -> Option<String> {
    match &standing.service {
        Service::GivenUp(words) => return Some(words.clone()),
        Service::Mute => return Some("the service does not answer: look at `turnpike logs`".to_owned()),
        Service::Starting | Service::Down | Service::Quitting(_) => return None,
        Service::Up => {}
    }
    let status = standing.status.as_ref()?;
    let key = match status.key.state {
        KeyState::Ready | KeyState::Missing => None,
        KeyState::Locked | KeyState::Unavailable | KeyState::Refused => Some(status.key.message.clone()),
    };
    key.or_else(|| status.config.refused.clone())
        .or_else(|| ledger(status))
        .or_else(|| extras.refused.clone())
}

fn ledger(status: &StatusReply) -> Option<String> {
    if status.ledger.is_ok {
        return None;
    }
    Some(status.ledger.problem.clone().unwrap_or_else(|| "requests do not get into the ledger".to_owned()))
}

fn live(request: &LiveRequest, models: &[Model]) -> LiveRow {
    let project =
        request.project.as_deref().and_then(|path| path.rsplit(['/', '\\']).find(|part| !part.is_empty()));
    let per_second = request.output_tokens_estimate.saturating_mul(1_000).checked_div(request.running_ms);
    LiveRow {
        id: request.id,
        project: project.map(str::to_owned),
        model: model_name(&request.target, models),
        tokens_per_second: per_second.unwrap_or_default(),
    }
}

/// What running requests have cost so far; nothing where no price is known.
fn live_nanos(status: &StatusReply) -> Option<i64> {
    status.live.iter().filter_map(|request| request.cost_nanos_estimate).reduce(i64::saturating_add)
}

fn limit(left: &LeftOut, extras: &Extras) -> Limit {
    let until = Timestamp::from_second(left.until).ok();
    Limit {
        model: model_name(&left.slug, &extras.models),
        until: until.map(|until| until.to_zoned(TimeZone::system()).strftime("%H:%M").to_string()),
        instead: extras.instead.get(&left.slug).map(|slug| model_name(slug, &extras.models)),
    }
}

/// The presets, once one of them is in force or there is one to choose.
fn preset(extras: &Extras) -> Option<menu::Preset> {
    let choice = |preset: &Preset| Choice {
        name: preset.name.clone(),
        title: title(&preset.name),
        is_current: preset.is_in_use,
    };
    let in_use = extras.presets.iter().find(|preset| preset.is_in_use);
    let choices: Vec<Choice> = extras.presets.iter().map(choice).collect();
    let title = in_use.map(|preset| title(&preset.name)).unwrap_or_default();
    (!choices.is_empty()).then_some(menu::Preset { title, choices })
}

/// A name for people: `open-weights` is Open weights.
fn title(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A model's name as the catalogue has it, without its maker; else what stands behind the slash of its slug.
pub(crate) fn model_name(slug: &str, models: &[Model]) -> String {
    let known = models.iter().find(|model| model.slug == slug);
    let name = known.map(|model| model.name.split_once(": ").map_or(&*model.name, |(_, name)| name));
    name.unwrap_or_else(|| slug.split_once('/').map_or(slug, |(_, name)| name)).to_owned()
}

/// An address without `http://`.
fn bare(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::{ConfigStanding, KeyReport, LedgerStanding, Today};

    use super::*;

    fn status() -> StatusReply {
        StatusReply {
            version: "0.1.0".to_owned(),
            pid: 7,
            instance: "a".to_owned(),
            uptime_seconds: 1,
            memory_bytes: 35_000_000,
            cpu_permille: 12,
            data_dir: "/d".to_owned(),
            program: "turnpike --data-dir /d".to_owned(),
            state: ProxyState::Running,
            data_plane: "http://127.0.0.1:4117".to_owned(),
            control_plane: "http://127.0.0.1:4118".to_owned(),
            upstream: "https://openrouter.ai/api/v1".to_owned(),
            key: key(KeyState::Ready),
            config: ConfigStanding { path: "c".to_owned(), revision: "r".to_owned(), refused: None },
            ledger: LedgerStanding { is_ok: true, problem: None, queued: 0, lost: 0 },
            today: Some(Today { requests: 1, cost_nanos: 5, estimates: 0, daily_cap_nanos: Some(9) }),
            balance: None,
            live: vec![],
            claude: Some(ClaudeState::Suspended),
            demo: None,
            capture: turnpike_api::command::CaptureStanding::default(),
            log_level: "info".to_owned(),
            notices: vec![],
            model_notices: vec![],
        }
    }

    fn key(state: KeyState) -> KeyReport {
        let message = format!("the key is {state:?}");
        KeyReport { state, source: None, masked: None, message, awaited: false, undo: None }
    }

    fn up(status: StatusReply) -> Standing {
        Standing { service: Service::Up, status: Some(status), ends_with_tray: false }
    }

    fn state(service: Service, status: Option<StatusReply>) -> TrayState {
        tray_state(&Standing { service, status, ends_with_tray: true }, &Extras::default())
    }

    #[test]
    fn each_standing_has_its_power_and_its_reason() {
        let up = |change: fn(&mut StatusReply)| {
            let mut status = status();
            change(&mut status);
            state(Service::Up, Some(status))
        };
        let mute = "the service does not answer: look at `turnpike logs`";
        let rows = [
            ("all is well", up(|_| ()), Power::Running, None),
            ("stopped", up(|s| s.state = ProxyState::Stopped), Power::Stopped, None),
            ("no key", up(|s| s.key = key(KeyState::Missing)), Power::SetUpNeeded, None),
            (
                "a locked keychain",
                up(|s| s.key = key(KeyState::Locked)),
                Power::Running,
                Some("the key is Locked"),
            ),
            (
                "no keychain",
                up(|s| s.key = key(KeyState::Unavailable)),
                Power::Running,
                Some("the key is Unavailable"),
            ),
            (
                "a wrong file",
                up(|s| s.config.refused = Some("line 3".to_owned())),
                Power::Running,
                Some("line 3"),
            ),
            ("starting", state(Service::Starting, None), Power::Starting, None),
            ("hung", state(Service::Mute, None), Power::Starting, Some(mute)),
            ("ended", state(Service::Down, None), Power::Down, None),
            ("given up", state(Service::GivenUp("no.".to_owned()), None), Power::Down, Some("no.")),
            ("ending", state(Service::Quitting(2), Some(status())), Power::Quitting(2), None),
        ];
        for (name, state, power, needs) in rows {
            assert_eq!((state.power, state.needs.as_deref()), (power, needs), "{name}");
        }
    }

    #[test]
    fn requests_have_names_for_people_and_their_cost() {
        let model = |slug: &str, name: &str| Model {
            slug: slug.to_owned(),
            name: name.to_owned(),
            window: None,
            input_nanos_per_million: None,
            output_nanos_per_million: None,
            abilities: vec![],
            max_output: None,
            is_free: false,
            expires: None,
            conformance: None,
            last_week_nanos: None,
            first_token_ms: None,
            tokens_per_second: None,
        };
        let extras = Extras {
            models: vec![model("openai/gpt-5.6-terra", "OpenAI: GPT-5.6 Terra")],
            ..Extras::default()
        };
        let mut status = status();
        status.live = vec![LiveRequest {
            id: 3,
            model: "claude-opus".to_owned(),
            target: "openai/gpt-5.6-terra".to_owned(),
            class: "main".to_owned(),
            project: Some("/home/me/src/big-repo/".to_owned()),
            session: None,
            client: None,
            running_ms: 2_000,
            output_tokens_estimate: 86,
            cost_nanos_estimate: Some(4_000_000),
        }];
        let state = tray_state(&up(status), &extras);
        let row = LiveRow {
            id: 3,
            project: Some("big-repo".to_owned()),
            model: "GPT-5.6 Terra".to_owned(),
            tokens_per_second: 43,
        };
        assert_eq!(state.live, [row]);
        assert_eq!(state.live_nanos, Some(4_000_000));
        assert!(!state.ends_service, "somebody else has started it");
        assert_eq!(
            (state.address.as_str(), state.today_nanos, state.cap_nanos),
            ("127.0.0.1:4117", Some(5), Some(9))
        );
    }

    #[test]
    fn limits_and_presets_are_told_by_name() {
        let left = |slug: &str, why: &str| LeftOut {
            slug: slug.to_owned(),
            why: why.to_owned(),
            since: 0,
            until: 3_600,
            message: String::new(),
        };
        let preset = |name: &str, is_in_use| Preset {
            name: name.to_owned(),
            about: String::new(),
            is_in_use,
            roles: vec![],
            notices: vec![],
        };
        let free = FreeTier { used_today: 13, limit: Some(50), last_minute: 0, resets: 0, message: None };
        let extras = Extras {
            left_out: vec![left("openai/terra", "limited"), left("z-ai/glm", "failing")],
            instead: HashMap::from([("openai/terra".to_owned(), "deepseek/v4".to_owned())]),
            presets: vec![preset("balanced", false), preset("open-weights", true)],
            free: Some(free),
            ..Extras::default()
        };
        let state = tray_state(&up(status()), &extras);
        let limits: Vec<(&str, Option<&str>)> =
            state.limits.iter().map(|limit| (&*limit.model, limit.instead.as_deref())).collect();
        assert_eq!(limits, [("terra", Some("v4"))]);
        assert!(state.limits[0].until.as_ref().is_some_and(|until| until.len() == 5), "{:?}", state.limits);
        let preset = state.preset.unwrap();
        assert_eq!((preset.title.as_str(), preset.choices.len()), ("Open weights", 2));
        assert_eq!(state.free, Some((37, 50)));
    }
}
