use std::sync::Barrier;

use super::*;
use crate::config::{ConfigEdit, EditError, MapPlace, NewMap};

const GOOD: &str = "# mine\n[log]\nlevel = \"warn\"\n";

fn file(dir: &tempfile::TempDir) -> ConfigFile {
    ConfigFile::new(dir.path().join("config.toml"))
}

fn set(path: &str, value: &str) -> ConfigEdit {
    ConfigEdit::Set { path: path.to_owned(), value: value.parse().unwrap() }
}

#[test]
fn a_missing_file_is_the_defaults_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = file(&dir).load().unwrap();
    assert_eq!((loaded.config, loaded.text.as_str(), loaded.warnings), (Config::default(), "", vec![]));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_file_is_stood_in_for_by_the_last_good_copy() {
    for (case, damage, told) in [
        ("truncated", &b"# mine\n[log]\nlevel = \"wa"[..], "line 3"),
        ("empty", b"", "is empty but was not before"),
        ("zeros, as a crash can leave them", b"\0\0\0\0\0\0\0\0", "is empty but was not before"),
        ("blank", b" \n\n", "is empty but was not before"),
        ("invalid", b"[log]\nlevel = \"loud\"\n", "line 2: `log.level` must be"),
        ("newer", b"[general]\nversion = 9\n", "newer Turnpike"),
        ("not text", b"[log]\n# \xff\xfe\n", "line 2: this is no TOML"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        fs::write(file.path(), GOOD).unwrap();
        let good = file.load_or_last_good().unwrap();
        assert!(good.instead_of.is_none(), "{case}");

        fs::write(file.path(), damage).unwrap();
        let refused = file.load().unwrap_err().to_string();
        assert!(refused.contains(told) && refused.contains("config.toml"), "{case}: {refused}");
        let started = file.load_or_last_good().unwrap();
        assert_eq!(started.loaded.config, good.loaded.config, "{case}");
        assert!(started.instead_of.is_some_and(|error| error.to_string() == refused), "{case}");
        // The damaged text is the user's: looked at, not touched, and no edit made for the copy replaces it.
        assert_eq!(fs::read(file.path()).unwrap(), damage, "{case}");
        assert_eq!(fs::read_to_string(file.last_good_path()).unwrap(), GOOD, "{case}");
        let edit = file.edit(&good.loaded.revision, &set("log.level", "\"info\"")).unwrap_err();
        assert!(matches!(edit, EditError::Conflict { .. }), "{case}: {edit}");
        assert_eq!(fs::read(file.path()).unwrap(), damage, "{case}");
    }
}

#[test]
fn without_a_good_copy_the_error_is_the_files_own() {
    for copy in [None, Some("[log]\nlevel = \"loud\"\n"), Some("\0\0\0")] {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        fs::write(file.path(), "[log]\nlevl = 1\n").unwrap();
        if let Some(copy) = copy {
            fs::write(file.last_good_path(), copy).unwrap();
        }
        let told = file.load_or_last_good().unwrap_err().to_string();
        assert!(told.contains("line 2: unknown key `levl`"), "{copy:?}: {told}");
    }
}

#[test]
fn a_file_that_was_removed_or_never_had_text_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    fs::write(file.path(), "").unwrap();
    file.load().unwrap();
    fs::write(file.path(), GOOD).unwrap();
    file.load().unwrap();
    fs::remove_file(file.path()).unwrap();
    assert_eq!(file.load().unwrap().config, Config::default());
    fs::write(file.path(), "# afresh\n").unwrap();
    assert_eq!(file.load().unwrap().config, Config::default());
}

#[test]
fn an_edit_is_made_for_one_revision_only() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    fs::write(file.path(), GOOD).unwrap();
    let before = file.load().unwrap().revision;
    let edited = file.edit(&before, &set("log.level", "\"info\"")).unwrap();
    assert_eq!(edited.text, GOOD.replace("warn", "info"));
    assert_eq!(fs::read_to_string(file.path()).unwrap(), edited.text);
    assert_eq!(fs::read_to_string(file.last_good_path()).unwrap(), edited.text);
    assert_eq!(edited.revision, file.load().unwrap().revision);
    let late = file.edit(&before, &set("log.level", "\"debug\"")).unwrap_err();
    assert!(
        matches!(&late, EditError::Conflict { expected, found } if *expected == before && *found == edited.revision)
    );
    assert!(late.to_string().contains("look at it again"), "{late}");
    assert_eq!(fs::read_to_string(file.path()).unwrap(), edited.text);
}

#[test]
fn of_edits_at_the_same_moment_one_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    for round in 0..20 {
        let revision = file.load().unwrap().revision;
        let start = Barrier::new(4);
        let made: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let (file, start, revision) = (&file, &start, &revision);
                    let map =
                        NewMap { name: format!("{round}-{thread}"), target: "a/b".into(), fallback: vec![] };
                    let edit = ConfigEdit::AddMap { map, place: MapPlace::Last };
                    scope.spawn(move || {
                        start.wait();
                        match file.edit(revision, &edit) {
                            Ok(_) => 1,
                            Err(EditError::Conflict { .. }) => 0,
                            Err(error) => panic!("{error}"),
                        }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(made, 1, "round {round}");
    }
    assert_eq!(file.load().unwrap().config.maps.len(), 20);
}

#[test]
fn a_refused_edit_leaves_the_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    fs::write(file.path(), GOOD).unwrap();
    let revision = file.load().unwrap().revision;
    for edit in
        [set("log.level", "\"loud\""), set("log.nothing", "1"), ConfigEdit::RemoveMap { name: "x".into() }]
    {
        file.edit(&revision, &edit).unwrap_err();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), GOOD, "{edit:?}");
    }
    // A value that keeps the file from loading can be edited away.
    fs::write(file.path(), "[log]\nlevel = \"loud\"\n").unwrap();
    let revision = Revision::of(&file.bytes().unwrap());
    assert_eq!(
        file.edit(&revision, &set("log.level", "\"info\"")).unwrap().text,
        "[log]\nlevel = \"info\"\n"
    );
    // What is no TOML, or was emptied, is not written over.
    for damage in ["[log", ""] {
        fs::write(file.path(), damage).unwrap();
        let revision = Revision::of(&file.bytes().unwrap());
        let refused = file.edit(&revision, &set("log.level", "\"warn\"")).unwrap_err();
        assert!(matches!(refused, EditError::Config(_)), "{refused}");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), damage);
    }
}

#[cfg(unix)]
#[test]
fn links_and_permissions_of_the_file() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let dotfiles = tempfile::tempdir().unwrap();
    let file = file(&dir);
    let target = dotfiles.path().join("turnpike.toml");
    fs::write(&target, GOOD).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o777)).unwrap();
    symlink(&target, file.path()).unwrap();

    let loaded = file.load().unwrap();
    let [warning] = &loaded.warnings[..] else { panic!("{:?}", loaded.warnings) };
    assert!(
        warning.to_string().contains("mode 777") && warning.to_string().contains("chmod 600"),
        "{warning}"
    );
    let edited = file.edit(&loaded.revision, &set("log.level", "\"info\"")).unwrap();
    assert!(fs::symlink_metadata(file.path()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), edited.text);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.last_good_path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.load().unwrap().warnings, []);
}

#[cfg(unix)]
#[test]
fn a_copy_that_cannot_be_kept_is_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    fs::write(file.path(), GOOD).unwrap();
    fs::create_dir(file.last_good_path()).unwrap();
    let loaded = file.load().unwrap();
    let [warning @ ConfigWarning::NoGoodCopy { .. }] = &loaded.warnings[..] else {
        panic!("{:?}", loaded.warnings)
    };
    assert!(warning.to_string().contains("last-good"), "{warning}");
}
