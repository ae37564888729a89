//! The simulator over real sockets.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod client;
