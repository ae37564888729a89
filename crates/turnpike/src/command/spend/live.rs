//! `turnpike spend --live`

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use turnpike_api::command::{Budgets, Status, StatusReply};
use turnpike_wire::money::NanoUsd;

use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;
use crate::table::printable;

/// How often it is shown anew.
const PERIOD: Duration = Duration::from_secs(1);
/// Moves to the top and clears what is below.
const ANEW: &str = "\x1b[H\x1b[2J";

/// Shows until Ctrl-C; once, where nobody looks on.
pub(super) fn run(place: &Place) -> Result<(), Failure> {
    let mut out = io::stdout();
    let runtime = runtime::start()?;
    loop {
        let client = place.service()?;
        let status = client.call(&Status::default())?;
        let reserved = client.call(&Budgets::default())?.totals.first().map_or(0, |line| line.reserved_nanos);
        let text = shown(&status, reserved);
        if !out.is_terminal() {
            return Ok(write!(out, "{text}")?);
        }
        write!(out, "{ANEW}{text}")?;
        out.flush()?;
        runtime.block_on(async { tokio::time::sleep(PERIOD).await });
    }
}

fn shown(status: &StatusReply, reserved_nanos: i64) -> String {
    let today = status.today.map_or_else(String::new, |today| {
        let cap =
            today.daily_cap_nanos.map_or_else(String::new, |cap| format!(" of {}", NanoUsd(cap).display()));
        format!(
            "Today {}{cap} · {} requests",
            NanoUsd(today.cost_nanos).display_about(today.estimates > 0),
            today.requests
        )
    });
    let reserved = match reserved_nanos {
        0 => String::new(),
        nanos => format!(" · about {} under way", NanoUsd(nanos).display()),
    };
    let mut text = format!("{today}{reserved}\n");
    for request in &status.live {
        let project = request.project.as_deref().unwrap_or("-");
        text.push_str(&format!(
            "#{} {} · {} · {} s · ~{} tokens\n",
            request.id,
            printable(project),
            printable(&request.target),
            request.running_ms / 1_000,
            request.output_tokens_estimate
        ));
    }
    text
}
