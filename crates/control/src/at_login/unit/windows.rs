//! A task of Windows that runs when the user logs on (Task Scheduler schema 1.2).

use super::{MARK, Surroundings, Unit, plain, words};

/// Its name.
const NAME: &str = "Turnpike";

pub(super) fn unit(around: &Surroundings) -> Option<Unit> {
    let program = escaped(plain(&around.program)?);
    let user = escaped(&around.user);
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n\
         \x20 <RegistrationInfo>\r\n\
         \x20   <Description>{MARK}; `turnpike service remove` takes it away.</Description>\r\n\
         \x20 </RegistrationInfo>\r\n\
         \x20 <Triggers>\r\n\
         \x20   <LogonTrigger>\r\n\
         \x20     <UserId>{user}</UserId>\r\n\
         \x20   </LogonTrigger>\r\n\
         \x20 </Triggers>\r\n\
         \x20 <Principals>\r\n\
         \x20   <Principal id=\"Author\">\r\n\
         \x20     <UserId>{user}</UserId>\r\n\
         \x20     <LogonType>InteractiveToken</LogonType>\r\n\
         \x20     <RunLevel>LeastPrivilege</RunLevel>\r\n\
         \x20   </Principal>\r\n\
         \x20 </Principals>\r\n\
         \x20 <Settings>\r\n\
         \x20   <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\r\n\
         \x20   <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\r\n\
         \x20   <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\r\n\
         \x20   <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\r\n\
         \x20   <RestartOnFailure>\r\n\
         \x20     <Interval>PT1M</Interval>\r\n\
         \x20     <Count>5</Count>\r\n\
         \x20   </RestartOnFailure>\r\n\
         \x20 </Settings>\r\n\
         \x20 <Actions Context=\"Author\">\r\n\
         \x20   <Exec>\r\n\
         \x20     <Command>{program}</Command>\r\n\
         \x20     <Arguments>serve</Arguments>\r\n\
         \x20   </Exec>\r\n\
         \x20 </Actions>\r\n\
         </Task>\r\n"
    );
    // The scheduler keeps its own copy; ours says what was asked for.
    let file = around.config.join("turnpike-task.xml");
    let mut create = words(&format!("schtasks /Create /F /TN {NAME} /XML"));
    create.push(plain(&file)?.to_owned());
    Some(Unit {
        file,
        content: utf_16(&content),
        probe: words("schtasks /Query /FO LIST"),
        reload: Vec::new(),
        enable: vec![create],
        start: vec![words(&format!("schtasks /Run /TN {NAME}"))],
        disable: vec![
            words(&format!("schtasks /End /TN {NAME}")),
            words(&format!("schtasks /Delete /F /TN {NAME}")),
        ],
        forget: vec![words(&format!("schtasks /Delete /F /TN {NAME}"))],
        is_active: words(&format!("schtasks /Query /TN {NAME}")),
        restart: "schtasks /End /TN Turnpike, then schtasks /Run /TN Turnpike",
    })
}

/// With a byte order mark, as `schtasks` wants it.
fn utf_16(text: &str) -> Vec<u8> {
    let mark = std::iter::once(0xFEFF_u16);
    mark.chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
