//! What differs from desktop to desktop. Only Linux is tested; macOS and Windows are written as documented.

/// The variable that says which panel there is, where the desktop does not: `light` or `dark`.
const PANEL_VARIABLE: &str = "TURNPIKE_PANEL";

/// Whether the panel is light, so that the icon must be dark.
pub(crate) fn has_light_panel() -> bool {
    match std::env::var(PANEL_VARIABLE).as_deref() {
        Ok("light") => true,
        Ok("dark") => false,
        _ => platform::has_light_panel(),
    }
}

/// Calls `changed` whenever the panel has become light or dark, where the desktop tells.
pub(crate) fn on_new_panel(changed: impl Fn() + Send + 'static) {
    if std::env::var_os(PANEL_VARIABLE).is_none() {
        platform::on_new_panel(changed);
    }
}

/// Whether somebody shows tray icons.
pub(crate) fn has_tray_host() -> bool {
    platform::has_tray_host()
}

#[cfg(target_os = "linux")]
mod platform {
    use std::sync::{Mutex, PoisonError};
    use std::thread;
    use std::time::{Duration, Instant};

    use turnpike_tray_core::panel::Looks;
    use zbus::MatchRule;
    use zbus::blocking::connection::Builder;
    use zbus::blocking::{Connection, MessageIterator, Proxy};
    use zbus::message::Type;
    use zbus::zvariant::OwnedValue;

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    /// How long a panel may take to come up when both start with the session.
    const PATIENCE: Duration = Duration::from_secs(5);
    const PERIOD: Duration = Duration::from_millis(200);

    /// How long a part of the desktop may take to tell its looks.
    const LOOKS_PATIENCE: Duration = Duration::from_secs(2);

    /// What was found last: the icon is drawn with each change of state.
    static IS_LIGHT: Mutex<Option<bool>> = Mutex::new(None);

    pub(super) fn has_light_panel() -> bool {
        let mut known = IS_LIGHT.lock().unwrap_or_else(PoisonError::into_inner);
        *known.get_or_insert_with(|| looks().is_light())
    }

    /// Xfce tells of its own settings, all others by the portal.
    pub(super) fn on_new_panel(changed: impl Fn() + Send + 'static) {
        thread::spawn(move || {
            if let Err(error) = follow(&changed) {
                tracing::info!(%error, "the icon does not follow the panel");
            }
        });
    }

    fn follow(changed: &dyn Fn()) -> zbus::Result<()> {
        let known = Looks { desktop: desktop(), ..Looks::default() };
        let (interface, member) = match (known.is_xfce(), known.follows_programs()) {
            (true, _) => ("org.xfce.Xfconf", "PropertyChanged"),
            (false, true) => ("org.freedesktop.portal.Settings", "SettingChanged"),
            // Other panels have one look.
            (false, false) => return Ok(()),
        };
        let rule = MatchRule::builder().msg_type(Type::Signal).interface(interface)?.member(member)?.build();
        let bus = Connection::session()?;
        for told in MessageIterator::for_match_rule(rule, &bus, None)? {
            told?;
            let is_light = looks().is_light();
            let before = IS_LIGHT.lock().unwrap_or_else(PoisonError::into_inner).replace(is_light);
            if before != Some(is_light) {
                changed();
            }
        }
        Ok(())
    }

    fn desktop() -> String {
        std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default()
    }

    fn looks() -> Looks {
        let mut looks = Looks { desktop: desktop(), ..Looks::default() };
        let bus = Builder::session().map(|builder| builder.method_timeout(LOOKS_PATIENCE));
        let Ok(bus) = bus.and_then(Builder::build) else { return looks };
        if looks.is_xfce() {
            let xfconf = |channel, property| {
                value(
                    &bus,
                    "org.xfce.Xfconf",
                    "/org/xfce/Xfconf",
                    "org.xfce.Xfconf.GetProperty",
                    (channel, property),
                )
            };
            looks.has_dark_panels =
                xfconf("xfce4-panel", "/panels/dark-mode").and_then(|value| value.try_into().ok());
            looks.theme = xfconf("xsettings", "/Net/ThemeName").and_then(|value| value.try_into().ok());
        } else if looks.follows_programs() {
            let scheme = value(
                &bus,
                "org.freedesktop.portal.Desktop",
                "/org/freedesktop/portal/desktop",
                "org.freedesktop.portal.Settings.ReadOne",
                ("org.freedesktop.appearance", "color-scheme"),
            );
            looks.color_scheme = scheme.and_then(|value| value.try_into().ok());
        }
        looks
    }

    /// What a method answers, of a service that may not be there.
    fn value(
        bus: &Connection,
        service: &str,
        path: &str,
        method: &str,
        arguments: (&str, &str),
    ) -> Option<OwnedValue> {
        let (interface, method) = method.rsplit_once('.')?;
        let reply = bus.call_method(Some(service), path, Some(interface), method, &arguments).ok()?;
        reply.body().deserialize().ok()
    }

    /// A panel registers itself at the watcher; it may still be starting.
    pub(super) fn has_tray_host() -> bool {
        let Ok(bus) = Connection::session() else { return false };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let host = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER)
                .and_then(|watcher| watcher.get_property::<bool>("IsStatusNotifierHostRegistered"));
            if host.unwrap_or(false) {
                return true;
            }
            if Instant::now() > deadline {
                return false;
            }
            thread::park_timeout(PERIOD);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    /// The menu bar of macOS and the task bar of Windows follow the system's looks, which are light by default.
    pub(super) fn has_light_panel() -> bool {
        cfg!(target_os = "macos")
    }

    /// What they are told of a change is not followed: the next start sees it.
    pub(super) fn on_new_panel(_: impl Fn() + Send + 'static) {}

    /// macOS and Windows always have one.
    pub(super) fn has_tray_host() -> bool {
        true
    }
}
