//! A user unit of systemd (systemd.service(5), systemd.unit(5)).

use super::{MARK, Surroundings, Unit, plain, words};

/// Its name; a tray asks for it by the same.
const NAME: &str = "turnpike.service";

pub(super) fn unit(around: &Surroundings) -> Option<Unit> {
    let program = quoted(plain(&around.program)?);
    let (arenas, one) = turnpike_api::ARENAS;
    // Ends in order leave it ended: `turnpike stop --service`, a tray that quits. Wrong usage (2), a wrong configuration (4)
    // and a folder that another service has (6) would be the same at the next try.
    let content = format!(
        "# {MARK}; `turnpike service remove` takes it away.\n\
         [Unit]\n\
         Description=Turnpike: Claude Code and Messages API clients on any OpenRouter model\n\
         StartLimitIntervalSec=60\n\
         StartLimitBurst=5\n\
         \n\
         [Service]\n\
         ExecStart={program} serve\n\
         Environment={arenas}={one}\n\
         Restart=on-failure\n\
         RestartSec=1\n\
         RestartPreventExitStatus=2 4 6\n\
         TimeoutStopSec=40\n\
         UMask=0077\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    );
    let systemctl = |rest: &str| words(&format!("systemctl --user {rest}"));
    Some(Unit {
        file: around.config.join("systemd").join("user").join(NAME),
        content: content.into_bytes(),
        probe: systemctl("show --property=Version --value"),
        reload: vec![systemctl("daemon-reload")],
        enable: vec![systemctl(&format!("enable {NAME}"))],
        start: vec![systemctl(&format!("start {NAME}"))],
        disable: vec![systemctl(&format!("disable --now {NAME}"))],
        forget: vec![systemctl(&format!("disable {NAME}"))],
        is_active: systemctl(&format!("is-active --quiet {NAME}")),
        restart: "systemctl --user restart turnpike",
    })
}

/// A word of a command line: systemd reads `\`, `"`, `%` and `$` its own way.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}
