//! An agent of launchd (launchd.plist(5)).

use super::{MARK, Surroundings, Unit, plain, words};

/// Its label; a tray asks for it by the same.
const LABEL: &str = "turnpike";

pub(super) fn unit(around: &Surroundings) -> Option<Unit> {
    let program = escaped(plain(&around.program)?);
    let output = around.data_dir.join("service.out");
    let output = escaped(plain(&output)?);
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <!-- {MARK}; `turnpike service remove` takes it away. -->\n\
         <plist version=\"1.0\">\n\
         <dict>\n\
         \t<key>Label</key>\n\
         \t<string>{LABEL}</string>\n\
         \t<key>ProgramArguments</key>\n\
         \t<array>\n\
         \t\t<string>{program}</string>\n\
         \t\t<string>serve</string>\n\
         \t</array>\n\
         \t<key>RunAtLoad</key>\n\
         \t<true/>\n\
         \t<key>KeepAlive</key>\n\
         \t<dict>\n\
         \t\t<key>SuccessfulExit</key>\n\
         \t\t<false/>\n\
         \t</dict>\n\
         \t<key>ExitTimeOut</key>\n\
         \t<integer>40</integer>\n\
         \t<key>Umask</key>\n\
         \t<integer>63</integer>\n\
         \t<key>StandardOutPath</key>\n\
         \t<string>{output}</string>\n\
         \t<key>StandardErrorPath</key>\n\
         \t<string>{output}</string>\n\
         </dict>\n\
         </plist>\n"
    );
    let file = around.home.join("Library").join("LaunchAgents").join(format!("{LABEL}.plist"));
    let target = format!("gui/{}", around.user);
    let mut bootstrap = words(&format!("launchctl bootstrap {target}"));
    bootstrap.push(plain(&file)?.to_owned());
    Some(Unit {
        file,
        content: content.into_bytes(),
        probe: words(&format!("launchctl print {target}")),
        reload: Vec::new(),
        enable: vec![words(&format!("launchctl enable {target}/{LABEL}"))],
        // Loading it starts it.
        start: vec![bootstrap],
        disable: vec![words(&format!("launchctl bootout {target}/{LABEL}"))],
        // Without its file it is not loaded at the next login.
        forget: Vec::new(),
        is_active: words(&format!("launchctl print {target}/{LABEL}")),
        restart: "launchctl kickstart -k gui/$(id -u)/turnpike",
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
