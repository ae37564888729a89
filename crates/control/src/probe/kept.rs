//! What models showed when they were probed, kept in the data folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::Conformance;
use turnpike_routing::{Showing, Showings, Shown};
use turnpike_settings::atomic;

use crate::core::Core;

/// The word in the ledger for a call that was written as text; all others are about arguments.
const WRITTEN_CALL: &str = "written_call";

/// All results, by slug. What cannot be read counts as not there.
pub(crate) fn all(path: &Path) -> BTreeMap<String, Conformance> {
    std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Keeps the latest result of a model.
pub(super) fn keep(core: &Core, conformance: &Conformance) -> io::Result<()> {
    let path = core.data_dir.conformance();
    let mut results = all(&path);
    results.insert(conformance.slug.clone(), conformance.clone());
    atomic::write(&path, &serde_json::to_vec_pretty(&results)?)
}

/// With what the model showed natively before, where this time it was reached by translation.
pub(super) fn with_past(core: &Core, mut new: Conformance) -> Conformance {
    let failed =
        |name: &str| new.probes.iter().any(|probe| probe.name == name && probe.counts && !probe.passed);
    new.failed_natively = if new.native {
        failed("tools") || failed("streaming")
    } else {
        all(&core.data_dir.conformance()).get(&new.slug).is_some_and(|old| old.failed_natively)
    };
    new
}

/// All results, as routing needs them.
pub(crate) fn showings(path: &Path) -> Showings {
    Showings::new(all(path).into_iter().map(|(slug, conformance)| (slug, showing(&conformance))))
}

fn showing(conformance: &Conformance) -> Showing {
    let shown = |name: &str| match conformance.probes.iter().find(|probe| probe.name == name) {
        Some(probe) if probe.counts && probe.passed => Shown::Passed,
        Some(probe) if probe.counts => Shown::Failed,
        _ => Shown::NotKnown,
    };
    let mended =
        |is: fn(&str) -> bool| conformance.probes.iter().flat_map(|probe| &probe.mended).any(|word| is(word));
    Showing {
        failed_natively: conformance.failed_natively,
        tools: shown("tools"),
        parallel_tools: shown("parallel_tools"),
        long_arguments: shown("long_arguments"),
        mended_arguments: mended(|word| word != WRITTEN_CALL),
        wrote_calls: mended(|word| word == WRITTEN_CALL),
    }
}

/// A result in short: `6/7 on 2026-11-21`.
pub(crate) fn summary(conformance: &Conformance) -> String {
    let passed = conformance.probes.iter().filter(|probe| probe.passed).count();
    let day = Timestamp::from_second(conformance.tested).unwrap_or(Timestamp::UNIX_EPOCH);
    let day = day.to_zoned(TimeZone::system()).date();
    format!("{passed}/{} on {day}", conformance.probes.len())
}
