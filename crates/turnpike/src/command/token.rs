//! `turnpike token`

use std::io::{self, Write as _};

use turnpike_api::command::RotateToken;
use turnpike_settings::LocalToken;

use crate::cli::TokenAction;
use crate::exit::Failure;
use crate::place::Place;

pub(crate) fn run(place: &Place, action: Option<&TokenAction>) -> Result<(), Failure> {
    let token = match action {
        None => of(place)?.secret().expose().to_owned(),
        Some(TokenAction::Rotate) => rotate(place)?,
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
    Ok(token.secret().expose().to_owned())
}
