use super::*;

fn around() -> Surroundings {
    Surroundings {
        program: PathBuf::from("/opt/50% & \"more\"/turnpike"),
        home: PathBuf::from("/home/ada"),
        config: PathBuf::from("/home/ada/.config"),
        data_dir: PathBuf::from("/home/ada/.local/share/turnpike"),
        user: "1000".to_owned(),
    }
}

#[test]
fn each_file_is_as_its_system_wants_it() {
    let rows = [
        (
            Supervisor::Systemd,
            "/home/ada/.config/systemd/user/turnpike.service",
            include_str!("golden/turnpike.service"),
        ),
        (
            Supervisor::Launchd,
            "/home/ada/Library/LaunchAgents/turnpike.plist",
            include_str!("golden/turnpike.plist"),
        ),
        (
            Supervisor::TaskScheduler,
            "/home/ada/.config/turnpike-task.xml",
            include_str!("golden/turnpike-task.xml"),
        ),
    ];
    for (supervisor, file, golden) in rows {
        let unit = supervisor.unit(&around()).unwrap();
        assert_eq!(unit.file, Path::new(file));
        assert!(is_ours(&unit.content), "{file}");
        let text = if supervisor == Supervisor::TaskScheduler {
            let units: Vec<u16> =
                unit.content.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            assert_eq!(units[0], 0xFEFF, "the byte order mark");
            String::from_utf16(&units[1..]).unwrap().replace("\r\n", "\n")
        } else {
            String::from_utf8(unit.content).unwrap()
        };
        assert_eq!(text, golden, "{file}");
    }
}

#[test]
fn a_path_that_cannot_stand_in_a_file_gives_none() {
    let strange = Surroundings { program: PathBuf::from("/opt/a\nExecStart=/bin/sh"), ..around() };
    for supervisor in [Supervisor::Systemd, Supervisor::Launchd, Supervisor::TaskScheduler] {
        assert_eq!(supervisor.unit(&strange), None);
    }
}

#[test]
fn what_somebody_else_wrote_is_not_ours() {
    assert!(!is_ours(b"[Service]\nExecStart=/usr/bin/turnpike serve\n") && !is_ours(b""));
    assert!(is_ours(b"# Written by `turnpike service install`; of an older version.\n"));
}
