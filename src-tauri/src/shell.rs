//! What the parts of the tray share: how things stand, what is shown, and the way from the one to the other.

use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use tauri::AppHandle;
use turnpike_api::Event;
use turnpike_api::command::KeptNotice;
use turnpike_tray_core::driver::{Driver, Place, Report, Service, Standing};
use turnpike_tray_core::facts::{Extras, tray_state};
use turnpike_tray_core::menu::{self, Action, Entry, IconState};
use turnpike_tray_core::notice::{CaughtUp, Notice, given_up};

use crate::notifications::Notifications;
use crate::tray::Tray;
use crate::window::{self, Wishes};
use crate::{desktop, extras};

/// The running tray.
pub(crate) struct Shell {
    pub(crate) app: AppHandle,
    pub(crate) place: Place,
    driver: OnceLock<Driver>,
    tray: Tray,
    notifications: Notifications,
    caught_up: Mutex<CaughtUp>,
    knows_switches: AtomicBool,
    pub(crate) wishes: Wishes,
    model: Mutex<Model>,
}

/// How things stand, and what is shown of it.
struct Model {
    standing: Standing,
    extras: Extras,
    /// The configuration that the extras are of.
    revision: Option<String>,
    shown: Vec<Entry>,
    icon: IconState,
    tooltip: String,
    /// The reason that people were told last.
    told: Option<String>,
}

// === impl Shell ===

impl Shell {
    /// Shows the icon and begins to supervise.
    pub(crate) fn start(app: &AppHandle, place: Place) -> tauri::Result<Arc<Self>> {
        let standing = Standing { service: Service::Starting, status: None, ends_with_tray: false };
        let extras = Extras { autostart: extras::autostart(app), ..Extras::default() };
        let state = tray_state(&standing, &extras);
        let (shown, icon) = (menu::menu(&state), menu::icon(&state));
        let tray = Tray::show(app, &shown, icon)?;
        let model =
            Model { standing, extras, revision: None, shown, icon, tooltip: String::new(), told: None };
        let shell = Arc::new(Self {
            app: app.clone(),
            place: place.clone(),
            driver: OnceLock::new(),
            tray,
            notifications: Notifications::start(app.clone(), place.data_dir()),
            caught_up: Mutex::new(CaughtUp::from(now())),
            knows_switches: AtomicBool::new(false),
            wishes: Wishes::default(),
            model: Mutex::new(model),
        });
        let reported = Arc::clone(&shell);
        let (driver, _) =
            Driver::start(place, env!("CARGO_PKG_VERSION"), move |report| reported.take(report));
        drop(shell.driver.set(driver));
        let drawn = Arc::clone(&shell);
        desktop::on_new_panel(move || drawn.draw_icon());
        Ok(shell)
    }

    /// The supervisor's ear.
    pub(crate) fn driver(&self) -> Option<&Driver> {
        self.driver.get()
    }

    /// What the entry with that id asks for now.
    pub(crate) fn action(&self, id: &str) -> Option<Action> {
        Entry::action_of(&self.model().shown, id).cloned()
    }

    /// Puts a tick back that the click itself has changed.
    pub(crate) fn redraw(&self, id: &str) {
        self.tray.redraw(&self.app, id);
    }

    /// Changes what is known besides the status, and shows it.
    pub(crate) fn change_extras(&self, change: impl FnOnce(&mut Extras)) {
        let mut model = self.model();
        change(&mut model.extras);
        self.draw(&mut model);
    }

    fn take(self: &Arc<Self>, report: Report) {
        match report {
            Report::Standing(standing) => self.stand(*standing),
            Report::Happened(event) => {
                // What comes before the switches are known is in the list that comes with them.
                if let Event::Noticed { notice } = &event
                    && self.knows_switches.load(Ordering::Acquire)
                {
                    self.noticed(slice::from_ref(notice));
                }
                self.follow(event);
            }
            // Between the start of the service and this moment nobody listened.
            Report::Listening => self.fetch(),
            Report::GaveUp(words) => self.notifications.offer(given_up(&words)),
            Report::Exit => self.app.exit(0),
        }
    }

    /// Limits come and go between two looks, and the page has the tray started at login, too.
    fn follow(self: &Arc<Self>, event: Event) {
        match event {
            Event::TargetLeftOut { target, instead: Some(instead) } => {
                self.change_extras(|extras| drop(extras.instead.insert(target.slug, instead)));
            }
            Event::TargetLeftOut { .. } | Event::TargetBack { .. } | Event::AtLogin { .. } => {}
            _ => return,
        }
        self.fetch();
    }

    /// Asks for what changes less often.
    fn fetch(self: &Arc<Self>) {
        let shell = Arc::clone(self);
        thread::spawn(move || extras::fetch(&shell));
    }

    /// Offers those of the service's notices that were not offered before.
    pub(crate) fn noticed(&self, kept: &[KeptNotice]) {
        let new = self.caught_up.lock().unwrap_or_else(PoisonError::into_inner).take(kept);
        new.into_iter().for_each(|notice| self.notifications.offer(notice));
    }

    fn stand(self: &Arc<Self>, standing: Standing) {
        let mut model = self.model();
        let was_up = model.standing.service == Service::Up;
        let is_up = standing.service == Service::Up;
        let revision = standing.status.as_ref().map(|status| status.config.revision.clone());
        if let Some(status) = &standing.status
            && let Some(notice) = Notice::of_key(&status.key)
            && model.told.as_ref() != Some(&notice.text)
        {
            model.told = Some(notice.text.clone());
            self.notifications.offer(notice);
        }
        model.standing = standing;
        let is_new = revision.is_some() && model.revision != revision;
        if is_new {
            model.revision = revision;
        }
        self.draw(&mut model);
        drop(model);
        if is_new {
            self.fetch();
        }
        if is_up && !was_up {
            window::service_is_up(&self.app);
        }
    }

    /// Which kinds of notices are shown, from here on.
    pub(crate) fn set_switches(&self, switches: turnpike_tray_core::notice::Switches) {
        self.notifications.set_switches(switches);
        self.knows_switches.store(true, Ordering::Release);
    }

    /// Draws the icon anew: the panel looks otherwise.
    fn draw_icon(&self) {
        let model = self.model();
        self.tray.change(&self.app, Vec::new(), Some(model.icon), model.tooltip.clone());
    }

    fn draw(&self, model: &mut Model) {
        let state = tray_state(&model.standing, &model.extras);
        let (entries, icon) = (menu::menu(&state), menu::icon(&state));
        let changes = menu::changes(&model.shown, &entries);
        let icon = (icon != model.icon).then(|| {
            model.icon = icon;
            icon
        });
        model.shown = entries;
        let tooltip = menu::tooltip(&state);
        let is_same = changes.is_empty() && icon.is_none() && model.tooltip == tooltip;
        if !is_same {
            model.tooltip.clone_from(&tooltip);
            self.tray.change(&self.app, changes, icon, tooltip);
        }
    }

    fn model(&self) -> std::sync::MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unix seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
