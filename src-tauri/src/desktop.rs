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

/// Whether somebody shows tray icons.
pub(crate) fn has_tray_host() -> bool {
    platform::has_tray_host()
}

#[cfg(target_os = "linux")]
mod platform {
    use std::thread;
    use std::time::{Duration, Instant};

    use zbus::blocking::{Connection, Proxy};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    /// How long a panel may take to come up when both start with the session.
    const PATIENCE: Duration = Duration::from_secs(5);
    const PERIOD: Duration = Duration::from_millis(200);

    /// Panels of Linux desktops are dark unless somebody has changed that.
    pub(super) fn has_light_panel() -> bool {
        false
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

    /// macOS and Windows always have one.
    pub(super) fn has_tray_host() -> bool {
        true
    }
}
