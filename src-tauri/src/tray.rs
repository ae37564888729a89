//! The icon and its menu on the panel. All of it is done on the main thread, in the order in which it was asked for.

use std::sync::{Arc, Mutex, PoisonError};

use tauri::menu::{
    CheckMenuItem, IsMenuItem, Menu, MenuEvent, MenuItem, MenuItemKind, PredefinedMenuItem, Submenu,
};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry};
use turnpike_tray_core::menu::{Change, Entry, IconState};

use crate::{clicks, icons};

/// The icon on the panel.
pub(crate) struct Tray {
    icon: TrayIcon,
    menu: Menu<Wry>,
    /// What the menu shows, to find places in it: lines between groups have no id there.
    mirror: Arc<Mutex<Vec<Entry>>>,
}

// === impl Tray ===

impl Tray {
    /// Shows it.
    pub(crate) fn show(app: &AppHandle, entries: &[Entry], icon: IconState) -> tauri::Result<Self> {
        let menu = Menu::new(app)?;
        for entry in entries {
            menu.append(&*item(app, entry)?)?;
        }
        let icon = TrayIconBuilder::with_id("turnpike")
            .icon(icons::image(icon))
            .title("")
            .menu(&menu)
            .on_menu_event(|app, event: MenuEvent| clicks::clicked(app, event.id().as_ref()))
            .build(app)?;
        Ok(Self { icon, menu, mirror: Arc::new(Mutex::new(entries.to_vec())) })
    }

    /// Brings the panel up to date.
    pub(crate) fn change(
        &self,
        app: &AppHandle,
        changes: Vec<Change>,
        icon: Option<IconState>,
        tooltip: String,
    ) {
        let (tray, menu, mirror, handle) =
            (self.icon.clone(), self.menu.clone(), Arc::clone(&self.mirror), app.clone());
        let done = app.run_on_main_thread(move || {
            let mut mirror = mirror.lock().unwrap_or_else(PoisonError::into_inner);
            for change in changes {
                if let Err(error) = apply(&handle, &menu, &mut mirror, &change) {
                    tracing::warn!(%error, ?change, "the menu is not as it should be");
                }
            }
            let shown = icon.map_or(Ok(()), |icon| tray.set_icon(Some(icons::image(icon))));
            if let Err(error) = shown.and_then(|()| tray.set_tooltip(Some(tooltip))) {
                tracing::warn!(%error, "the icon is not as it should be");
            }
        });
        if let Err(error) = done {
            tracing::warn!(%error, "the panel was not told");
        }
    }

    /// Puts the tick beside that entry as it should be: a click changes it by itself.
    pub(crate) fn redraw(&self, app: &AppHandle, id: &str) {
        let (menu, mirror, id) = (self.menu.clone(), Arc::clone(&self.mirror), id.to_owned());
        let done = app.run_on_main_thread(move || {
            let mirror = mirror.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Entry::Item { checked: Some(checked), .. }) = find(&mirror, &id)
                && let Some(MenuItemKind::Check(item)) = shown(&menu, &id)
            {
                drop(item.set_checked(*checked));
            }
        });
        drop(done);
    }
}

fn apply(app: &AppHandle, menu: &Menu<Wry>, mirror: &mut Vec<Entry>, change: &Change) -> tauri::Result<()> {
    match change {
        Change::Text { id, text } => {
            set(mirror, id, |entry| match entry {
                Entry::Item { text: old, .. } | Entry::Submenu { text: old, .. } => old.clone_from(text),
                Entry::Separator { .. } => {}
            });
            match shown(menu, id) {
                Some(MenuItemKind::MenuItem(item)) => item.set_text(text),
                Some(MenuItemKind::Check(item)) => item.set_text(text),
                Some(MenuItemKind::Submenu(_)) => replace(app, menu, mirror, id),
                _ => Ok(()),
            }
        }
        Change::Checked { id, checked } => {
            set(mirror, id, |entry| {
                if let Entry::Item { checked: old, .. } = entry {
                    *old = Some(*checked);
                }
            });
            match shown(menu, id) {
                Some(MenuItemKind::Check(item)) => item.set_checked(*checked),
                _ => Ok(()),
            }
        }
        Change::Remove { parent, id } => {
            let entries = list(mirror, parent.as_deref());
            let Some(at) = entries.iter().position(|entry| entry.id() == id) else { return Ok(()) };
            entries.remove(at);
            match parent.as_ref().and_then(|parent| submenu(menu, parent)) {
                Some(submenu) => submenu.remove_at(at).map(drop),
                None => menu.remove_at(at).map(drop),
            }
        }
        Change::Insert { parent, at, entry } => {
            let entries = list(mirror, parent.as_deref());
            entries.insert((*at).min(entries.len()), entry.clone());
            let item = item(app, entry)?;
            match parent.as_ref().and_then(|parent| submenu(menu, parent)) {
                Some(submenu) => submenu.insert(&*item, *at),
                None => menu.insert(&*item, *at),
            }
        }
    }
}

/// Draws a submenu anew: panels on Linux are not told of its new text alone.
fn replace(app: &AppHandle, menu: &Menu<Wry>, mirror: &[Entry], id: &str) -> tauri::Result<()> {
    let Some(at) = mirror.iter().position(|entry| entry.id() == id) else { return Ok(()) };
    let Some(entry) = mirror.get(at) else { return Ok(()) };
    let drawn = item(app, entry)?;
    menu.remove_at(at)?;
    menu.insert(&*drawn, at)
}

/// An entry as the panel draws it.
fn item(app: &AppHandle, entry: &Entry) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match entry {
        Entry::Separator { .. } => Box::new(PredefinedMenuItem::separator(app)?),
        Entry::Item { id, text, checked: Some(checked), action } => {
            Box::new(CheckMenuItem::with_id(app, id, text, action.is_some(), *checked, None::<&str>)?)
        }
        Entry::Item { id, text, checked: None, action } => {
            Box::new(MenuItem::with_id(app, id, text, action.is_some(), None::<&str>)?)
        }
        Entry::Submenu { id, text, entries } => {
            let submenu = Submenu::with_id(app, id, text, true)?;
            for entry in entries {
                submenu.append(&*item(app, entry)?)?;
            }
            Box::new(submenu)
        }
    })
}

fn submenu(menu: &Menu<Wry>, id: &str) -> Option<Submenu<Wry>> {
    menu.get(id).and_then(|item| item.as_submenu().cloned())
}

/// The item with that id, in the menu or one level below.
fn shown(menu: &Menu<Wry>, id: &str) -> Option<MenuItemKind<Wry>> {
    menu.get(id).or_else(|| {
        let items = menu.items().ok()?;
        items.iter().find_map(|item| item.as_submenu()?.get(id))
    })
}

fn find<'a>(entries: &'a [Entry], wanted: &str) -> Option<&'a Entry> {
    entries.iter().find_map(|entry| match entry {
        _ if entry.id() == wanted => Some(entry),
        Entry::Submenu { entries, .. } => find(entries, wanted),
        _ => None,
    })
}

fn set(entries: &mut [Entry], wanted: &str, change: impl Fn(&mut Entry) + Copy) {
    for entry in entries {
        if entry.id() == wanted {
            change(entry);
        } else if let Entry::Submenu { entries, .. } = entry {
            set(entries, wanted, change);
        }
    }
}

fn list<'a>(mirror: &'a mut Vec<Entry>, parent: Option<&str>) -> &'a mut Vec<Entry> {
    let place = parent.and_then(|parent| mirror.iter().position(|entry| entry.id() == parent));
    match place {
        Some(place) if matches!(mirror.get(place), Some(Entry::Submenu { .. })) => {
            match mirror.get_mut(place) {
                Some(Entry::Submenu { entries, .. }) => entries,
                _ => unreachable!("looked at in the line above"),
            }
        }
        _ => mirror,
    }
}
