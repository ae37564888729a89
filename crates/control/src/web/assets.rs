//! The built files of the page, inside the program. `build.rs` puts them there.

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its path below the page's folder.
    pub(super) path: &'static str,
    /// Its media type.
    pub(super) media_type: &'static str,
    /// Its bytes.
    pub(super) bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page itself, when this program was built with it.
pub(super) fn page() -> Option<&'static Asset> {
    find("index.html")
}

/// The file of that path.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_there_is_whole() {
        let Some(page) = page() else {
            assert!(ASSETS.is_empty(), "files without their page");
            return;
        };
        let text = std::str::from_utf8(page.bytes).unwrap();
        assert!(!text.contains("<script>") && !text.contains("<style"), "nothing inline: {text}");
        let named = text.split('"').filter(|part| part.starts_with("/assets/"));
        let named: Vec<&str> = named.collect();
        assert!(!named.is_empty(), "{text}");
        for path in named {
            assert!(find(path.trim_start_matches('/')).is_some(), "{path}");
        }
    }
}
