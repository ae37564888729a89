//! `turnpike service`, with a `systemctl` and a `loginctl` that do what the real ones do with a unit: they link it, start
//! its `ExecStart`, and end it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{World, said};

/// Notes what it is asked for, and carries it out.
pub(crate) const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$@" >> "$HOME/asked"
units="$HOME/.config/systemd/user"
unit="$units/turnpike.service"
wants="$units/default.target.wants"
# One that has ended and was not waited for has no program any more.
running() { [ -f "$HOME/pid" ] && readlink "/proc/$(cat "$HOME/pid")/exe" >/dev/null; }
case "$2" in
  show) echo 252 ;;
  daemon-reload) ;;
  enable) mkdir -p "$wants" && ln -sf "$unit" "$wants/turnpike.service" ;;
  start)
    running && exit 0
    line=$(sed -n 's/^ExecStart=//p' "$unit")
    (exec >"$HOME/out" 2>&1 </dev/null; eval "exec setsid $line") &
    echo $! > "$HOME/pid" ;;
  disable)
    rm -f "$wants/turnpike.service"
    if running; then
      kill "$(cat "$HOME/pid")"
      while running; do sleep 0.05; done
    fi ;;
  is-active) running ;;
  *) echo "what is $2?" >&2; exit 1 ;;
esac
"#;

/// A home in which `systemctl` and `loginctl` are these.
pub(crate) struct Home {
    pub(crate) world: World,
}

// === impl Home ===

impl Home {
    pub(crate) fn new(systemctl: &str, linger: &str) -> Self {
        let world = World::offline();
        world.script("systemctl", systemctl);
        world.script("loginctl", &format!("#!/bin/sh\n{linger}\n"));
        let home = Self { world };
        fs::create_dir_all(home.data()).expect("made");
        fs::write(home.data().join("config.toml"), "[proxy]\nlisten = \"127.0.0.1:0\"\n").expect("written");
        home
    }

    fn turnpike(&self, arguments: &[&str]) -> Output {
        self.command(arguments, None).output().expect("it can be started")
    }

    /// `turnpike …` on the default data folder, by another program than the one under test where that is given.
    pub(crate) fn command(&self, arguments: &[&str], program: Option<&Path>) -> Command {
        let path = format!("{}:{}", self.path().display(), std::env::var("PATH").expect("a PATH"));
        let known = self.world.command(arguments);
        let mut command = Command::new(program.map_or(known.get_program(), Path::as_os_str));
        let variables = known.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.args(arguments).env_clear().envs(variables).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("TURNPIKE_DATA_DIR").env("PATH", path);
        command
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join(".local/share/turnpike")
    }

    pub(crate) fn path(&self) -> &Path {
        self.world.home.path()
    }

    pub(crate) fn unit(&self) -> PathBuf {
        self.path().join(".config/systemd/user/turnpike.service")
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path().join("asked")).unwrap_or_default();
        asked.lines().filter(|line| !line.contains("is-active")).map(str::to_owned).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.turnpike(&["stop", "--service"]);
    }
}

#[test]
fn a_unit_is_installed_once_tells_how_it_fares_and_leaves_no_trace() {
    let home = Home::new(SYSTEMCTL, "echo no");
    let before = home.world.home_files();
    let (code, told, errors) = said(&home.turnpike(&["service", "install"]));
    assert_eq!(code, Some(0), "{told}{errors}");
    assert!(told.contains("starts it at each login") && told.contains("loginctl enable-linger"), "{told}");
    let text = fs::read_to_string(home.unit()).expect("a unit");
    assert!(text.contains(&format!("ExecStart=\"{}\" serve", env!("CARGO_BIN_EXE_turnpike"))), "{text}");
    let asked = [
        "show --property=Version --value",
        "daemon-reload",
        "enable turnpike.service",
        "start turnpike.service",
    ];
    assert_eq!(home.asked(), asked.map(|rest| format!("--user {rest}")));
    let (code, told, _) = said(&home.turnpike(&["service", "status"]));
    assert!(code == Some(0) && told.contains("by the unit") && told.contains("installed: /"), "{told}");

    let (code, told, _) = said(&home.turnpike(&["service", "install"]));
    assert!(code == Some(0) && told.contains("in place already"), "{told}");
    assert_eq!(
        home.asked().iter().filter(|line| line.contains("start") || line.contains("reload")).count(),
        2
    );

    let (code, told, errors) = said(&home.turnpike(&["service", "remove"]));
    assert!(code == Some(0) && told.contains("is gone"), "{told}{errors}");
    assert_eq!(said(&home.turnpike(&["status"])).0, Some(3), "it has ended");
    let left: Vec<PathBuf> =
        home.world.home_files().into_iter().filter(|file| !before.contains(file)).collect();
    let outside = |file: &&PathBuf| file.starts_with(home.path().join(".config"));
    assert_eq!(left.iter().filter(outside).count(), 0, "{left:?}");
    assert!(!home.path().join(".config/systemd").exists());
    let (code, told, _) = said(&home.turnpike(&["service", "remove"]));
    assert!(code == Some(0) && told.contains("nothing to remove"), "{told}");
    assert_eq!(said(&home.turnpike(&["service", "status"])).0, Some(3));
}

#[test]
fn a_unit_of_somebody_else_stays_as_it_is_and_an_old_one_of_ours_is_replaced() {
    let home = Home::new(SYSTEMCTL, "echo yes");
    fs::create_dir_all(home.unit().parent().expect("a folder")).expect("made");
    let theirs = "[Service]\nExecStart=/usr/local/bin/my-turnpike\n";
    fs::write(home.unit(), theirs).expect("written");
    for action in ["install", "remove", "status"] {
        let (code, _, errors) = said(&home.turnpike(&["service", action]));
        assert!(code == Some(1) && errors.contains("not of Turnpike's making"), "{action}: {errors}");
    }
    assert_eq!(fs::read_to_string(home.unit()).expect("it"), theirs);
    fs::write(home.unit(), format!("# Written by `turnpike service install` long ago\n{theirs}"))
        .expect("written");
    let (code, told, errors) = said(&home.turnpike(&["service", "install"]));
    assert!(code == Some(0) && told.contains("lingering is on"), "{told}{errors}");
    assert!(fs::read_to_string(home.unit()).expect("it").contains("RestartPreventExitStatus"));
}

#[test]
fn a_service_that_was_started_otherwise_goes_on() {
    let home = Home::new(SYSTEMCTL, "exit 1");
    let mut command = home.world.command(&["serve"]);
    command.env_remove("TURNPIKE_DATA_DIR");
    let service = crate::support::Running::start(command);
    service.line();
    let (code, told, errors) = said(&home.turnpike(&["service", "install"]));
    assert!(code == Some(0) && told.contains("started otherwise, and goes on"), "{told}{errors}");
    assert!(told.contains("not known"), "{told}");
    assert!(!home.asked().iter().any(|line| line.contains("--user start")));
    let (code, told, _) = said(&home.turnpike(&["service", "status"]));
    assert!(code == Some(0) && told.contains("started otherwise"), "{told}");
}

#[test]
fn where_there_is_nobody_to_give_a_unit_to_nothing_is_written() {
    let not_booted =
        "#!/bin/sh\necho \"System has not been booted with systemd as init system (PID 1).\" >&2\nexit 1\n";
    let no_bus = "#!/bin/sh\necho \"Failed to connect to bus: No medium found\" >&2\nexit 1\n";
    let no_enable = "#!/bin/sh\ncase \"$2\" in enable) echo \"Unit is masked.\" >&2; exit 1 ;; is-active) exit 3 ;; esac\n";
    let rows = [
        ("no systemd", not_booted, "turnpike serve"),
        ("no bus", no_bus, "not by su or sudo"),
        ("a refusal", no_enable, "Unit is masked"),
    ];
    for (name, systemctl, says) in rows {
        let home = Home::new(systemctl, "exit 1");
        let (code, told, errors) = said(&home.turnpike(&["service", "install"]));
        assert!(code == Some(1) && told.is_empty(), "{name}: {told}");
        assert!(errors.contains(says), "{name}: {errors}");
        assert!(!home.path().join(".config/systemd").exists(), "{name}");
    }
    let home = Home::new(SYSTEMCTL, "exit 1");
    let output = home.world.command(&["service", "install"]).output().expect("it can be started");
    let (code, _, errors) = said(&output);
    assert!(code == Some(1) && errors.contains("default data folder"), "{errors}");
}
