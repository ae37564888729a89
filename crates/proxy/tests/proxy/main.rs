//! The data plane over real sockets, with a simulated upstream and a ledger of its own.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bill;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod capture;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod client;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod hangup;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod load;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod memory;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod repairs;
#[cfg(test)]
mod request_ids;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod steer;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod translated;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod verdict;
