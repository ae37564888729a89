//! `turnpike audit`

use std::io::{self, Write as _};

use jiff::Timestamp;
use turnpike_api::command::{Audit, AuditReply};
use turnpike_control::audit;
use turnpike_ledger::LedgerReader;

use crate::cli::AuditArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::table::{Align, Table};

pub(crate) fn run(place: &Place, args: &AuditArgs) -> Result<(), Failure> {
    let reply = actions(place, &Audit { before: None, limit: Some(args.count) })?;
    let mut out = io::stdout().lock();
    if args.json {
        return Ok(writeln!(out, "{}", super::json(&reply.actions)?)?);
    }
    if reply.actions.is_empty() {
        return Ok(writeln!(out, "Nothing was changed by command yet.")?);
    }
    let zone = place.zone();
    let mut table = Table::new(&["when", "by", "what", "about", "details"].map(|name| (name, Align::Left)));
    for action in reply.actions {
        let at = Timestamp::from_millisecond(action.at_ms).unwrap_or_default().to_zoned(zone.clone());
        table.row([
            at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            action.actor,
            action.action,
            action.subject.unwrap_or_default(),
            action.details.unwrap_or_default(),
        ]);
    }
    Ok(table.write(&mut out)?)
}

fn actions(place: &Place, asked: &Audit) -> Result<AuditReply, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(asked)?);
    }
    let reader = LedgerReader::open(&place.data_dir.ledger());
    Ok(audit::list(&reader.map_err(|error| Failure::plain(error.to_string()))?, asked)?)
}
