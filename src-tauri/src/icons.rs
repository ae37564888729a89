//! The icons, drawn in `icons/` for dark and light panels.

use tauri::image::Image;
use tauri::include_image;
use turnpike_tray_core::menu::IconState;

use crate::desktop;

/// The icon of a state, for the panel of this desktop.
pub(crate) fn image(state: IconState) -> Image<'static> {
    match (desktop::has_light_panel(), state) {
        (false, IconState::Stopped) => include_image!("../icons/tray/dark-stopped.png"),
        (false, IconState::Running) => include_image!("../icons/tray/dark-running.png"),
        (false, IconState::Busy) => include_image!("../icons/tray/dark-busy.png"),
        (false, IconState::Limited) => include_image!("../icons/tray/dark-limited.png"),
        (false, IconState::Error) => include_image!("../icons/tray/dark-error.png"),
        (true, IconState::Stopped) => include_image!("../icons/tray/light-stopped.png"),
        (true, IconState::Running) => include_image!("../icons/tray/light-running.png"),
        (true, IconState::Busy) => include_image!("../icons/tray/light-busy.png"),
        (true, IconState::Limited) => include_image!("../icons/tray/light-limited.png"),
        (true, IconState::Error) => include_image!("../icons/tray/light-error.png"),
    }
}
