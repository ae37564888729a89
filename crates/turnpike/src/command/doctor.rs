//! `turnpike doctor`

use std::io::{self, Write};

use turnpike_api::command::{Doctor, DoctorReply, Severity};
use turnpike_control::doctor;

use crate::cli::DoctorArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;
use crate::table::printable;

pub(crate) fn run(place: &Place, args: &DoctorArgs) -> Result<(), Failure> {
    let reply = match place.service_if_running()? {
        Some(client) => client.call(&Doctor::default())?,
        None => {
            let url = super::environment_url()?;
            let findings = runtime::start()?.block_on(doctor::without_service(&place.data_dir, url));
            DoctorReply { findings }
        }
    };
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

fn write(reply: &DoctorReply, out: &mut impl Write) -> io::Result<()> {
    for finding in &reply.findings {
        let sign = match finding.severity {
            Severity::Ok => "✓",
            Severity::Warning => "⚠",
            Severity::Error => "✕",
        };
        writeln!(out, "{sign} {:<9} {}", finding.subject, printable(&finding.message))?;
        if let Some(fix) = &finding.fix {
            writeln!(out, "  {:<9} → {}", "", printable(fix))?;
        }
    }
    Ok(())
}
