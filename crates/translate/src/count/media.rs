//! Images and documents: by their size, which stands in the first bytes of each format.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Family;

/// Base64 text that is decoded to find an image's size: photographs keep it behind their embedded preview.
const LOOKED_AT: usize = 128 * 1024;
/// Stands in for a size that is not known: an image at an address.
const USUAL: (u32, u32) = (1024, 1024);
/// Bytes that mostly make a page of a PDF.
const PAGE_BYTES: u64 = 50_000;
/// How a PDF begins a page, when it does so in the open; the space may be missing.
const PAGE_MARK: &[u8] = b"/Type";
/// Most pages that a model is shown.
const MOST_PAGES: u64 = 100;

/// Tokens of all images, by each of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Images {
    area: u64,
    gpt_tiles: u64,
    gemini_tiles: u64,
    patches: u64,
}

// === impl Images ===

impl Images {
    /// Adds an image whose data is this base64 text.
    pub(super) fn add_base64(&mut self, data: &str) {
        let looked = &data.as_bytes()[..data.len().min(LOOKED_AT) / 4 * 4];
        let size = STANDARD.decode(looked).ok().and_then(|bytes| size_of(&bytes));
        self.add(size);
    }

    /// Adds an image; `None` when its size is not known.
    pub(super) fn add(&mut self, size: Option<(u32, u32)>) {
        let (width, height) = size.unwrap_or(USUAL);
        let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
        self.area += area(width, height);
        self.gpt_tiles += gpt_tiles(width, height);
        self.gemini_tiles += gemini_tiles(width, height);
        self.patches += patches(width, height);
    }

    pub(super) const fn tokens(&self, family: Family) -> u64 {
        match family {
            Family::Gpt | Family::GptOss => self.gpt_tiles,
            Family::Gemini => self.gemini_tiles,
            Family::Qwen | Family::QwenXml | Family::Glm | Family::Kimi => self.patches,
            _ => self.area,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
fn whole(tokens: f64) -> u64 {
    tokens.ceil() as u64
}

/// Anthropic's rule: a token for 750 pixels, after scaling to 1568 at the longer edge.
fn area(width: f64, height: f64) -> u64 {
    let scale = (1568.0 / width.max(height)).min(1.0);
    whole((width * scale * height * scale / 750.0).min(1_600.0))
}

/// OpenAI's rule: scaled into 2048, then to 768 at the shorter edge; 85, and 170 for each tile of 512.
fn gpt_tiles(width: f64, height: f64) -> u64 {
    let fit = (2048.0 / width.max(height)).min(1.0);
    let (width, height) = (width * fit, height * fit);
    let short = (768.0 / width.min(height)).min(1.0);
    85 + 170 * whole(width * short / 512.0) * whole(height * short / 512.0)
}

/// Google's rule: 258 for a small image, else for each tile of 768.
fn gemini_tiles(width: f64, height: f64) -> u64 {
    if width <= 384.0 && height <= 384.0 {
        return 258;
    }
    258 * (whole(width / 768.0) * whole(height / 768.0)).min(36)
}

/// Qwen's rule, which others follow: a token for 28 by 28 pixels, of at most 1280 of them.
fn patches(width: f64, height: f64) -> u64 {
    (whole(width / 28.0) * whole(height / 28.0)).clamp(4, 1_280)
}

/// Pages of a PDF whose data is this base64 text: as it says itself where that can be read, else by its size.
pub(super) fn pdf_pages(data: &str) -> u64 {
    let by_size = data.len() as u64 / 4 * 3 / PAGE_BYTES + 1;
    let whole = if data.len() <= LOOKED_AT { STANDARD.decode(data).ok() } else { None };
    let told = whole.map_or(0, |bytes| told_pages(&bytes));
    if told > 0 { told.min(MOST_PAGES) } else { by_size.min(MOST_PAGES) }
}

/// Objects that call themselves a page.
fn told_pages(bytes: &[u8]) -> u64 {
    let kinds = (0..bytes.len()).filter_map(|at| bytes[at..].strip_prefix(PAGE_MARK));
    let is_page = |rest: &&[u8]| {
        let name = rest.trim_ascii_start().strip_prefix(b"/Page");
        name.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphabetic))
    };
    kinds.filter(is_page).count() as u64
}

/// Width and height, from the head of a PNG, JPEG, GIF or WebP.
fn size_of(bytes: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some((big(16)?, big(20)?)),
        [b'G', b'I', b'F', b'8', ..] => Some((little(6)?, little(8)?)),
        [0xff, 0xd8, ..] => jpeg_size(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp_size(bytes),
        _ => None,
    }
}

/// The size stands in the frame header, behind other segments.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let short = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)?) {
            (0xff, 0xff) => at += 1,
            (0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) => {
                return Some((short(at + 7)?, short(at + 5)?));
            }
            (0xff, _) => at += 2 + usize::try_from(short(at + 2)?).ok()?,
            _ => return None,
        }
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let little = |at: usize, count: usize| {
        let bytes = bytes.get(at..at + count)?;
        Some(bytes.iter().rev().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)))
    };
    match bytes.get(12..16)? {
        b"VP8 " => Some((little(26, 2)? & 0x3fff, little(28, 2)? & 0x3fff)),
        b"VP8L" => {
            let packed = little(21, 4)?;
            Some(((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => Some((little(24, 3)? + 1, little(27, 3)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stand_in_the_heads() {
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &[0, 0, 4, 0, 0, 0, 3, 0]].concat();
        let jpeg =
            [&[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc2, 0, 17, 8][..], &[3, 0, 4, 0, 3]].concat();
        let gif = b"GIF89a\x00\x04\x00\x03".to_vec();
        let webp = |kind: &[u8; 4], rest: &[u8]| [b"RIFF\0\0\0\0WEBP", &kind[..], &[0; 4], rest].concat();
        for (label, bytes, expected) in [
            ("PNG", png, Some((1024, 768))),
            ("JPEG", jpeg, Some((1024, 768))),
            ("GIF", gif, Some((1024, 768))),
            ("WebP", webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0, 4, 0, 3]), Some((1024, 768))),
            ("WebP, lossless", webp(b"VP8L", &[0x2f, 0xff, 0xc3, 0xbf, 0]), Some((1024, 768))),
            ("WebP, extended", webp(b"VP8X", &[0, 0, 0, 0, 0xff, 3, 0, 0xff, 2, 0]), Some((1024, 768))),
            ("cut", b"\x89PNG\r\n".to_vec(), None),
            ("a JPEG without a frame", vec![0xff, 0xd8, 0xff, 0xd9], None),
            ("something else", b"BM".to_vec(), None),
        ] {
            assert_eq!(size_of(&bytes), expected, "{label}");
        }
    }

    #[test]
    fn each_vendor_has_its_rule() {
        for (width, height, expected) in [
            (1024, 768, [1_049, 765, 516, 1_036]),
            (200, 200, [54, 255, 258, 64]),
            (8000, 6000, [1_600, 765, 9_288, 1_280]),
        ] {
            let mut images = Images::default();
            images.add(Some((width, height)));
            let families = [Family::Claude, Family::Gpt, Family::Gemini, Family::Qwen];
            assert_eq!(families.map(|family| images.tokens(family)), expected, "{width}x{height}");
        }
    }

    #[test]
    fn a_pdf_has_as_many_pages_as_it_says() {
        let page = "<< /Type /Page /Parent 2 0 R >> ";
        for (label, data, pages) in [
            ("three, and the list of them", format!("<< /Type /Pages >> {page}{page}<</Type/Page>>"), 3),
            ("none in the open", "packed".to_owned(), 1),
            ("more than any model is shown", page.repeat(300), 100),
            ("a large one", "x".repeat(480_000), 10),
            ("a huge one", "x".repeat(9_000_000), 100),
        ] {
            assert_eq!(pdf_pages(&STANDARD.encode(data)), pages, "{label}");
        }
        assert_eq!(pdf_pages("no base64"), 1);
    }
}
