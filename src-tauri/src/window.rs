//! The window. It shows the control plane's page as what it is, a remote page: no capability, no command, and no way to
//! anywhere else. While the service is not up, a page of our own says so.
//!
//! A closed window is gone, with its memory; the tray lives on. One that is open is let in anew each time it is asked for.

mod hand_over;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_opener::OpenerExt as _;
use turnpike_api::command::{OpenDemo, OpenPage, PageLink, Status};
use turnpike_api::{Client, ClientError};
use turnpike_tray_core::driver::Place;

use crate::shell::Shell;
use hand_over::{Ear, HERE, hand_over};

/// The window's name.
const LABEL: &str = "main";
/// Pages of our own.
const NOT_UP: &str = "index.html";
const NO_TRAY: &str = "no-tray.html";
/// What links of our own pages ask for.
const OWN_SCHEME: &str = "turnpike";

/// Where the window may go and what it is to show, besides what it shows now.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    /// The view to go to, once the service is up.
    view: Mutex<Option<String>>,
    /// The demo's page.
    demo: Mutex<Option<String>>,
    /// Told when the page moves.
    ear: Mutex<Ear>,
}

/// Opens the page at that view, or brings it to the front. An open window is let in anew: its session may be over.
pub(crate) fn open(app: &AppHandle, view: &str) {
    let (app, view) = (app.clone(), view.to_owned());
    thread::spawn(move || {
        let Some(shell) = app.try_state::<Arc<Shell>>() else { return };
        show(&app, &|| match link(&shell.place) {
            Ok(link) => Some(to(link, &view)),
            Err(error) => {
                tracing::info!(%error, "the window says that the service is not up");
                shell.wishes.ask_for(&view);
                None
            }
        });
    });
}

/// Says that there is no tray, and how to get one.
pub(crate) fn open_without_tray(app: &AppHandle) {
    if let Err(error) = build(app, WebviewUrl::App(NO_TRAY.into())) {
        tracing::error!(%error, "the window cannot be opened");
    }
}

/// The service answers: a window that waits for it shows the page, and so does one whose page was at another address of it.
pub(crate) fn service_is_up(app: &AppHandle) {
    let Some(here) = app.get_webview_window(LABEL).and_then(|window| window.url().ok()) else { return };
    let waits = here.path().ends_with(NOT_UP) || (is_own(&here) && here.path() == "/");
    let is_left =
        here.scheme() == "http" && !is_own(&here) && !is_control_plane(app, &here) && !is_demo(app, &here);
    if waits || is_left {
        let wished = app.try_state::<Arc<Shell>>().and_then(|shell| shell.wishes.take_view());
        open(app, &wished.unwrap_or_default());
    }
}

/// Starts the demo, and shows its page.
pub(crate) fn open_demo(shell: &Shell, client: &Client) -> Result<(), ClientError> {
    let ask = || client.call(&OpenDemo::default()).and_then(|link| url_of(client, &link));
    shell.wishes.may_show(&ask()?);
    show(&shell.app, &|| ask().ok());
    Ok(())
}

/// A link that lets the window in once.
fn link(place: &Place) -> Result<Url, ClientError> {
    let client = place.connect()?;
    url_of(&client, &client.call(&OpenPage::default())?)
}

/// The link that also leads to that view: its code is followed by it.
fn to(mut link: Url, view: &str) -> Url {
    if let Some(code) = link.fragment().filter(|_| !view.is_empty()) {
        let fragment = format!("{code}/{view}");
        link.set_fragment(Some(&fragment));
    }
    link
}

fn url_of(client: &Client, link: &PageLink) -> Result<Url, ClientError> {
    Url::parse(link.url.expose()).map_err(|error| ClientError::Broken {
        address: client.control_file().address.clone(),
        detail: error.to_string(),
    })
}

/// Shows what `ask` gives, each time another link, or says what is to be done while it gives none.
fn show(app: &AppHandle, ask: &dyn Fn() -> Option<Url>) {
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => bring_forward(app, &window, ask),
        None => {
            build(app, ask().map_or_else(|| WebviewUrl::App(NOT_UP.into()), WebviewUrl::External)).map(drop)
        }
    };
    if let Err(error) = shown {
        tracing::error!(%error, "the window cannot be shown");
    }
}

fn bring_forward(
    app: &AppHandle,
    window: &WebviewWindow,
    ask: &dyn Fn() -> Option<Url>,
) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()?;
    let (Some(shell), Some(link)) = (app.try_state::<Arc<Shell>>(), ask()) else { return Ok(()) };
    // A page whose process has died is nowhere.
    if window.url().is_ok_and(|here| here.origin() == link.origin()) {
        if hand_over(window, &shell.wishes, &link)? {
            return Ok(());
        }
        tracing::info!("the window's page does not answer and is loaded anew");
        // The first link may have been used after all.
        return ask().map_or(Ok(()), |link| window.navigate(link));
    }
    window.navigate(link)
}

fn build(app: &AppHandle, url: WebviewUrl) -> tauri::Result<WebviewWindow> {
    let (going, opening) = (app.clone(), app.clone());
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
        .build()
}

/// Whether a test drives the window by WebDriver, which the web view allows in lasting sessions alone. Never in a release.
fn is_automated() -> bool {
    cfg!(debug_assertions) && std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true")
}

/// Whether the window may show that address: the control plane's page and our own pages, nothing else.
fn may_go(app: &AppHandle, url: &Url) -> bool {
    if is_own(url) || url.as_str() == "about:blank" {
        return true;
    }
    if let Some(shell) = app.try_state::<Arc<Shell>>() {
        shell.wishes.answered();
    }
    match (url.scheme(), url.path()) {
        (OWN_SCHEME, HERE) => false,
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
        _ if is_control_plane(app, url) || is_demo(app, url) => true,
        ("http", _) => {
            follow_to_demo(app, url);
            false
        }
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

/// Whether that is the demo's page, as the service has named it.
fn is_demo(app: &AppHandle, url: &Url) -> bool {
    let Some(shell) = app.try_state::<Arc<Shell>>() else { return false };
    let demo = shell.wishes.demo.lock().unwrap_or_else(PoisonError::into_inner);
    *demo == Some(url.origin().ascii_serialization())
}

/// The page leads elsewhere on this machine: where the service names that as its demo's page, the window goes there.
fn follow_to_demo(app: &AppHandle, url: &Url) {
    let (app, url) = (app.clone(), url.clone());
    thread::spawn(move || {
        let Some(shell) = app.try_state::<Arc<Shell>>() else { return };
        let status = shell.place.connect().and_then(|client| client.call(&Status::default()));
        let demo = status.ok().and_then(|status| status.demo).and_then(|page| Url::parse(&page).ok());
        if demo.is_some_and(|demo| demo.origin() == url.origin()) {
            shell.wishes.may_show(&url);
            show(&app, &|| Some(url.clone()));
        }
    });
}

/// Links to elsewhere go to the browser, and only those of the web.
fn outside(app: &AppHandle, url: &Url) {
    if url.scheme() == "https"
        && let Err(error) = app.opener().open_url(url.as_str(), None::<&str>)
    {
        tracing::warn!(%error, "the browser cannot be opened");
    }
}

// === impl Wishes ===

impl Wishes {
    /// Once the service is up, that view is to be shown; the one that the page opens with where none is named.
    fn ask_for(&self, view: &str) {
        let view = Some(view.to_owned()).filter(|view| !view.is_empty());
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }

    fn take_view(&self) -> Option<String> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The page has asked for an address, so there is one.
    fn answered(&self) {
        // Nobody may wait any more.
        self.ear.lock().unwrap_or_else(PoisonError::into_inner).take().map(|ear| ear.send(()));
    }

    /// That is the demo's page.
    fn may_show(&self, url: &Url) {
        *self.demo.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.origin().ascii_serialization());
    }
}
