//! Whether the panel is light, so that the icon on it must be dark. Pure: told what the desktop says of itself.

/// What a desktop of Linux says of its looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// `XDG_CURRENT_DESKTOP`.
    pub desktop: String,
    /// The portal's `color-scheme`: 1 dark, 2 light, 0 neither.
    pub color_scheme: Option<u32>,
    /// Xfce's switch for dark panels.
    pub has_dark_panels: Option<bool>,
    /// The name of the GTK theme.
    pub theme: Option<String>,
}

// === impl Looks ===

impl Looks {
    /// Whether Xfce is asked, which has a switch of its own.
    #[must_use]
    pub fn is_xfce(&self) -> bool {
        self.is_one_of(&["XFCE"])
    }

    /// Whether the panel follows the colours of programs.
    #[must_use]
    pub fn follows_programs(&self) -> bool {
        self.is_one_of(&["KDE", "LXQt"])
    }

    /// Whether the panel is light. GNOME's bar is dark whatever programs look like, and so are most panels as they come.
    #[must_use]
    pub fn is_light(&self) -> bool {
        if self.is_xfce() {
            let has_dark_theme = self.theme.as_ref().is_none_or(|name| name.to_lowercase().contains("dark"));
            return self.has_dark_panels == Some(false) && !has_dark_theme;
        }
        self.follows_programs() && self.color_scheme == Some(2)
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        self.desktop.split(':').any(|part| names.iter().any(|name| name.eq_ignore_ascii_case(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_desktop_has_its_panel() {
        type Case = (&'static str, &'static str, Option<u32>, Option<bool>, Option<&'static str>, bool);
        let rows: [Case; 10] = [
            ("nothing known", "", None, None, None, false),
            ("Plasma, light", "KDE", Some(2), None, None, true),
            ("Plasma, dark", "KDE", Some(1), None, None, false),
            ("Plasma, no portal", "KDE", None, None, None, false),
            ("GNOME, light programs", "ubuntu:GNOME", Some(2), None, None, false),
            ("Xfce as it comes", "XFCE", Some(2), None, Some("Adwaita"), false),
            ("Xfce, dark panels", "XFCE", None, Some(true), Some("Adwaita"), false),
            ("Xfce, panels as the theme", "XFCE", None, Some(false), Some("Adwaita"), true),
            ("Xfce, a dark theme", "XFCE", None, Some(false), Some("Adwaita-dark"), false),
            ("Xfce, no theme known", "XFCE", None, Some(false), None, false),
        ];
        for (name, desktop, color_scheme, has_dark_panels, theme, expected) in rows {
            let theme = theme.map(str::to_owned);
            let looks = Looks { desktop: desktop.to_owned(), color_scheme, has_dark_panels, theme };
            assert_eq!(looks.is_light(), expected, "{name}");
        }
    }
}
