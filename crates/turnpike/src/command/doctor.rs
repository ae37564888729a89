//! `turnpike doctor`

use std::io::{self, Write};

use turnpike_api::command::{Doctor, DoctorReply, Finding, Severity};
use turnpike_control::claude::Client;
use turnpike_control::doctor::{self, ClientWorld, Expected};

use super::env;
use crate::cli::DoctorArgs;
use crate::exit::{Exit, Failure};
use crate::own;
use crate::place::Place;
use crate::runtime;
use crate::table::printable;

pub(crate) fn run(place: &Place, args: &DoctorArgs) -> Result<(), Failure> {
    let service = place.service_if_running()?;
    let asked = Doctor { requests: args.requests, without_client: true };
    let mut reply = match &service {
        Some(client) => client.call(&asked)?,
        None if args.requests => {
            return Err(Failure::of(
                Exit::NotRunning,
                "the service is not running, so no request can be sent: start it with `turnpike serve`",
            ));
        }
        None => {
            let url = super::environment_url()?;
            let findings = runtime::start()?.block_on(doctor::without_service(&place.data_dir, url));
            DoctorReply { findings }
        }
    };
    reply.findings.extend(client(place, service.is_some()));
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", super::json(&reply)?)?;
    } else {
        write(&reply, &mut out)?;
    }
    match reply.worst() {
        Severity::Ok | Severity::Warning => Ok(()),
        Severity::Error => Err(Failure::Child(1)),
    }
}

/// What Claude Code would do when it is started here.
fn client(place: &Place, is_running: bool) -> Vec<Finding> {
    // A configuration that does not load has been told of, and the last good one counts.
    let config =
        place.config_file().load_or_last_good().map(|started| started.loaded.config).unwrap_or_default();
    let variables = env::of(place).map(|reply| reply.variables).unwrap_or_default();
    let expected = Expected { variables: &variables, is_running, config: &config };
    let settings = Client::new(&place.data_dir, variables.clone()).ok();
    let connection = settings.as_ref().and_then(doctor::connection);
    connection.into_iter().chain(doctor::client(&ClientWorld::of_process(true), &expected)).collect()
}

fn write(reply: &DoctorReply, out: &mut impl Write) -> io::Result<()> {
    for finding in &reply.findings {
        let sign = match finding.severity {
            Severity::Ok => "✓",
            Severity::Warning => "⚠",
            Severity::Error => "✕",
        };
        writeln!(out, "{sign} {:<9} {}", finding.subject, own::lines(&printable(&finding.message)))?;
        if let Some(fix) = &finding.fix {
            writeln!(out, "  {:<9} → {}", "", own::lines(&printable(fix)))?;
        }
    }
    Ok(())
}
