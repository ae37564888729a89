//! How long the data plane waits for what.

use std::time::Duration;

/// The waits of the data plane. The default is what the service uses; tests make them short.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The answer to a client that streams begins at the latest after this: then with `message_start` and
    /// pings.
    pub commit_within: Duration,
    /// A ping goes out after so long without anything else. Clients want one within 15 s.
    pub ping_after: Duration,
    /// Longest time for the head of a request, and longest pause between two requests of a connection.
    pub head_within: Duration,
    /// How long a request waits for a keychain that has not answered since the start.
    pub key_within: Duration,
    /// Longest pause within the body of a request.
    pub body_idle: Duration,
    /// How long a body that is too large is read on, so that its sender can read the answer.
    pub discard_within: Duration,
    /// How long streams may go on after the service was told to stop.
    pub drain_within: Duration,
    /// The minute over which free requests are counted.
    pub free_window: Duration,
}

// === impl Timing ===

impl Default for Timing {
    fn default() -> Self {
        Self {
            commit_within: Duration::from_secs(15),
            ping_after: Duration::from_secs(10),
            head_within: Duration::from_secs(15),
            key_within: Duration::from_secs(5),
            body_idle: Duration::from_secs(60),
            discard_within: Duration::from_secs(5),
            drain_within: Duration::from_secs(30),
            free_window: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_waits_keep_their_promises() {
        let Timing { commit_within, ping_after, head_within, body_idle, drain_within, .. } =
            Timing::default();
        let seconds = Duration::from_secs;
        assert_eq!((commit_within, head_within, body_idle), (seconds(15), seconds(15), seconds(60)));
        assert!(ping_after <= seconds(15), "clients want a sign of life within 15 s");
        assert_eq!(drain_within, seconds(30));
        assert!(crate::convert::DEFAULT_SILENCE >= seconds(300), "models think for minutes without a word");
    }
}
