//! The window. It shows the control plane's page as what it is, a remote page: no capability, no command, and no way to
//! anywhere else. While the service is not up, a page of our own says so.
//!
//! A closed window is gone, with its memory; the tray lives on.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_opener::OpenerExt as _;
use turnpike_api::ClientError;
use turnpike_api::command::OpenPage;
use turnpike_tray_core::driver::Place;

use crate::shell::Shell;

/// The window's name.
const LABEL: &str = "main";
/// Pages of our own.
const NOT_UP: &str = "index.html";
const NO_TRAY: &str = "no-tray.html";
/// What links of our own pages ask for.
const OWN_SCHEME: &str = "turnpike";

/// Opens the page at that view, or brings it to the front.
pub(crate) fn open(app: &AppHandle, view: &str) {
    let (app, view) = (app.clone(), view.to_owned());
    thread::spawn(move || {
        let Some(place) = app.try_state::<Arc<Shell>>().map(|shell| shell.place.clone()) else { return };
        match link(&place) {
            Ok(link) => show(&app, Some(link), &view),
            Err(error) => {
                tracing::info!(%error, "the window says that the service is not up");
                show(&app, None, &view);
            }
        }
    });
}

/// Says that there is no tray, and how to get one.
pub(crate) fn open_without_tray(app: &AppHandle) {
    if let Err(error) = build(app, WebviewUrl::App(NO_TRAY.into()), "") {
        tracing::error!(%error, "the window cannot be opened");
    }
}

/// The service answers: a window that waits for it shows the page.
pub(crate) fn service_is_up(app: &AppHandle) {
    let waits = app.get_webview_window(LABEL).and_then(|window| window.url().ok());
    if waits.is_some_and(|url| url.path().ends_with(NOT_UP) || (is_own(&url) && url.path() == "/")) {
        open(app, "");
    }
}

/// A link that lets the window in once.
fn link(place: &Place) -> Result<Url, ClientError> {
    let client = place.connect()?;
    let link = client.call(&OpenPage::default())?;
    Url::parse(link.url.expose()).map_err(|error| ClientError::Broken {
        address: client.control_file().address.clone(),
        detail: error.to_string(),
    })
}

/// Shows that address, or what is to be done while there is none.
fn show(app: &AppHandle, link: Option<Url>, view: &str) {
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => bring_forward(&window, link, view),
        None => build(app, link.map_or_else(|| WebviewUrl::App(NOT_UP.into()), WebviewUrl::External), view)
            .map(drop),
    };
    if let Err(error) = shown {
        tracing::error!(%error, "the window cannot be shown");
    }
}

fn bring_forward(window: &WebviewWindow, link: Option<Url>, view: &str) -> tauri::Result<()> {
    let here = window.url()?;
    match link {
        Some(link) if link.origin() != here.origin() => window.navigate(link)?,
        Some(_) if !view.is_empty() => window.eval(to_view(view))?,
        Some(_) | None => {}
    }
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn build(app: &AppHandle, url: WebviewUrl, view: &str) -> tauri::Result<WebviewWindow> {
    let (going, opening) = (app.clone(), app.clone());
    let wanted = Mutex::new(Some(view.to_owned()).filter(|view| !view.is_empty()));
    WebviewWindowBuilder::new(app, LABEL, url)
        .title("Turnpike")
        .inner_size(1_040.0, 760.0)
        .min_inner_size(480.0, 360.0)
        // Nothing of the page is left on the disk; each window is let in by a link of its own.
        .incognito(!is_automated())
        .on_navigation(move |url| may_go(&going, url))
        .on_new_window(move |url, _| {
            outside(&opening, &url);
            NewWindowResponse::Deny
        })
        .on_page_load(move |window, load| {
            let is_in =
                load.event() == PageLoadEvent::Finished && load.url().path() == "/" && !is_own(load.url());
            let view =
                if is_in { wanted.lock().unwrap_or_else(PoisonError::into_inner).take() } else { None };
            if let Some(view) = view
                && let Err(error) = window.eval(to_view(&view))
            {
                tracing::warn!(%error, view, "the view is not shown");
            }
        })
        .build()
}

/// Whether a test drives the window by WebDriver, which the web view allows in lasting sessions alone. Never in a release.
fn is_automated() -> bool {
    cfg!(debug_assertions) && std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true")
}

/// The page's own way to a view.
fn to_view(view: &str) -> String {
    format!("location.hash = {}", serde_json::Value::from(format!("#/{view}")))
}

/// Whether the window may show that address: the control plane's page and our own pages, nothing else.
fn may_go(app: &AppHandle, url: &Url) -> bool {
    if is_own(url) || url.as_str() == "about:blank" {
        return true;
    }
    match (url.scheme(), url.path()) {
        (OWN_SCHEME, "open") => {
            open(app, "");
            false
        }
        (OWN_SCHEME, "quit") => {
            if let Some(shell) = app.try_state::<Arc<Shell>>() {
                shell.driver().into_iter().for_each(|driver| driver.quit());
            }
            false
        }
        _ if is_control_plane(app, url) => true,
        _ => {
            outside(app, url);
            false
        }
    }
}

fn is_own(url: &Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// Whether that is the control plane, as `control.json` has it now.
fn is_control_plane(app: &AppHandle, url: &Url) -> bool {
    let Some(shell) = app.try_state::<Arc<Shell>>() else { return false };
    let control =
        shell.place.control_address().and_then(|address| Url::parse(&format!("http://{address}")).ok());
    control.is_some_and(|control| control.origin() == url.origin())
}

/// Links to elsewhere go to the browser, and only those of the web.
fn outside(app: &AppHandle, url: &Url) {
    if url.scheme() == "https"
        && let Err(error) = app.opener().open_url(url.as_str(), None::<&str>)
    {
        tracing::warn!(%error, "the browser cannot be opened");
    }
}
