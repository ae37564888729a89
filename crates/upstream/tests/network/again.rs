//! A test in a process of its own, with the variables that it needs and no others of that kind.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use turnpike_upstream::{Endpoint, Inference, Reply, TransportError, Upstream};

/// The key that no stranger may see.
pub(crate) const KEY: &str = "sk-or-v1-0123456789abcdef";
/// The authority that signed the server's certificate.
pub(crate) const AUTHORITY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/certificates/authority.pem");
/// By which a test knows that it is the process of its own.
const INSIDE: &str = "TURNPIKE_TEST_INSIDE";
/// No single wait takes longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Runs the body with these variables set.
pub(crate) fn with_variables(test: &str, variables: &[(&str, &str)], body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env_clear().env(INSIDE, "1");
    let output = command.envs(variables.iter().copied()).output().expect("a program can start itself");
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (shown(&output.stdout), shown(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{}\n{out}\n{err}", output.status);
}

/// Fails when something does not happen for too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("this did not happen within {PATIENCE:?}: {what}"),
    }
}

/// Sends the smallest request there is.
pub(crate) async fn infer(upstream: &Upstream) -> Result<Reply, TransportError> {
    let request = Inference {
        endpoint: Endpoint::Chat,
        key: KEY,
        body: Bytes::from_static(b"{}"),
        stream: true,
        headers: HeaderMap::new(),
        departure: None,
    };
    within("an answer or an error", upstream.infer(request)).await
}
