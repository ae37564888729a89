//! A session bus for one test.

use std::process::Command;

/// The variable by which a test knows that it runs inside.
const INSIDE: &str = "TURNPIKE_TEST_INSIDE_SESSION";
/// Seconds until a session that does not end is ended.
const LIMIT: &str = "120";
/// A bus that starts no services.
const EMPTY_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// What bus the test has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bus {
    /// One as a desktop has it.
    Usual,
    /// One that starts no services.
    Empty,
    /// An address where nobody listens.
    Missing,
    /// No address.
    Unset,
}

/// Runs the test's body on such a bus, with an empty home, in a process of its own: the name of the bus comes
/// from the environment, which a running process cannot change.
pub(crate) fn inside(test: &str, bus: Bus, body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        return runtime.block_on(body());
    }
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("bus.conf");
    std::fs::write(&config, EMPTY_BUS).unwrap();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT]);
    match bus {
        Bus::Usual => command.args(["dbus-run-session", "--"]),
        Bus::Empty => command.arg("dbus-run-session").arg("--config-file").arg(&config).arg("--"),
        Bus::Missing | Bus::Unset => &mut command,
    };
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env(INSIDE, "1");
    for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(variable, home.path());
    }
    if let Bus::Missing = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no-such/bus");
    }
    let output = command.output().expect("`timeout` of coreutils starts");
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (shown(&output.stdout), shown(&output.stderr));
    assert!(
        output.status.success() && out.contains("1 passed"),
        "inside {bus:?}, {} (is a package missing? see scripts/install-debian-packages.sh)\n{out}\n{err}",
        output.status,
    );
}
