//! One request after another on one connection.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::load::Question;
use crate::load::connection::Connection;
use crate::result::stats::percentile;
use crate::result::turns::{Metric, Round};
use crate::system::Way;

/// The model that answers with a fixed text at once.
pub const TEXT: &str = "sim/text+words=20+comments=0";
/// The model that refuses each request at once.
pub const REFUSED: &str = "sim/error-400-provider";

/// Requests before the timed ones, and the longest time for them.
const WARM_UP: usize = 50;
const WARM_UP_WITHIN: Duration = Duration::from_millis(250);

/// Asks until the time is over; each answer must have the status.
///
/// # Errors
/// When an answer has another status, or none comes.
pub fn round(way: &Way, question: &Question, status: u16, length: Duration) -> Result<Round> {
    let request = way.request(question);
    let mut connection = Connection::new(&way.address);
    let mut ask = || -> Result<u64> {
        let reply = connection.ask(&request)?;
        ensure!(reply.status == status, "status {} instead of {status}", reply.status);
        Ok(reply.nanos())
    };
    let begun = Instant::now();
    for _ in 0..WARM_UP {
        ask()?;
        if begun.elapsed() > WARM_UP_WITHIN {
            break;
        }
    }
    let cpu = way.tree.as_ref().map(crate::system::process::Tree::cpu_nanos);
    let mut times = Vec::with_capacity(1 << 16);
    let begun = Instant::now();
    while begun.elapsed() < length {
        times.push(ask()?);
    }
    let mut values = BTreeMap::from([
        (Metric::Whole50, percentile(&mut times, 50) / 1e9),
        (Metric::Whole99, percentile(&mut times, 99) / 1e9),
    ]);
    if let (Some(before), Some(tree)) = (cpu, &way.tree) {
        let used = tree.cpu_nanos().saturating_sub(before);
        values.insert(Metric::Cpu, used as f64 / times.len().max(1) as f64 / 1e9);
    }
    Ok(Round { values, asked: times.len() as u64, ..Round::default() })
}
