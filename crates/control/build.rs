//! Puts the built page into the program, where it was built; a program without it says how to get it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `make ui` puts the page, from this folder. The folder itself is always there, so cargo can watch it.
const DIST: &str = "../../ui/dist";
const PAGE: &str = "page";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join(DIST).join(PAGE);
    let mut files = Vec::new();
    if folder.join("index.html").is_file() {
        collect(&folder, &folder, &mut files)?;
    }
    files.sort();
    let mut text = String::from("static ASSETS: &[Asset] = &[\n");
    for (name, path) in &files {
        let (media_type, path) = (media_type(name), path.display().to_string());
        writeln!(
            text,
            "    Asset {{ path: {name:?}, media_type: {media_type:?}, bytes: include_bytes!({path:?}) }},"
        )
        .map_err(io::Error::other)?;
    }
    text.push_str("];\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("assets.rs"), text)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(top, &path, files)?;
        } else {
            let name = path.strip_prefix(top).map_err(io::Error::other)?;
            files.push((name.to_string_lossy().replace('\\', "/"), path.canonicalize()?));
        }
    }
    Ok(())
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
