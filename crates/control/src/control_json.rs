//! `control.json`: written when both listeners are bound, removed in the end.

use std::io;
use std::path::Path;

use turnpike_api::ControlFile;
use turnpike_settings::atomic;

/// Writes it for its owner alone, whole or not at all.
pub(crate) fn write(path: &Path, file: &ControlFile) -> io::Result<()> {
    atomic::write(path, file.to_json()?.as_bytes())
}

/// Removes it, unless another run of the service has written it meanwhile.
pub(crate) fn remove(path: &Path, instance: &str) {
    let is_ours = ControlFile::read(path).is_ok_and(|file| file.instance == instance);
    if is_ours && let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "control.json stays behind");
    }
}

#[cfg(test)]
mod tests {
    use turnpike_api::SecretText;

    use super::*;

    #[test]
    fn only_its_own_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.json");
        let file = ControlFile {
            address: "127.0.0.1:4118".to_owned(),
            pid: 1,
            instance: "mine".to_owned(),
            api_version: 1,
            secret: SecretText::new("s".to_owned()),
        };
        write(&path, &file).unwrap();
        remove(&path, "another");
        assert_eq!(
            ControlFile::read(&path).unwrap(),
            file,
            "and it is the owner's alone, or it would not be read"
        );
        remove(&path, "mine");
        assert!(!path.exists());
        remove(&path, "mine");
    }
}
