//! `turnpike env --install`: a real shell reads its profile.

use std::process::Command;

use crate::support::{Running, World, said};

#[test]
fn a_new_session_of_the_shell_has_the_environment_until_it_is_removed() {
    let world = World::offline();
    std::fs::write(world.home.path().join(".bashrc"), "export MINE=1").expect("written");
    let service = Running::start(world.command(&["serve"]));
    let line = service.line();
    let url = line.strip_prefix("turnpike: listening on ").expect("a URL");
    let session = || {
        let mut bash = Command::new("bash");
        bash.args([
            "--noprofile",
            "-c",
            ". ~/.bashrc; echo \"$MINE $ANTHROPIC_BASE_URL ${#ANTHROPIC_AUTH_TOKEN}\"",
        ]);
        bash.env_clear().env("HOME", world.home.path()).env("PATH", "/usr/bin:/bin");
        said(&bash.output().expect("bash")).1
    };
    let (code, told, _) = said(&world.turnpike(&["env", "--shell", "bash", "--install"]));
    assert_eq!(code, Some(0), "{told}");
    let profile = std::fs::read_to_string(world.home.path().join(".bashrc")).expect("read");
    let token = said(&world.turnpike(&["token"])).1;
    assert!(!profile.contains(token.trim()), "no token in the profile");
    assert_eq!(session().trim(), format!("1 {url} {}", token.trim().len()));
    assert_eq!(said(&world.turnpike(&["env", "--shell", "bash", "--remove"])).0, Some(0));
    assert_eq!(std::fs::read_to_string(world.home.path().join(".bashrc")).expect("read"), "export MINE=1");
    assert_eq!(session().trim(), "1  0");
    assert_eq!(said(&world.turnpike(&["env", "--shell", "cmd", "--install"])).0, Some(2));
}
