//! The page: its files, and how a browser is let in.
//!
//! A program of this machine that knows the secret of `control.json` asks for a link. Its code is good for one login
//! within a minute, stands behind the `#` of the address, and is posted. The answer is a session of two halves: a
//! cookie that scripts cannot read, and a token that the page keeps for its tab and shows in a header. Both are needed:
//! every port of this machine gets the cookie, and none but our own page can know the token.

mod assets;
mod callback;
mod codes;
mod headers;
mod routes;
mod sessions;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use turnpike_api::command::{OpenPage, PageLink};
use turnpike_api::proof::NoRandom;
use turnpike_api::{ApiError, ErrorCode, SecretText};
use turnpike_settings::DataDir;

use crate::core::{Core, blocking};
use codes::Codes;
pub(crate) use routes::{is_navigation, router};
use sessions::Sessions;

/// How long a login link can be used.
pub(crate) const CODE_LIFE: Duration = Duration::from_secs(60);
/// How a redirect file begins and ends.
const REDIRECT_PREFIX: &str = "open-";
const REDIRECT_SUFFIX: &str = ".html";
/// How one begins that leads to OpenRouter's login.
const LOGIN_PREFIX: &str = "login-";

/// Who may use the page.
#[derive(Debug)]
pub(crate) struct Web {
    codes: Codes,
    sessions: Sessions,
    folder: PathBuf,
    port: u16,
}

/// A login link that was made.
#[derive(Debug)]
pub(crate) struct Link {
    /// What stands behind the `#`.
    pub(crate) code: String,
    /// The file that leads there.
    pub(crate) redirect_file: Option<PathBuf>,
}

// === impl Web ===

impl Web {
    /// With the sessions that an earlier run of the service has kept. Blocks on the disk.
    pub(crate) fn open(data_dir: &DataDir, port: u16) -> Self {
        remove_redirects(data_dir.path(), REDIRECT_PREFIX);
        remove_redirects(data_dir.path(), LOGIN_PREFIX);
        Self {
            codes: Codes::default(),
            sessions: Sessions::load(data_dir.path().join("sessions.json")),
            folder: data_dir.path().to_owned(),
            port,
        }
    }

    /// A link for one login, with the file that leads to it where that is asked for. Blocks on the disk.
    ///
    /// # Errors
    /// A sentence: no random numbers, or the file cannot be written.
    pub(crate) fn link(&self, base_url: &str, with_file: bool) -> Result<Link, String> {
        let code = self.codes.issue().map_err(|error| error.to_string())?;
        let redirect_file = with_file.then(|| self.write_redirect(base_url, &code)).transpose()?;
        Ok(Link { code, redirect_file })
    }

    /// Lets a browser in that shows a code, once: the cookie and the token of its session. Blocks on the disk.
    pub(crate) fn login(
        &self,
        code: &str,
        headers: &HeaderMap,
    ) -> Result<Option<sessions::Halves>, NoRandom> {
        if !self.codes.take(code) {
            return Ok(None);
        }
        remove_redirects(&self.folder, REDIRECT_PREFIX);
        self.sessions.begin(self.cookie(headers)).map(Some)
    }

    /// Whether both halves of one session are shown.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(headers::TOKEN).and_then(|value| value.to_str().ok());
        matches!((self.cookie(headers), token), (Some(cookie), Some(token)) if self.sessions.admits(cookie, token))
    }

    /// Ends the session whose halves are shown. Blocks on the disk.
    pub(crate) fn logout(&self, headers: &HeaderMap) {
        if let Some(cookie) = self.cookie(headers) {
            self.sessions.end(cookie);
        }
    }

    /// Removes a redirect file, unless a login has done so.
    pub(crate) fn expire(path: &Path) {
        // Gone already after a login: as it should be.
        drop(std::fs::remove_file(path));
    }

    /// Browsers give a cookie to every port of a host, so its name tells ours from another service's.
    fn cookie_name(&self) -> String {
        format!("turnpike_session_{}", self.port)
    }

    fn cookie<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers::cookie(headers, &self.cookie_name())
    }

    /// A file that leads a browser to OpenRouter's login. Blocks on the disk.
    ///
    /// # Errors
    /// A sentence: no random numbers, or the file cannot be written.
    pub(crate) fn redirect_to_login(&self, url: &str) -> Result<PathBuf, String> {
        self.write_file(LOGIN_PREFIX, url, "turnpike login --print")
    }

    fn write_redirect(&self, base_url: &str, code: &str) -> Result<PathBuf, String> {
        self.write_file(REDIRECT_PREFIX, &format!("{base_url}/login#{code}"), "turnpike ui --print")
    }

    fn write_file(&self, prefix: &str, url: &str, otherwise: &str) -> Result<PathBuf, String> {
        let name = turnpike_api::proof::random_hex::<8>().map_err(|error| error.to_string())?;
        let path = self.folder.join(format!("{prefix}{name}{REDIRECT_SUFFIX}"));
        let url = url.replace('&', "&amp;");
        let text = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>Turnpike</title>\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n\
             <p>Opening. If nothing happens, run <code>{otherwise}</code>.</p>\n"
        );
        turnpike_settings::atomic::write(&path, text.as_bytes())
            .map_err(|error| format!("{} cannot be written ({error}): use `{otherwise}`", path.display()))?;
        Ok(path)
    }
}

/// Makes a link for one login; the file that leads to it lives no longer than the link.
///
/// # Errors
/// As [`Web::link`].
pub(crate) async fn open(core: &Arc<Core>, asked: OpenPage) -> Result<PageLink, ApiError> {
    let base_url = core.control_plane_url();
    let made = blocking(core, move |core| core.web.link(&core.control_plane_url(), asked.redirect_file));
    let link = made.await?.map_err(|message| ApiError::new(ErrorCode::Unavailable, message))?;
    if let Some(path) = link.redirect_file.clone() {
        let mut ending = core.ending();
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(CODE_LIFE) => {}
                () = ending.wait() => {}
            }
            Web::expire(&path);
        });
    }
    Ok(PageLink {
        url: SecretText::new(format!("{base_url}/login#{}", link.code)),
        valid_seconds: CODE_LIFE.as_secs(),
        redirect_file: link.redirect_file.map(|path| path.display().to_string()),
    })
}

/// Removes what leads to links that were used, or died with an earlier run.
fn remove_redirects(folder: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours =
            name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(REDIRECT_SUFFIX));
        if is_ours {
            Web::expire(&entry.path());
        }
    }
}
