//! `turnpike token`

use std::io::{self, Write as _};

use turnpike_api::Command as _;
use turnpike_api::command::RotateToken;
use turnpike_control::claude::refresh_all;
use turnpike_settings::LocalToken;
use turnpike_settings::claude::Connections;

use crate::cli::TokenAction;
use crate::exit::{Failure, as_sentence};
use crate::place::Place;

pub(crate) fn run(place: &Place, action: Option<&TokenAction>) -> Result<(), Failure> {
    let token = match action {
        None => of(place)?.secret().expose().to_owned(),
        Some(TokenAction::Rotate) => rotate(place)?,
        Some(TokenAction::Metrics) => {
            let token = LocalToken::load_or_create(&place.data_dir.metrics_token());
            token.map_err(|error| Failure::plain(error.to_string()))?.secret().expose().to_owned()
        }
    };
    Ok(writeln!(io::stdout(), "{token}")?)
}

/// The token in the data folder, made when there is none yet: the service will take the same.
pub(crate) fn of(place: &Place) -> Result<LocalToken, Failure> {
    LocalToken::load_or_create(&place.data_dir.token()).map_err(|error| Failure::plain(error.to_string()))
}

fn rotate(place: &Place) -> Result<String, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(&RotateToken::default())?.token.expose().to_owned());
    }
    let token =
        LocalToken::rotate(&place.data_dir.token()).map_err(|error| Failure::plain(error.to_string()))?;
    exported(place);
    place.keep(RotateToken::NAME, &RotateToken::default());
    Ok(token.secret().expose().to_owned())
}

/// Puts the new token where the old one was written, as the service does when it runs.
fn exported(place: &Place) {
    if Connections::new(&place.data_dir).all().is_ok_and(|connected| connected.is_empty()) {
        return;
    }
    let refreshed =
        super::env::of(place).and_then(|reply| Ok(refresh_all(&place.data_dir, &reply.variables, false)?));
    if let Err(Failure::Told { sentence, .. }) = refreshed {
        let _ = writeln!(
            io::stderr(),
            "turnpike: Claude Code's settings still hold the old token: {}",
            as_sentence(&sentence)
        );
    }
}
