//! `turnpike ui`

use std::io::{self, Write as _};

use turnpike_api::command::Status;

use crate::exit::Failure;
use crate::place::Place;

pub(crate) fn run(place: &Place) -> Result<(), Failure> {
    let status = place.service()?.call(&Status::default())?;
    let mut out = io::stdout();
    writeln!(out, "{}", status.control_plane)?;
    // Not part of the answer, so that scripts can use the line above.
    let _ = writeln!(
        io::stderr(),
        "The page itself is not built yet: `turnpike status`, `spend` and `map` show the same."
    );
    Ok(())
}
