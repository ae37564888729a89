//! The simulator over real sockets.

#[cfg(test)]
mod account;
#[cfg(test)]
mod agent;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod client;
#[cfg(test)]
mod delivery;
#[cfg(all(test, unix))]
mod program;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod recorded;
