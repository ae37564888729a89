//! The client on networks as they are: certificates, HTTP/2, names, proxies.
//!
//! What comes from the environment (whom to trust, which proxy to take) is read when a client is made, and a running
//! process cannot change it: such a test starts itself again with the variables it needs.

#[cfg(test)]
mod again;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod cut;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod server;
#[cfg(test)]
mod silence;
