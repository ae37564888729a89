//! What the service itself takes: memory and time of the processor.

use std::sync::{Mutex, PoisonError};

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Looks at this process, and remembers the look before: what was used is a difference.
#[derive(Debug)]
pub(crate) struct Footprint {
    /// `None` where the system cannot be asked.
    system: Mutex<Option<System>>,
}

/// Bytes of memory that this process may take: the machine's, or its container's. `None` where the system does not say.
pub(crate) fn memory_for_us() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let own = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, ProcessRefreshKind::nothing());
    let of_process = system.process(own).and_then(sysinfo::Process::cgroup_limits);
    let bounds = [system.cgroup_limits(), of_process].into_iter().flatten().map(|limits| limits.total_memory);
    bounds.chain([system.total_memory()]).filter(|bytes| *bytes > 0).min()
}

// === impl Footprint ===

impl Default for Footprint {
    fn default() -> Self {
        Self { system: Mutex::new(System::new().ok()) }
    }
}

impl Footprint {
    /// Bytes of memory held now, and thousandths of one core used since the look before. Zeros where the system does not say.
    pub(crate) fn look(&self) -> (u64, u64) {
        let own = Pid::from_u32(std::process::id());
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(system) = system.as_mut() else { return (0, 0) };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, what);
        system.process(own).map_or((0, 0), |process| {
            // A share of one core, between 0 and 100 for each; rounded to thousandths.
            let permille = (f64::from(process.cpu_usage()) * 10.0).round().clamp(0.0, 1_000_000.0);
            (process.memory(), whole(permille))
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a million, rounded"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_memory_and_its_work_is_seen() {
        let footprint = Footprint::default();
        let (memory, _) = footprint.look();
        assert!(memory > 100_000, "{memory}");
        // Until work shows: how long that takes is the machine's affair.
        let mut work = 0_u64;
        while footprint.look().1 == 0 {
            work = (0..5_000_000_u64).fold(work, |sum, number| sum.wrapping_mul(31).wrapping_add(number));
        }
        assert_ne!(work, 1);
    }
}
