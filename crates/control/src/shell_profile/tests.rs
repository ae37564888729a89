use super::*;

const LINE: &str = "eval \"$('/usr/bin/turnpike' env)\"";

fn block(how: &str, line: &str) -> String {
    format!("{BEGIN}{how}\n{line}\n{END}\n")
}

#[test]
fn what_is_installed_is_removed_to_the_byte() {
    let rows: [(&str, Option<&[u8]>, &str); 6] = [
        ("no file", None, FILE_ADDED),
        ("an empty file", Some(b""), PLAIN),
        ("lines", Some(b"alias a=b\nexport C=d\n"), PLAIN),
        ("no newline at the end", Some(b"alias a=b"), NEWLINE_ADDED),
        ("foreign line ends", Some(b"alias a=b\r\n"), PLAIN),
        ("no UTF-8", Some(b"# \xff\xfe\n"), PLAIN),
    ];
    for (name, before, how) in rows {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config/fish/config.fish");
        if let Some(bytes) = before {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        install(&path, LINE).unwrap();
        let once = std::fs::read(&path).unwrap();
        assert!(once.ends_with(block(how, LINE).as_bytes()), "{name}: {}", String::from_utf8_lossy(&once));
        assert_eq!(installed(&path).unwrap().as_deref(), Some(LINE), "{name}");
        install(&path, LINE).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), once, "{name}: twice is once");
        remove(&path).unwrap();
        assert_eq!(std::fs::read(&path).ok().as_deref(), before, "{name}");
        assert_eq!(installed(&path).unwrap(), None, "{name}");
        remove(&path).unwrap();
    }
}

#[test]
fn a_block_is_replaced_where_it_stands_and_edits_around_it_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".bashrc");
    std::fs::write(&path, "before").unwrap();
    install(&path, "old").unwrap();
    let edited = std::fs::read_to_string(&path).unwrap() + "after\n";
    std::fs::write(&path, edited).unwrap();
    install(&path, LINE).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, format!("before\n{}after\n", block(NEWLINE_ADDED, LINE)));
    remove(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "beforeafter\n");
}

#[test]
fn what_is_not_understood_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".bashrc");
    let damaged = format!("{BEGIN}{PLAIN}\n{LINE}\nmine\n");
    std::fs::write(&path, &damaged).unwrap();
    for result in [install(&path, LINE), remove(&path), installed(&path).map(drop)] {
        let told = result.unwrap_err().to_string();
        assert!(told.contains("by hand"), "{told}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
    assert!(install(dir.path(), LINE).is_err(), "a folder");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("dotfiles"), dir.path().join(".zshrc"));
    std::fs::write(&real, "alias a=b\n").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    install(&link, LINE).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    remove(&link).unwrap();
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "alias a=b\n");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(install(&link, LINE).unwrap_err().to_string().contains("read-only"));
}

#[test]
fn each_shell_calls_the_program_by_its_quoted_path_and_holds_no_token() {
    let home = Home { folder: "/home/me".into(), config: None, zsh: None };
    let program = Program { path: "/opt/it's here/turnpike".into(), data_dir: Some("/data".into()) };
    let rows = [
        (
            ProfileShell::Bash,
            "/home/me/.bashrc",
            r"'/opt/it'\''s here/turnpike' --data-dir '/data' env --shell bash",
        ),
        (
            ProfileShell::Zsh,
            "/home/me/.zshrc",
            r"'/opt/it'\''s here/turnpike' --data-dir '/data' env --shell zsh",
        ),
        (
            ProfileShell::Fish,
            "/home/me/.config/fish/config.fish",
            r"'/opt/it\'s here/turnpike' --data-dir '/data' env",
        ),
        (
            ProfileShell::Nu,
            "/home/me/.config/nushell/config.nu",
            "^\"/opt/it's here/turnpike\" --data-dir \"/data\" env",
        ),
        (
            ProfileShell::Pwsh,
            "/home/me/.config/powershell/Microsoft.PowerShell_profile.ps1",
            "& '/opt/it''s here/turnpike' --data-dir '/data' env",
        ),
    ];
    for (shell, profile, call) in rows {
        if !cfg!(target_os = "macos") {
            assert_eq!(shell.profile(&home), Path::new(profile));
        }
        let line = shell.line(&program).unwrap();
        assert!(line.contains(call), "{line}");
        assert_eq!(ProfileShell::parse(shell.as_str()), Some(shell));
    }
    let moved = Home { folder: "/home/me".into(), config: Some("/c".into()), zsh: Some("/z".into()) };
    assert_eq!(ProfileShell::Zsh.profile(&moved), Path::new("/z/.zshrc"));
    assert_eq!(ProfileShell::Fish.profile(&moved), Path::new("/c/fish/config.fish"));
    let broken = Program { path: "/opt/a\nb".into(), data_dir: None };
    assert!(matches!(ProfileShell::Bash.line(&broken), Err(ProfileError::Unwritable)));
}
