//! What models showed when they were probed, kept in the data folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::Conformance;
use turnpike_settings::atomic;

use crate::core::Core;

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

/// A result in short: `6/7 on 2026-11-21`.
pub(crate) fn summary(conformance: &Conformance) -> String {
    let passed = conformance.probes.iter().filter(|probe| probe.passed).count();
    let day = Timestamp::from_second(conformance.tested).unwrap_or(Timestamp::UNIX_EPOCH);
    let day = day.to_zoned(TimeZone::system()).date();
    format!("{passed}/{} on {day}", conformance.probes.len())
}
